"""The landing loop: what comes is landed and every day asked has its row in the ledger, good or bad."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from mpm_pipeline.sources import fetch as fetching
from mpm_pipeline.sources.connector import Days, Page
from mpm_pipeline.sources.fetch import coverage, fetch
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline_tests.sources.canned import AS_OF, CLICK, DAYS, DEAL, DOWN, PLAN, Canned, deal, home

Opened = tuple[RawLog, Ledger]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """A fresh raw log and its ledger."""
    return home(tmp_path)


def batches(ledger: Ledger, stream: str) -> list[int]:
    """Return the rows of each landed file of a stream."""
    return [row["rows"] for row in ledger.batches("crm", stream)]


def test_rows_land_and_each_day_has_a_window(opened: Opened) -> None:
    """Rows are counted under the UTC day in which they lie, what is older under the first day, and empty days have a row too."""
    raw, ledger = opened
    pages = [
        Page(DEAL, [deal("1", "2026-06-01T23:59:59Z"), deal("2", "2019-01-01T00:00:00Z")]),
        Page(DEAL, [deal("3", "2026-06-03T02:00:00+02:00")]),
        Page(CLICK, [b'{"id":"c","at":"2026-06-03T05:00:00Z"}']),
    ]
    result = fetch(Canned(*pages), raw, ledger, DAYS, "run-1")
    assert (result.state, result.rows_in, result.windows, result.error) == ("done", 4, 3, None)
    windows = ledger.windows("crm")
    assert [(row["partition"], row["rows_in"], row["state"]) for row in windows] == [
        ("2026-06-01", 2, "done"), ("2026-06-02", 0, "done"), ("2026-06-03", 2, "done"),
    ]  # fmt: skip
    assert json.loads(windows[0]["asked"]) == {
        "streams": ["Deal", "Click"], "days": ["2026-06-01", "2026-06-03"], "reaches_start": True,
    }  # fmt: skip
    assert len({row["content_hash"] for row in windows}) == 1 and windows[0]["content_hash"]
    assert batches(ledger, "Deal") == [3]


def test_the_same_content_lands_once(opened: Opened) -> None:
    """Asking again writes windows, but no second copy of what has landed."""
    raw, ledger = opened
    source = Canned(Page(DEAL, [deal("1", "2026-06-01T00:00:00Z")]))
    fetch(source, raw, ledger, DAYS, "run-1")
    fetch(source, raw, ledger, DAYS, "run-2")
    assert batches(ledger, "Deal") == [1]
    assert len(ledger.windows("crm")) == 6


def test_a_failure_is_recorded_and_covers_nothing(opened: Opened) -> None:
    """A source that fails half-way gives failed windows with its words; streams that came whole stay landed."""
    raw, ledger = opened
    pages = [
        Page(DEAL, [deal("1", "2026-06-01T00:00:00Z")]),
        Page(CLICK, [b'{"id":"c","at":"2026-06-01T05:00:00Z"}']),
        DOWN,
    ]
    result = fetch(Canned(*pages), raw, ledger, DAYS, "run-1")
    assert (result.state, result.windows, result.error) == ("failed", 3, str(DOWN))
    assert {row["state"] for row in ledger.windows("crm")} == {"failed"}
    assert ledger.windows("crm")[0]["error"] == str(DOWN)
    assert (batches(ledger, "Deal"), batches(ledger, "Click")) == ([1], [])
    assert coverage(ledger, "crm", AS_OF) == (None, None)
    assert ledger.state("crm")["state"] == "failed"


def test_a_failed_run_is_healed_by_the_next(opened: Opened) -> None:
    """After a good run the source is covered up to as-of, whatever failed before."""
    raw, ledger = opened
    fetch(Canned(DOWN), raw, ledger, DAYS, "run-1")
    fetch(Canned(Page(DEAL)), raw, ledger, DAYS, "run-2")
    assert coverage(ledger, "crm", AS_OF) == (date(2026, 6, 1), AS_OF)
    assert coverage(ledger, "crm", AS_OF - timedelta(seconds=1)) == (None, None)
    assert ledger.state("crm") == {"state": "done", "error": "", "as_of": AS_OF.isoformat()}


def test_coverage_ends_at_the_first_gap(opened: Opened) -> None:
    """A day that was never read ends the coverage, even when later days were."""
    raw, ledger = opened
    as_of = datetime(2026, 6, 5, 9, tzinfo=UTC)
    for first, last in ((1, 2), (4, 5)):
        days = Days(date(2026, 6, first), date(2026, 6, last), first == 1, as_of)
        fetch(Canned(Page(DEAL)), raw, ledger, days, f"run-{first}")
    assert coverage(ledger, "crm", as_of) == (date(2026, 6, 1), datetime(2026, 6, 3, tzinfo=UTC))


def test_long_streams_land_in_lots(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long stream becomes several files of bounded size, a snapshot always one."""
    monkeypatch.setattr(fetching, "CHUNK", 2)
    raw, ledger = opened
    deals = [deal(str(number), "2026-06-01T00:00:00Z") for number in range(5)]
    plans = [f'{{"id":"{number}"}}'.encode() for number in range(5)]
    pages = [
        Page(DEAL, deals[:3]),
        Page(DEAL, deals[3:], deleted=[("9", "2026-06-02T00:00:00Z")]),
        Page(PLAN, plans[:3]),
        Page(PLAN, plans[3:]),
    ]
    result = fetch(Canned(*pages), raw, ledger, DAYS, "run-1")
    assert result.rows_in == 11
    assert sum(batches(ledger, "Deal")) == 6 and max(batches(ledger, "Deal")) <= 3
    assert batches(ledger, "plan") == [5]


