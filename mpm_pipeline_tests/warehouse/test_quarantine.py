"""The account of refused rows: releases beside what is refused today, crowded pages, and rows judged anew."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mpm_pipeline.contracts.record import Record, Text, Whole, need, opt, stream
from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.errors import ConfigError, SourceUnavailable
from mpm_pipeline.warehouse.engine import connect
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.quarantine import MENDED, SET_ASIDE, Page, crowded, sound_rows, verdicts, with_releases
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline.warehouse.refused import RawRow, raw_row

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)
COLUMNS = ("source", "stream", "key", "reason_code", "reason_text", "batch", "row_no", "first_seen_at", "resolved_at")


class Deal(Record):
    """A thing."""

    id: Text = need("text", "id")
    n: Whole = opt("whole", "number", ge=0)
    Config = stream("crm", "Deal", "id", "thing", stamp="stamp")


@pytest.fixture
def raw(tmp_path: Path) -> RawLog:
    home = Home.open(tmp_path)
    return RawLog(home, Ledger(home), date(2026, 6, 1))


def deal(key: str, n: int, day: int = 1) -> bytes:
    return f'{{"id":"{key}","n":{n},"stamp":"2026-06-{day:02}T00:00:00Z"}}'.encode()


def row(number: int, **more: Any) -> dict[str, Any]:
    """A row of quarantine as the ledger keeps it."""
    seen = {"first_seen_at": NOON.isoformat(), "resolved_at": LATER.isoformat(), "cause": MENDED}
    place = {"source": "crm", "stream": "Deal", "batch": "b", "row_no": number, "reason_code": "bad_value"}
    return {**place, "key": f"k{number}", "reason_text": f"text {number}", **seen, "resolved_by": "ann", **more}


def account(refused: list[dict[str, Any]], releases: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Return the rows of quarantine, given those refused today and the releases."""
    names = [name for name in COLUMNS if name != "resolved_at"]
    today = [{name: one[name] for name in names} | {"first_seen_at": NOON} for one in refused]
    kinds = [(name, {"row_no": pa.int64(), "first_seen_at": pa.timestamp("us", "UTC")}.get(name, pa.string())) for name in names]  # fmt: skip
    with connect() as connection:
        connection.register("today", pa.Table.from_pylist(today, schema=pa.schema(kinds)))
        table = with_releases(connection, "SELECT * FROM today", releases)
    assert tuple(table.column_names) == COLUMNS
    return [(one["row_no"], one["reason_text"], one["resolved_at"]) for one in table.to_pylist()]


def test_released_rows_stand_beside_those_refused_today() -> None:
    """What was set aside is refused and resolved; what was mended stands by itself, as it was, until it is refused anew."""
    aside = SET_ASIDE + "E1"
    assert account([row(1), row(2)], []) == [(1, "text 1", None), (2, "text 2", None)]
    assert account([row(1), row(2, reason_text="today")], [row(2, cause=aside), row(3, cause=aside), row(4)]) == [
        (1, "text 1", None),
        (2, "today", LATER),
        (4, "text 4", LATER),
    ]
    assert account([row(4)], [row(4)]) == [(4, "text 4", None)]


@pytest.mark.parametrize(
    "other", [{"source": "x"}, {"stream": "x"}, {"batch": "x"}, {"row_no": 9}, {"reason_code": "bad_type"}]
)
def test_a_release_is_of_one_row_and_one_reason(other: dict[str, Any]) -> None:
    """Another source, stream, file, place or reason is another matter."""
    assert [one[2] for one in account([row(1)], [row(1, cause=SET_ASIDE + "E1", **other)])] == [None]
    assert len(account([row(1)], [row(1, **other)])) == 2


def page(batch: str, number: int, first: int, rows: int) -> dict[str, Any]:
    return {"batch": batch, "page_no": number, "first_row": first, "rows": rows, "content_hash": "x"}


def full(
    pages: list[dict[str, Any]], refused: list[tuple[str, int]], most: float, least: int, **more: Any
) -> list[Page]:
    rows = [{"batch": batch, "row_no": place, "reason_code": "bad_value", "resolved_at": None, **more} for batch, place in refused]  # fmt: skip
    kinds = [("batch", pa.string()), ("row_no", pa.int64()), ("reason_code", pa.string()), ("resolved_at", pa.timestamp("us", "UTC"))]  # fmt: skip
    with connect() as connection:
        return crowded(connection, pa.Table.from_pylist(rows, schema=pa.schema(kinds)), pages, most, least)


