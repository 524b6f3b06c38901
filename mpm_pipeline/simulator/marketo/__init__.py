"""Marketo as its clients see it: tokens, leads, activities by paging token, assets, bulk exports; errors inside HTTP 200.

`app.py` is the front door; the quotas and odd answers are those of the vendor.
"""
