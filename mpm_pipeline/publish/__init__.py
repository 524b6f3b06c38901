"""What leaves the house: served tables in a database, the BI file, the data dictionary, and the record of changed figures.

Nothing is computed here that a KPI's definition would mention; publishing copies checked tables and tells what changed.
"""
