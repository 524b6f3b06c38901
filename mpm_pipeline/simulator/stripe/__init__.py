"""Stripe as its clients see it: lists by starting_after, nested lists, events, expansion, errors with codes.

`app.py` is the front door; an account is the world's records at the clock's time.
"""
