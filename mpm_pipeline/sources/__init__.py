"""How to ask a vendor: client, auth, paging, one file per vendor, and the landing in the raw log.

The only folder that speaks HTTP to vendors. What a record means is not known here: payloads land as they came.
"""
