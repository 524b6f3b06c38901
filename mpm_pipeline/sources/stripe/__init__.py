"""Stripe over REST: how it is asked, and what its events tell."""