def test_a_snapshot_that_became_empty_lands(opened: Opened) -> None:
    """Its rows of before are gone; a file that never held a row leaves nothing."""
    raw, ledger = opened
    for number, page in enumerate((Page(PLAN), Page(PLAN, [b'{"id":"1"}']), Page(PLAN))):
        days = Days(DAYS.first, DAYS.last, True, AS_OF + timedelta(hours=number))
        fetch(Canned(page), raw, ledger, days, f"run-{number}")
    assert batches(ledger, "plan") == [1, 0]


def test_a_snapshot_lands_once_wherever_it_stands(opened: Opened) -> None:
    """Streams before and after a snapshot, or between its pages, do not tear it."""
    raw, ledger = opened
    deals = Page(DEAL, [deal("1", "2026-06-01T00:00:00Z")])
    fetch(
        Canned(deals, Page(PLAN, [b'{"id":"1"}']), Page(CLICK), Page(PLAN, [b'{"id":"2"}'])), raw, ledger, DAYS, "run-1"
    )
    assert batches(ledger, "plan") == [2]


def test_a_snapshot_that_breaks_off_does_not_land(opened: Opened) -> None:
    """Half a snapshot would delete the other half, so nothing of it lands."""
    raw, ledger = opened
    fetch(Canned(Page(PLAN, [b'{"id":"1"}']), DOWN), raw, ledger, DAYS, "run-1")
    assert batches(ledger, "plan") == []


def test_rows_without_a_day_are_counted_on_the_last(opened: Opened) -> None:
    """Windows add up to what came: a snapshot's rows count on the last day that was asked."""
    raw, ledger = opened
    days = Days(date(2026, 6, 2), date(2026, 6, 3), False, AS_OF)
    result = fetch(Canned(Page(PLAN, [b'{"id":"1"}', b'{"id":"2"}'])), raw, ledger, days, "run-1")
    assert [row["rows_in"] for row in ledger.windows("crm")] == [0, 2] and result.rows_in == 2


def test_stamps_of_the_connector_override_those_of_the_payload(opened: Opened) -> None:
    """Where the connector knows the stamp better, it places the row; pages without stamps keep their own."""
    raw, ledger = opened
    pages = [Page(DEAL, [deal("1", "2026-06-01T00:00:00Z")], stamps=["2026-06-02T00:00:00Z"])]
    fetch(Canned(*pages), raw, ledger, DAYS, "run-1")
    assert [row["rows_in"] for row in ledger.windows("crm")] == [0, 1, 0]


def test_a_source_whose_clock_differs_is_not_landed_by_the_machines(opened: Opened) -> None:
    """As-of by the machine's clock and a source a day behind: nothing lands, since it would be unseen for a day."""

    class Behind(Canned):
        def probe(self) -> datetime:
            return AS_OF - timedelta(days=1)

    raw, ledger = opened
    behind = Behind(Page(DEAL, [deal("1", "2026-06-01T23:59:59Z")]))
    refused = fetch(behind, raw, ledger, DAYS, "one", by_machine=True)
    assert (refused.state, refused.rows_in) == ("failed", 0)
    assert "its clock shows" in (refused.error or "")
    assert fetch(behind, raw, ledger, DAYS, "two").state == "done"
