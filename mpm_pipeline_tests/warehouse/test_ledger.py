"""The ledger: runs, windows, batches, sightings and facts about sources, in one file that survives."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger

JUNE = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """A fresh ledger."""
    return Ledger(Home.open(tmp_path))


def window(partition: str, state: str, source: str = "crm") -> dict[str, Any]:
    """A row of a request window."""
    row = {
        "run_id": "r",
        "source": source,
        "partition": partition,
        "as_of": JUNE.isoformat(),
        "state": state,
        "rows_in": 1,
    }
    return row | {"content_hash": None, "asked": None, "error": None}


def test_a_run_is_known_until_it_is_renewed(ledger: Ledger) -> None:
    """A run has one row with its as-of; beginning it again renews that row."""
    assert ledger.run("r") is None and ledger.newest_as_of() is None
    ledger.begin_run("r", "run", JUNE, "sources")
    ledger.begin_run("r", "run", JUNE.replace(day=2), "setting")
    ledger.end_run("r", "done")
    assert ledger.run("r") == {
        "run_id": "r", "kind": "run", "as_of": "2026-06-02T00:00:00+00:00", "as_of_source": "setting", "state": "done",
    }  # fmt: skip
    assert ledger.newest_as_of() == JUNE.replace(day=2)


def test_the_machine_s_clock_counts_until_a_source_tells_the_time(ledger: Ledger) -> None:
    """After a run that no source answered, the next one that sources answer says what day it is, even an earlier one."""
    ledger.begin_run("alone", "run", JUNE.replace(day=20), "machine")
    assert ledger.newest_as_of() == JUNE.replace(day=20)
    ledger.begin_run("told", "run", JUNE, "sources")
    assert ledger.newest_as_of() == JUNE
    ledger.begin_run("alone again", "run", JUNE.replace(day=21), "machine")
    assert ledger.newest_as_of() == JUNE.replace(day=21)


def test_days_that_were_read(ledger: Ledger) -> None:
    """A day is done when it was read without error at least once, of that source."""
    ledger.add_windows([window("2026-06-01", "failed"), window("2026-06-01", "done"), window("2026-06-02", "failed")])
    ledger.add_windows([window("2026-06-03", "done", "billing")])
    ledger.add_windows([])
    assert ledger.partitions_done("crm") == {"2026-06-01"}
    assert [row["state"] for row in ledger.windows("crm")] == ["failed", "done", "failed"]
    assert len(ledger.windows()) == 4


def test_sightings_are_replaced_by_source(ledger: Ledger) -> None:
    """A probe replaces what the one before saw of its source, and nothing of others."""
    row = {"stream": "Deal", "key": "1", "version": "v", "partition": "2026-06-01", "seen_as_of": JUNE.isoformat()}
    ledger.put_sightings("crm", [{"source": "crm", **row}])
    ledger.put_sightings("billing", [{"source": "billing", **row}])
    ledger.put_sightings("crm", [{"source": "crm", **row, "key": "2"}])
    assert [(one["source"], one["key"]) for one in ledger.sightings()] == [("billing", "1"), ("crm", "2")]
    ledger.put_sightings("crm", [])
    assert [one["source"] for one in ledger.sightings()] == ["billing"]


def test_facts_about_a_source_survive(tmp_path: Path) -> None:
    """What is remembered is there when the home is opened again."""
    home = Home.open(tmp_path)
    with Ledger(home) as ledger:
        ledger.put_state("crm", state="failed", error="down")
        ledger.put_state("crm", state="done")
    with Ledger(home) as ledger:
        assert ledger.state("crm") == {"state": "done", "error": "down"}
        assert ledger.state("billing") == {}
