"""The daily partitions of the raw layer: UTC days from the earliest `start_at` to the day of the newest as-of.

The end is fixed when the definitions are loaded, because a world of the past has no partitions up to today; a longer-lived
process loads its definitions again when the ledger's as-of passes a day (`ui.py`).
"""

import os
from datetime import date, timedelta

import dagster as dg

from mpm_pipeline.orchestration.session import Session
from mpm_pipeline.settings import load
from mpm_pipeline.sources.clock import as_of as decide_as_of
from mpm_pipeline.warehouse.home import home_path, world_path


def span() -> tuple[date, date]:
    """Return first and last partition day; a home that does not exist yet is not made, its settings count."""
    root = home_path()
    if not root.exists():
        first = load(root, world=world_path()).first_day
        return first, max(decide_as_of(os.environ, {})[0].date(), first)
    with Session.open(root) as session:
        return session.settings.first_day, session.last_day()


def daily() -> dg.DailyPartitionsDefinition:
    """Return the partitions definition; `end_date` is exclusive, so the newest day is in it."""
    first, last = span()
    return dg.DailyPartitionsDefinition(start_date=first.isoformat(), end_date=(last + timedelta(days=1)).isoformat())
