"""Many source records become one person and one account under ids that stay.

The models here read staged tables only: comparable features, guarded keys, connected records, the id registry, and the
golden records. What a customer did, and what it is worth, belongs to kpis.
"""
