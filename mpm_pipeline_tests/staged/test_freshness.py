"""Freshness of sources in states and words."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.staged.freshness import freshness, freshness_of_off
from mpm_pipeline.warehouse.accept import Accepted
from mpm_pipeline_tests.staged.crm import AS_OF, CONTRACTS

LEAD = Accepted(stream_of(CONTRACTS["Lead"]), 1, 1, 0, datetime(2026, 6, 29, tzinfo=UTC), AS_OF)


def source(**facts: Any) -> pa.Table:
    """The state of one source."""
    row = {
        "source": "salesforce",
        "is_on": True,
        "state": "done",
        "covered_from": date(2026, 1, 1),
        "covered_to": AS_OF,
    }
    return pa.Table.from_pylist([row | facts])


@pytest.mark.parametrize(
    ("facts", "state", "text"),
    [
        ({}, "fresh", "read without a gap up to 2026-06-30 12:00 UTC"),
        ({"covered_to": AS_OF - timedelta(hours=24)}, "fresh", "read without a gap up to 2026-06-29 12:00 UTC"),
        ({"covered_to": AS_OF - timedelta(hours=25)}, "late", "read without a gap up to 2026-06-29 11:00 UTC"),
        ({"state": "failed"}, "failed", "the newest attempt failed; read without a gap up to 2026-06-30 12:00 UTC"),
        (
            {"state": "failed", "covered_from": None, "covered_to": None},
            "failed",
            "the newest attempt failed; never read",
        ),
        ({"state": "never", "covered_from": None, "covered_to": None}, "late", "never read"),
    ],
)
def test_states(facts: dict[str, Any], state: str, text: str) -> None:
    """Fresh within a day of as-of, else late; a failed newest attempt is told whatever was read before."""
    (row,) = freshness([LEAD], source(**facts), AS_OF).to_pylist()
    assert (row["state"], row["text"]) == (state, text)
    assert (row["stream"], row["newest_event_at"], row["newest_extracted_at"]) == ("Lead", LEAD.newest_event_at, AS_OF)


@pytest.mark.parametrize(
    ("count", "words"), [(0, "read without"), (1, "1 record of salesforce/Lead is dated"), (1200, "1,200 records of")]
)
def test_records_dated_ahead_are_told(count: int, words: str) -> None:
    """They stand in the text of their stream, which stays fresh."""
    (row,) = freshness([replace(LEAD, rows_ahead=count)], source(), AS_OF).to_pylist()
    assert row["text"].startswith(words) and row["state"] == "fresh"


def test_records_that_did_not_come_with_their_day_are_told() -> None:
    """Two records of two days, one of them seen in two versions: counted once each, with the days; the stream stays fresh."""
    rows = [{"key": key, "day": f"2026-06-0{day}"} for key, day in (("1", 2), ("2", 4), ("2", 3))]
    (row,) = freshness([LEAD], source(), AS_OF, withheld={("salesforce", "Lead"): rows}).to_pylist()
    assert row["text"].startswith(
        "2 records of salesforce/Lead are shown by the source, but did not come when the days"
    )
    assert "(2026-06-02 to 2026-06-04)" in row["text"] and row["state"] == "fresh"


@pytest.mark.parametrize(("state", "told"), [("done", "late"), ("failed", "failed")])
def test_a_file_that_vanished_is_late_in_words_that_say_what_to_do(state: str, told: str) -> None:
    """One of two streams was not there at noon: it is late and says so, the other is fresh; a source that failed stays failed."""
    other = Accepted(stream_of(CONTRACTS["Account"]), 1, 1, 0, AS_OF, AS_OF)
    gone, there = freshness([LEAD, other], source(state=state), AS_OF, {("salesforce", "Lead"): AS_OF}).to_pylist()
    assert (gone["state"], there["state"]) == (told, "fresh" if state == "done" else "failed")
    assert "salesforce/Lead was there before and was not" in gone["text"] and "put it back" in gone["text"]
    assert "was there before" not in there["text"]


def test_a_source_that_is_off_has_one_row() -> None:
    """A source that is switched off has a row without a stream, one that is on has none here."""
    off = freshness_of_off(source(state="off", is_on=False, covered_from=None, covered_to=None), AS_OF).to_pylist()
    assert [(row["stream"], row["state"], row["text"]) for row in off] == [("", "off", "salesforce is switched off")]
    assert freshness_of_off(source(), AS_OF).num_rows == 0
