"""Streams and fields that a source does not show, or shows no longer."""

from pathlib import Path

import pytest

from mpm_pipeline.sources.connector import Page
from mpm_pipeline.sources.fetch import fetch
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline_tests.sources.canned import AS_OF, CLICK, DAYS, DEAL, Canned, deal, home

Opened = tuple[RawLog, Ledger]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """A fresh raw log and its ledger."""
    return home(tmp_path)


def batches(ledger: Ledger, stream: str) -> list[int]:
    """Return the rows of each landed file of a stream."""
    return [row["rows"] for row in ledger.batches("crm", stream)]


def test_a_stream_that_lacks_a_field_it_had_is_not_landed(opened: Opened) -> None:
    """A deal without its amount would take the place of the one that has it; when the amount is shown again, so is the deal."""
    raw, ledger = opened
    row = [deal("1", "2026-06-01T00:00:00Z")]
    found = []
    for run, asked in enumerate((("id", "amount"), ("id",), ("id",), ("id", "amount", "stage"), ("id", "amount"))):
        rows = [deal("1", f"2026-06-0{run + 1}T00:00:00Z")] if run < 3 else row
        result = fetch(Canned(Page(DEAL, rows, asked=asked)), raw, ledger, DAYS, f"run-{run}")
        found.append((result.state, result.rows_in, list(ledger.hidden("crm", AS_OF))))
    assert found == [("done", 1, []), ("failed", 0, ["Deal"]), ("failed", 0, ["Deal"]), ("done", 1, []), ("failed", 0, ["Deal"])]  # fmt: skip
    assert "no longer shows Deal.stage" in (result.error or "")


def test_a_field_that_the_customer_made_and_dropped_is_told_once(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its records land on without it."""
    raw, ledger = opened
    monkeypatch.setattr(Canned, "is_custom", lambda self, field: field.endswith("__c"))
    states = []
    for run, asked in enumerate((("id", "rating__c"), ("id",), ("id",))):
        source = Canned(Page(DEAL, [deal(str(run), "2026-06-01T00:00:00Z")], asked=asked))
        states.append((fetch(source, raw, ledger, DAYS, f"run-{run}").state, list(ledger.hidden("crm", AS_OF))))
    assert states == [("done", []), ("failed", []), ("done", [])]
    assert batches(ledger, "Deal") == [1, 1, 1]


def test_a_field_that_is_not_wanted_any_more_holds_nothing_back(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream that was held back lands on once settings do without the field, or no contract has it; nothing is told of it."""
    raw, ledger = opened
    found = []
    for run, asked in enumerate((("id", "phone"), ("id",), ("id",), ("id",))):
        if run == 2:
            monkeypatch.setattr(Canned, "wants", lambda self, stream, field: (stream, field) != ("Deal", "phone"))
        source = Canned(Page(DEAL, [deal(str(run), "2026-06-01T00:00:00Z")], asked=asked))
        result = fetch(source, raw, ledger, DAYS, f"run-{run}")
        found.append((result.state, result.rows_in, list(ledger.hidden("crm", AS_OF))))
    assert found == [("done", 1, []), ("failed", 0, ["Deal"]), ("done", 1, []), ("done", 1, [])]


@pytest.mark.parametrize(("has_landed", "state"), [(True, "failed"), (False, "done")])
def test_a_stream_that_is_no_longer_shown_is_told(opened: Opened, has_landed: bool, state: str) -> None:
    """Records that landed cannot be looked after any more, which a run must say; what was never there is missed by nobody."""
    raw, ledger = opened
    before = Page(DEAL, [deal("1", "2026-06-01T00:00:00Z")]) if has_landed else Page(CLICK)
    fetch(Canned(before), raw, ledger, DAYS, "run-1")
    hidden = Canned(Page(DEAL, is_hidden=True), Page(CLICK, [b'{"id":"c","at":"2026-06-01T05:00:00Z"}']))
    result = fetch(hidden, raw, ledger, DAYS, "run-2")
    assert (result.state, "no longer shows Deal" in (result.error or "")) == (state, has_landed)
    assert ledger.hidden("crm", AS_OF) == {"Deal": AS_OF if has_landed else None}
    fetch(Canned(Page(DEAL)), raw, ledger, DAYS, "run-3")
    assert ledger.hidden("crm", AS_OF) == {}
    assert batches(ledger, "Click") == [1]