def test_pages_of_which_too_much_is_refused() -> None:
    """More than the share, of pages large enough, the fullest first; rows lie in the page in which they came."""
    pages = [page("a", 0, 0, 10), page("a", 1, 10, 10), page("b", 0, 0, 4)]
    refused = [("a", place) for place in (0, 9, 10, 11, 19, 20)] + [("b", 0), ("b", 3)]
    assert full(pages, refused, 0.2, 10) == [Page("a", 1, 10, 3)]
    assert full(pages, refused, 0.3, 10) == []
    assert full(pages, refused, 0.1, 4) == [Page("a", 1, 10, 3), Page("a", 0, 10, 2), Page("b", 0, 4, 2)]
    assert full([], refused, 0.0, 0) == []


def test_what_is_resolved_or_headless_crowds_no_page() -> None:
    """The first is settled; of the second all rows are refused, and another message says so."""
    pages, refused = [page("a", 0, 0, 2)], [("a", 0), ("a", 1)]
    assert len(full(pages, refused, 0.5, 1)) == 1
    assert full(pages, refused, 0.5, 1, resolved_at=NOON) == []
    assert full(pages, refused, 0.5, 1, reason_code="missing_column") == []


def test_rows_are_judged_anew_from_the_raw_log(raw: RawLog) -> None:
    """One is sound, one broken and held, one broken and replaced by a newer version; rows of elsewhere are none."""
    first = raw.append(stream_of(Deal), [deal("1", 1), deal("2", -1), deal("3", -1)], extracted_at=NOON).batch
    raw.append(stream_of(Deal), [deal("3", 3, day=2)], extracted_at=LATER)
    rows = [
        {"batch": batch, "row_no": place} for batch, place in ((first, 0), (first, 1), (first, 2), (first, 7), ("x", 0))
    ]
    judged = {(first, 0): (None, False), (first, 1): ("bad_value", True)}
    assert verdicts(raw, Deal, LATER, rows) == judged | {(first, 2): ("bad_value", False)}
    assert verdicts(raw, Deal, NOON, rows) == judged | {(first, 2): ("bad_value", True)}
    assert verdicts(raw, Deal, NOON, rows[:1]) == {(first, 0): (None, False)}


def test_sound_rows_straight_from_the_raw_log(raw: RawLog) -> None:
    """Without the refused and the deleted, as known then."""
    raw.append(stream_of(Deal), [deal("1", 1), deal("2", -1), deal("3", 3)], extracted_at=NOON)
    raw.append(stream_of(Deal), [], extracted_at=LATER, deleted=[("3", "2026-06-02T00:00:00Z")])
    assert [(one["_key"], one["n"]) for one in sound_rows(raw, Deal, NOON)] == [("1", 1), ("3", 3)]
    assert [(one["_key"], one["n"]) for one in sound_rows(raw, Deal, LATER)] == [("1", 1)]


def test_a_row_as_it_came(raw: RawLog) -> None:
    """By file and place; a deletion has no payload."""
    batch = raw.append(
        stream_of(Deal), [deal("1", 1), b"{nonsense"], extracted_at=NOON, deleted=[("3", "2026-06-02T00:00:00Z")]
    ).batch
    assert batch
    found = [raw_row(raw.home, raw.ledger, batch, number) for number in range(3)]
    assert found == [
        RawRow(batch, 0, "1", "2026-06-01", deal("1", 1).decode()),
        RawRow(batch, 1, None, "2026-06-01", "{nonsense"),
        RawRow(batch, 2, "3", "2026-06-02", None),
    ]


def test_a_row_that_is_not_there(raw: RawLog) -> None:
    """A file that nobody knows, a place that the file has not, and a file that is gone: each says what to do."""
    batch = raw.append(stream_of(Deal), [deal("1", 1), deal("2", 2)], extracted_at=NOON).batch
    assert batch
    with pytest.raises(ConfigError, match="^x is no file of the raw log; `mpm quarantine list` names files and rows$"):
        raw_row(raw.home, raw.ledger, "x", 0)
    with pytest.raises(ConfigError, match=f"^{batch} has no row 2; it has rows 0 to 1$"):
        raw_row(raw.home, raw.ledger, batch, 2)
    for spoil in (lambda file: file.write_bytes(b"PAR1"), Path.unlink):
        spoil(raw.home.raw / batch)
        with pytest.raises(
            SourceUnavailable, match=f"^raw/{batch} cannot be read; `mpm doctor` says what is wrong with the home$"
        ):
            raw_row(raw.home, raw.ledger, batch, 0)
