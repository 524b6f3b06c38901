"""The ledger: runs, windows, batches, sightings and facts about sources, in one file that survives."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

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


def test_a_probe_is_no_run(ledger: Ledger) -> None:
    """A look at the sources tells the time, but what a run left is as of the run before it."""
    ledger.begin_run("r", "run", JUNE, "sources")
    ledger.begin_run("p", "probe", JUNE.replace(day=2), "sources")
    assert ledger.newest_as_of() == JUNE.replace(day=2)
    assert ledger.newest_as_of(but_for_probes=True) == JUNE


def test_what_was_asked_later_is_not_known_at_an_earlier_as_of(ledger: Ledger) -> None:
    """Attempts, days and streams of a source, as they were known before and after a reading of 2 June that failed in part."""
    later = JUNE.replace(day=2)
    first = {"asked": '{"streams": ["Deal"]}'}
    second = {"asked": '{"streams": ["Deal", "Lead"]}', "as_of": later.isoformat(), "error": "cut"}
    ledger.add_windows([window("2026-06-01", "done") | first, window("2026-06-02", "done") | second])
    known = {as_of: ledger.newest_attempt("crm", as_of) for as_of in (JUNE, later)}
    assert [row and row["error"] for row in known.values()] == [None, "cut"]
    assert set(ledger.days_read("crm", JUNE)) == {"2026-06-01"}
    assert ledger.streams_read("crm", JUNE) == (JUNE, {"Deal"})
    assert ledger.streams_read("crm", later) == (later, {"Deal", "Lead"})
    assert (
        ledger.newest_attempt("crm", JUNE.replace(month=5)) is ledger.streams_read("crm", JUNE.replace(month=5)) is None
    )


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


def batch(number: int, at: datetime, stream: str = "Deal") -> dict[str, Any]:
    """A row of a file of the raw log."""
    row = {"source": "crm", "stream": stream, "window_from": None, "window_to": None, "rows": 1}
    return row | {
        "batch": f"crm/{stream}/{number}.parquet",
        "extracted_at": at.isoformat(),
        "content_hash": f"hash {number}",
    }


def test_files_are_found_by_name_content_and_age(ledger: Ledger) -> None:
    """A file is known by its name, its content within its stream, and as the newest of its stream, also of those known at an instant."""
    for number, day in ((1, 1), (2, 3), (3, 2)):
        ledger.add_batch(batch(number, JUNE.replace(day=day)))
    ledger.add_batch(batch(4, JUNE, "Click"))
    assert ledger.has_batch("crm/Deal/2.parquet") and not ledger.has_batch("crm/Deal/4.parquet")
    assert ledger.has_content("crm", "Deal", "hash 2") and not ledger.has_content("crm", "Deal", "hash 4")
    found = [
        ledger.newest_of("crm", "Deal"),
        ledger.newest_of("crm", "Deal", JUNE.replace(day=2)),
        ledger.newest_of("crm", "Deal", JUNE.astimezone(timezone(timedelta(hours=9)))),
    ]
    assert [row and row["batch"] for row in found] == [f"crm/Deal/{number}.parquet" for number in (3, 3, 1)]
    assert ledger.newest_of("crm", "Deal", JUNE.replace(month=5)) is None and ledger.newest_of("crm", "Lead") is None


def test_a_file_that_was_adopted_meanwhile_is_recorded_once(ledger: Ledger) -> None:
    """Another process that starts may enter a file before the one that wrote it does."""
    ledger.add_batch(batch(1, JUNE))
    ledger.add_batch(batch(1, JUNE))
    assert len(ledger.batches("crm", "Deal")) == 1 and ledger.newest_batch() == 1


def test_rows_of_one_run_by_day(ledger: Ledger) -> None:
    """Of a range of days, what one run read of one source; other runs, sources and days are left out."""
    days = ("2026-06-01", "2026-06-02", "2026-06-03")
    ledger.add_windows(
        [window(day, "done") | {"run_id": "new", "rows_in": 10 + place} for place, day in enumerate(days)]
    )
    ledger.add_windows([window(days[0], "done"), window(days[0], "done", "billing") | {"run_id": "new"}])
    assert ledger.rows_by_day("crm", "new", date(2026, 6, 1), date(2026, 6, 2)) == {days[0]: 10, days[1]: 11}


@pytest.mark.parametrize(
    "ask",
    [
        lambda ledger: ledger.has_batch("a"),
        lambda ledger: ledger.has_content("crm", "Deal", "a"),
        lambda ledger: ledger.newest_of("crm", "Deal", JUNE),
        lambda ledger: ledger.rows_by_day("crm", "r", date(2026, 6, 1), date(2026, 6, 2)),
    ],
    ids=["has_batch", "has_content", "newest_of", "rows_by_day"],
)
def test_what_every_landing_asks_is_looked_up_in_an_index(ledger: Ledger, ask: Callable[[Ledger], object]) -> None:
    """Nothing that is asked for each page or day reads through all that ever landed, nor sorts it."""
    asked: list[tuple[str, Any]] = []
    sa.event.listen(ledger.engine, "before_cursor_execute", lambda *given: asked.append((given[2], given[3])))
    ask(ledger)
    (statement, values) = asked[0]
    with ledger.engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert plan[0].startswith("SEARCH") and "USING" in plan[0], plan
    assert not any("TEMP B-TREE" in step for step in plan), plan


def test_many_may_make_it_at_once(tmp_path: Path) -> None:
    """Web pages, daemon and a first run open a fresh home together: each finds it whole."""
    for turn in range(10):
        home = Home.open(tmp_path / str(turn))
        with ThreadPoolExecutor(6) as pool:
            made = list(pool.map(lambda _, home=home: Ledger(home), range(6)))
        assert [one.newest_as_of() for one in made] == [None] * 6
