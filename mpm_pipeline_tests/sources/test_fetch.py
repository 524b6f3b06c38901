"""The landing loop: what comes is landed and every day asked has its row in the ledger, good or bad."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

from mpm_pipeline.errors import ContractBroken
from mpm_pipeline.sources import fetch as fetching
from mpm_pipeline.sources.clock import AGREEMENT
from mpm_pipeline.sources.connector import Days, Page
from mpm_pipeline.sources.fetch import SourceResult, coverage, fetch
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.ledger_pages import pages as pages_of
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


def test_each_page_that_held_rows_is_in_the_ledger(opened: Opened) -> None:
    """With its rows, lot by lot; pages without any, or with deletes alone, are none."""
    raw, ledger = opened
    stamp = "2026-06-01T00:00:00Z"
    pages = [
        Page(DEAL, [deal("1", stamp), deal("2", stamp)]),
        Page(DEAL),
        Page(DEAL, deleted=[("9", stamp)]),
        Page(DEAL, [deal("3", stamp)]),
    ]
    fetch(Canned(*pages), raw, ledger, DAYS, "run-1")
    (batch,) = ledger.batches("crm", "Deal")
    assert [one["rows"] for one in pages_of(ledger.engine, [batch["batch"]])] == [2, 1]
    assert batch["rows"] == 4


@pytest.mark.parametrize(("bound", "lots"), [(31, [1, 1, 1]), (62, [2, 1]), (63, [3]), (10**6, [3])])
def test_lots_are_bounded_in_bytes_too(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, bound: int, lots: list[int]
) -> None:
    """Records may be large: what has come is landed as soon as it reaches the bound."""
    monkeypatch.setattr(fetching, "CHUNK_BYTES", bound)
    raw, ledger = opened
    one, two, three = (f'{{"id":"{key}","stamp":"2026-06-01"}}'.encode() for key in "123")
    assert len(one) == 31
    fetch(Canned(Page(DEAL, [one]), Page(DEAL, [two]), Page(DEAL, [three])), raw, ledger, DAYS, "run-1")
    assert batches(ledger, "Deal") == lots


def test_a_lot_begins_with_nothing_of_the_one_before(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither rows, stamps, deletes, pages nor bytes; each record and delete lands once, with its own stamp."""
    monkeypatch.setattr(fetching, "CHUNK", 2)
    raw, ledger = opened
    days = [f"2026-06-0{day}T00:00:00Z" for day in (1, 2, 3)]
    pages = [
        Page(DEAL, [deal("1", days[0]), deal("2", days[0])], stamps=[days[1], days[2]], deleted=[("9", days[0])]),
        Page(DEAL, [deal("3", days[0]), deal("4", days[0])]),
        Page(DEAL, [deal("5", days[0])], stamps=[days[1]]),
    ]
    result = fetch(Canned(*pages), raw, ledger, DAYS, "run-1")
    assert batches(ledger, "Deal") == [3, 2, 1] and result.rows_in == 6
    names = [row["batch"] for row in ledger.batches("crm", "Deal")]
    assert [one["rows"] for one in pages_of(ledger.engine, names)] == [2, 2, 1]
    rows = [row for file in raw.files("crm", "Deal") for row in pq.read_table(file).to_pylist()]
    assert {row["key"]: row["partition"][-2:] for row in rows} == {
        "1": "02", "2": "03", "9": "01", "3": "01", "4": "01", "5": "02",
    }  # fmt: skip


