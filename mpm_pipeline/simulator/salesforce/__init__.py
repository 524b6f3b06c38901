"""Salesforce as its clients see it: OAuth, REST query over a SOQL subset, deleted records, limits, describe.

`app.py` is the front door; errors and odd answers are those of the vendor. Nothing here knows what a pipeline wants.
"""
