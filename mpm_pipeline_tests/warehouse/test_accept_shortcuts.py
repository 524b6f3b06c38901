"""What spares the engine work changes nothing of what it finds: names judged once for all, keys that landed once."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from mpm_pipeline.contracts.record import Record, Text, need, opt, stream
from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.warehouse import accept as module
from mpm_pipeline.warehouse.accept import accept
from mpm_pipeline.warehouse.engine import connect
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.rawlog import RawLog

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)


class Deal(Record):
    """A thing."""

    id: Text = need("text", "id")
    name: Text = opt("text", "name")
    Config = stream("crm", "Deal", "id", "thing", stamp="at")


@pytest.fixture
def raw(tmp_path: Path) -> Iterator[RawLog]:
    """A fresh raw log."""
    home = Home.open(tmp_path)
    with Ledger(home) as ledger:
        yield RawLog(home, ledger, date(2026, 6, 1))


def row(number: int, **more: Any) -> bytes:
    return json.dumps({"id": f"d{number}", "at": f"2026-06-02T00:00:{number:02}Z", "name": None, **more}).encode()


def tables(raw: RawLog) -> list[list[dict[str, Any]]]:
    with connect() as connection:
        accept(connection, raw, Deal, NOON)
        return [
            connection.sql(f'SELECT * FROM crm."Deal{suffix}" ORDER BY ALL').to_arrow_table().to_pylist()  # noqa: S608
            for suffix in ("", "$refused")
        ]


def test_a_name_that_stands_twice_is_found_among_usual_rows(raw: RawLog) -> None:
    """Most rows have the usual names; of three others one has a name twice, one by case alone, one just another name."""
    twice = b'{"id":"x1","at":"2026-06-02T00:00:00Z","name":1,"name":2}'
    raw.append(stream_of(Deal), [*map(row, range(20)), twice, row(30, Name="b"), row(31, other=1)], extracted_at=NOON)
    good, refused = tables(raw)
    assert [(one["key"], one["reason_code"]) for one in refused] == [("d30", "duplicate_key"), ("x1", "duplicate_key")]
    assert len(good) == 21


def test_rows_that_all_have_a_name_twice_are_refused(raw: RawLog) -> None:
    """What is usual is no excuse."""
    raw.append(stream_of(Deal), [row(number, NAME=1) for number in range(9)], extracted_at=NOON)
    good, refused = tables(raw)
    assert (len(good), len(refused)) == (0, 9)


def test_odd_names_are_no_trouble(raw: RawLog) -> None:
    """A quote, a bracket, an empty name: usual or not, the rows are served; a NUL in a name is a bad value as ever."""
    rows = [row(1, **{"it's": 1}), row(2, **{"": 1}), row(3, **{'"]': 1}), row(4, **{"\x00": 1})]
    for number, one in enumerate(rows):
        raw.append(stream_of(Deal), [one], extracted_at=NOON.replace(hour=number))
    good, refused = tables(raw)
    assert [one["_key"] for one in good] == ["d1", "d2", "d3"]
    assert [(one["key"], one["reason_code"]) for one in refused] == [("d4", "bad_value")]


def test_keys_that_landed_once_are_read_as_others_are(raw: RawLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Good rows, refused ones with and without a key, and a tombstone: the short way tells what the long one does."""
    rows = [*map(row, range(5)), row(6, name={"a": 1}), b"no json", b'{"at":"2026-06-02T00:00:00Z"}', b'["list"]']
    raw.append(stream_of(Deal), rows, extracted_at=NOON, deleted=[("gone", "2026-06-02T00:00:00Z")])
    short = tables(raw)
    monkeypatch.setattr(module, "_only_versions_sql", lambda contract, _order: module._accepted_sql(contract))
    assert tables(raw) == short
    assert [len(one) for one in short] == [6, 4]


def test_a_key_that_landed_twice_is_no_such_key(raw: RawLog) -> None:
    """One of them twice, and the newer one is served."""
    raw.append(
        stream_of(Deal), [*map(row, range(5)), row(3, name="newer", at="2026-06-03T00:00:00Z")], extracted_at=NOON
    )
    good, _ = tables(raw)
    assert [one["name"] for one in good if one["_key"] == "d3"] == ["newer"]
    assert len(good) == 5


def test_a_long_record_stands_in_its_place(raw: RawLog) -> None:
    """Long records are read after the short ones; the typed rows come by key all the same, and name their file."""
    first = [row(7), row(5, name="x" * 100_000), row(3)]
    raw.append(stream_of(Deal), first, extracted_at=NOON.replace(hour=1))
    raw.append(stream_of(Deal), [row(6), row(4, id="", name="a" * 100_000)], extracted_at=NOON.replace(hour=2))
    batches = [one["batch"] for one in raw.ledger.batches("crm", "Deal")]
    with connect() as connection:
        assert accept(connection, raw, Deal, NOON).rows_in == 5
        assert connection.execute('SELECT _key FROM crm."Deal"').fetchall() == [("d3",), ("d5",), ("d6",), ("d7",)]
        read = connection.execute("SELECT batch, row_no, identity FROM read ORDER BY batch, row_no").fetchall()
        refused = connection.execute('SELECT batch, row_no FROM crm."Deal$refused"').fetchall()
    assert [one[:2] for one in read] == sorted(
        (batch, at) for batch in batches for at in range(3) if (batch, at) != (batches[1], 2)
    )
    assert [one[2][:1] for one in sorted(read, key=lambda one: (batches.index(one[0]), one[1]))] == [
        "d",
        "d",
        "d",
        "d",
        "#",
    ]
    assert refused == [(batches[1], 1)]


def test_keys_that_landed_once_come_in_their_order(raw: RawLog) -> None:
    """Over several files, whatever their order there."""
    for hour, numbers in enumerate(([9, 2], [5], [7, 1, 3])):
        raw.append(stream_of(Deal), [*map(row, numbers)], extracted_at=NOON.replace(hour=hour))
    with connect() as connection:
        accept(connection, raw, Deal, NOON)
        found = connection.execute('SELECT _key FROM crm."Deal"').fetchall()
    assert found == [("d1",), ("d2",), ("d3",), ("d5",), ("d7",), ("d9",)]


def test_long_records_come_in_their_order_too(raw: RawLog) -> None:
    """All keys stand once, and the longest, which is read last, is the first of them."""
    raw.append(stream_of(Deal), [row(5), row(3, name="x" * 100_000), row(4)], extracted_at=NOON)
    with connect() as connection:
        accept(connection, raw, Deal, NOON)
        assert connection.execute('SELECT _key FROM crm."Deal"').fetchall() == [("d3",), ("d4",), ("d5",)]