def test_what_was_read_of_some_pages_is_no_other_pages(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a page that the connector did not read whole each row keeps its own key, whether its lot holds such pages alone or others too."""
    monkeypatch.setattr(fetching, "CHUNK", 4)
    raw, ledger = opened
    day = "2026-06-01T00:00:00Z"
    rows = [[deal(str(place), day), deal(str(place + 1), day)] for place in (1, 3, 5)]
    told = [[SimpleNamespace(id=str(place), stamp=day) for place in (first, first + 1)] for first in (3, 5)]
    pages = [Page(DEAL, rows[0]), Page(DEAL, rows[1], heads=told[0]), Page(DEAL, rows[2], heads=told[1])]
    fetch(Canned(*pages), raw, ledger, DAYS, "run-1")
    landed = [row for file in raw.files("crm", "Deal") for row in pq.read_table(file).to_pylist()]
    assert [(row["key"], json.loads(row["payload"])["id"]) for row in landed] == [(n, n) for n in "123456"]


def test_fields_that_were_asked_for_hold_for_later_pages_too(opened: Opened) -> None:
    """A page that does not name them anew is of the same question."""
    raw, ledger = opened
    pages = [Page(DEAL, [deal("1", "2026-06-01T00:00:00Z")], asked=("id", "amount")), Page(DEAL, [b'{"id":"2"}'])]
    fetch(Canned(*pages), raw, ledger, DAYS, "run-1")
    (file,) = raw.files("crm", "Deal")
    assert pq.read_table(file)["problem"].to_pylist() == ["missing_field amount"] * 2


def test_what_breaks_its_contract_is_read_and_told(opened: Opened) -> None:
    """What came lands and the days count as read, but result, windows and state say what cannot be used."""
    raw, ledger = opened
    trouble = ContractBroken("crm: the column amount is gone")
    result = fetch(Canned(Page(DEAL, [deal("1", "2026-06-01T00:00:00Z")]), trouble), raw, ledger, DAYS, "run-1")
    assert result == SourceResult("crm", "failed", 1, 3, str(trouble))
    assert {(row["state"], row["error"], row["run_id"], row["as_of"]) for row in ledger.windows("crm")} == {
        ("done", str(trouble), "run-1", AS_OF.isoformat())
    }
    assert ledger.state("crm") == {"state": "failed", "error": str(trouble), "as_of": AS_OF.isoformat()}
    assert coverage(ledger, "crm", AS_OF) == (date(2026, 6, 1), AS_OF)


def test_a_result_names_its_source_and_what_was_asked(opened: Opened) -> None:
    """Good or bad; a failed day names no content."""
    raw, ledger = opened
    assert fetch(Canned(Page(DEAL)), raw, ledger, DAYS, "run-1") == SourceResult("crm", "done", 0, 3)
    assert {(row["source"], row["error"]) for row in ledger.windows("crm")} == {("crm", None)}
    later = Days(DAYS.first, DAYS.last, False, AS_OF + timedelta(hours=1))
    assert fetch(Canned(Page(CLICK), DOWN), raw, ledger, later, "run-2") == SourceResult(
        "crm", "failed", 0, 3, str(DOWN)
    )
    failed = [row for row in ledger.windows("crm") if row["state"] == "failed"]
    assert {(row["run_id"], row["content_hash"], row["rows_in"], row["as_of"]) for row in failed} == {
        ("run-2", None, 0, later.as_of.isoformat())
    }
    assert json.loads(failed[0]["asked"]) == {
        "streams": ["Click"], "days": ["2026-06-01", "2026-06-03"], "reaches_start": False,
    }  # fmt: skip
    assert ledger.state("crm") == {"state": "failed", "error": str(DOWN), "as_of": later.as_of.isoformat()}


def test_windows_tell_content_apart_by_stream(opened: Opened) -> None:
    """The same file under another name is other content, and the order in which streams came is none."""
    raw, ledger = opened
    one, two = Page(DEAL, [b'{"id":"1"}']), Page(PLAN, [b'{"id":"2"}'])
    hashes = []
    for run, pages in enumerate(([one, two], [two, one], [one], [Page(PLAN, [b'{"id":"1"}'])])):
        fetch(Canned(*pages), raw, ledger, DAYS, f"run-{run}")
        hashes.append({row["content_hash"] for row in ledger.windows("crm") if row["run_id"] == f"run-{run}"}.pop())
    assert hashes[0] == hashes[1] and len(set(hashes)) == 3


@pytest.mark.parametrize(("behind", "state"), [(600, "done"), (-600, "done"), (601, "failed"), (-601, "failed")])
def test_clocks_may_differ_by_some_minutes(opened: Opened, behind: int, state: str) -> None:
    """Either way; the words name both times. A source that tells no time is read."""

    class Late(Canned):
        def probe(self) -> datetime | None:
            return AS_OF - timedelta(seconds=behind)

    class Silent(Canned):
        def probe(self) -> datetime | None:
            return None

    raw, ledger = opened
    assert timedelta(seconds=600) == AGREEMENT
    found = fetch(Late(Page(DEAL)), raw, ledger, DAYS, "run-1", by_machine=True)
    assert found.state == state
    shows = (AS_OF - timedelta(seconds=behind)).isoformat()
    assert found.error == (
        None
        if state == "done"
        else f"crm: its clock shows {shows}, but the run began by this machine's own "
        f"({AS_OF.isoformat()}), as no source could be asked then; nothing was landed, run again"
    )
    assert fetch(Silent(Page(DEAL)), raw, ledger, DAYS, "run-2", by_machine=True).state == "done"


def test_coverage_ends_with_the_last_day_or_with_the_reading_that_saw_it(opened: Opened) -> None:
    """A day that was read long after its end is covered to its end, one that was read at noon to noon."""
    raw, ledger = opened
    for first, last, as_of in ((1, 2, datetime(2026, 6, 9, tzinfo=UTC)), (3, 3, AS_OF)):
        fetch(
            Canned(Page(DEAL)),
            raw,
            ledger,
            Days(date(2026, 6, first), date(2026, 6, last), True, as_of),
            f"run-{first}",
        )
    assert coverage(ledger, "crm", datetime(2026, 6, 9, tzinfo=UTC)) == (date(2026, 6, 1), AS_OF)
    assert coverage(ledger, "crm", AS_OF) == (date(2026, 6, 3), AS_OF)
