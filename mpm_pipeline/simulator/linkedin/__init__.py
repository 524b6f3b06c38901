"""LinkedIn's marketing interface as its clients see it: Rest.li finders, ads and organic figures, lead forms, version sunset.

`app.py` is the front door; the Rest.li dialect and its errors are those of the vendor.
"""
