"""The only folder that imports Dagster: assets that call the stages, checks, partitions, schedules, sensors, and the runner.

`session.py` and `stages.py` know no Dagster either: they hand one home at one as-of to the plain stage functions, and are what
assets, sensors and commands share.
"""
