"""Runs `mpm` as a user does, in a process of its own with an environment of its own, and reads what it served."""

import json
import math
import os
import sqlite3
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

KNOWLEDGE = {
    "as_of_at", "extracted_at", "first_seen_at", "last_seen_at", "resolved_at", "recorded_from_at", "recorded_to_at", "batch", "state",
    "newest_extracted_at",
}  # fmt: skip
"""Columns of knowledge time: left out where two runs must agree to the last byte (time.md, Same)."""

NOT_COMPARED = {"fct_kpi_restatement", "meta_freshness", "meta_home", "meta_contract_version"}


@dataclass
class Outcome:
    """What one command printed, how it ended, and the home that it worked on."""

    home: Path
    exit_code: int
    out: str
    err: str
    cache: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output."""
        return json.loads(self.out)  # type: ignore[no-any-return]

    def table(self, name: str) -> pd.DataFrame:
        """One served table."""
        if name not in self.cache:
            with sqlite3.connect(self.home / "served.sqlite") as connection:
                self.cache[name] = pd.read_sql_query(f'SELECT * FROM "{name}"', connection)  # noqa: S608
        return self.cache[name]

    def names(self) -> list[str]:
        """All served tables."""
        with sqlite3.connect(self.home / "served.sqlite") as connection:
            return [
                row[0]
                for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            ]

    def export(self, *, without: set[str] = frozenset()) -> dict[str, list[tuple[str, ...]]]:  # type: ignore[assignment]
        """The canonical export: rows sorted, as text, without columns of knowledge time."""
        found = {}
        for name in self.names():
            if name in NOT_COMPARED | without:
                continue
            frame = self.table(name)
            frame = frame[
                [
                    column
                    for column in frame.columns
                    if column not in KNOWLEDGE and not (name == "id_redirect" and column == "at")
                ]
            ]
            found[name] = sorted(tuple(_text(value) for value in row) for row in frame.itertuples(index=False))
        return found


def _text(value: Any) -> str:
    """Write a cell; a column of whole numbers with a null among them reads as one of fractions, which is no difference."""
    if isinstance(value, float):
        return "None" if math.isnan(value) else str(int(value)) if value.is_integer() else str(value)
    return str(value)


def bare() -> dict[str, str]:
    """Return this process's environment without a setting of ours or of Dagster's."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("MPM_", "DAGSTER_"))}


def mpm(home: Path, *arguments: str, timeout: float = 1200, **environment: str) -> Outcome:
    """Run `mpm ARGUMENTS --home HOME` with nothing of this process's settings."""
    command = [sys.executable, "-m", "mpm_pipeline.cli", *arguments, "--home", str(home)]
    done = subprocess.run(
        command,
        env=bare() | {"MPM_TEST_TRACEBACK": "1"} | environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Outcome(home, done.returncode, done.stdout, done.stderr)


def demo(home: Path, world: Path, *arguments: str, timeout: float = 1200, **environment: str) -> Outcome:
    """Run the demo on a world and give its JSON report."""
    return mpm(home, "demo", "--world", str(world), "--json", *arguments, timeout=timeout, **environment)
