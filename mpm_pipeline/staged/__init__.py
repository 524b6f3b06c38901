"""Vendor shape to our shape: one SQL model per canonical table and vendor, no joins across vendors, and the quarantine.

`run.stage` runs one folder; what a table promises is its contract `staged.<table>`.
"""
