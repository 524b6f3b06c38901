"""What each table promises: one Pandera model per table, and the registry that finds it by name.

A contract is the one declaration of a table's grain, key, columns, types, owner and the questions it answers; validation,
Dagster metadata, the data dictionary and database comments are all made from it. Imports nobody but vocabulary.
"""
