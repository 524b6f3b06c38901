"""Alters one day of the past at its source, in a copy of a world."""

import json
import shutil
from datetime import date
from pathlib import Path

from mpm_pipeline_tests.e2e.company import LIVE

FIRST, LAST = date(2026, 6, 3), date(2026, 7, 2)
"""The thirty days that the altered day lies in."""
DAY = {"year": 2026, "month": 6, "day": 10}


def altered(world: Path, folder: Path) -> Path:
    """Copy a world and add 1,000 to what one campaign's ads of one day have cost; LinkedIn tells nobody that it did."""
    shutil.copytree(world, folder)
    file = folder / "linkedin" / "adAnalytics.jsonl"
    rows = [json.loads(line)["record"] for line in file.read_text().splitlines()]
    row = next(row for row in rows if row["dateRange"]["start"] == DAY)
    dearer = {name: f"{float(row[name]) + 1000:.13f}" for name in ("costInLocalCurrency", "costInUsd")}
    with file.open("a") as lines:
        lines.write(json.dumps({"at": f"{LIVE:%Y-%m-%dT%H:%M:%SZ}", "record": row | dearer}) + "\n")
    return folder
