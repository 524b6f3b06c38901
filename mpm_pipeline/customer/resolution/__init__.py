"""Identity resolution as a function of tables: records of any sources in, one person and one account each out.

Nothing here knows of Dagster, of a home or of settings. SQL models hold what is comparable and which keys join; Python holds
what SQL does badly: components, constrained clustering, ids that stay. Survivorship and explanation read the same tables.
"""
