"""Marketo over REST: how it is asked, bulk exports, leads by pages, what its answers mean."""
