"""The only folder that knows an engine or a storage format: DuckDB, Delta Lake, Parquet and the ledger's database.

Others hand it contracts, SELECTs and Arrow tables and get Arrow tables back. What a table means is not known here.
"""
