"""What refuses a row: each reason and its field, and which of several is given."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from mpm_pipeline.contracts.record import Flag, Record, Rule, Text, Whole, need, opt, stream
from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.warehouse import judge
from mpm_pipeline.warehouse.accept import accept
from mpm_pipeline.warehouse.engine import connect
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.judge import LARGEST_TEXT, broken, leaf, typed_sql, wire
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.rawlog import RawLog

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)


class Deal(Record):
    """A thing with a field of each kind."""

    id: Text = need("text", "id")
    name: Text = need("text", "name")
    n: Whole = opt("whole", "number", ge=0, le=9)
    amount: Text = opt("decimal", "amount", ge=0, le=100)
    currency: Text = opt("currency", "currency")
    kind: Text = opt("word", "kind", isin=["new", "old"])
    is_on: Flag = opt("flag", "flag")
    lines: Text = opt("json", "lines", nested=[{"n": "whole*"}])
    Config = stream(
        "crm", "Deal", "id", "thing", stamp="stamp", rules=(Rule("bad_value", "n", "t.n = 5 AND t.kind = 'old'"),)
    )


class Plan(Record):
    """A snapshot."""

    id: Text = need("text", "id")
    name: Text = opt("text", "name")
    Config = stream("crm", "plan", "id", "snapshot")


@pytest.fixture
def raw(tmp_path: Path) -> RawLog:
    home = Home.open(tmp_path)
    return RawLog(home, Ledger(home), date(2026, 6, 1))


def verdicts(raw: RawLog, *rows: Any, contract: type[Record] = Deal, asked: tuple[str, ...] = ()) -> list[Any]:
    """Land rows and return of each its reason and field, None for sound ones."""
    good = {"id": "1", "name": "x", "stamp": "2026-06-01T00:00:00Z"}
    texts = [one if isinstance(one, bytes) else json.dumps(good | {"id": str(place)} | one).encode() for place, one in enumerate(rows)]  # fmt: skip
    raw.append(stream_of(contract), texts, extracted_at=NOON, asked=asked)
    with connect() as connection:
        accept(connection, raw, contract, NOON)
        found = connection.execute("SELECT reason, field FROM read ORDER BY row_no").fetchall()
    return [None if reason is None else (reason, field) for reason, field in found]


def test_sound_rows(raw: RawLog) -> None:
    """Bounds are allowed, numbers may be texts, words may be of any case, null and absent are fine."""
    sound = [
        {},
        {"n": 0, "amount": "100", "currency": "eur", "kind": "NEW", "is_on": True, "lines": [{"n": 1}]},
        {"n": "9", "amount": 0.5, "kind": "old", "lines": []},
        {"n": 5, "kind": "new", "other": {"a": [1]}, "name": "{", "lines": None},
        {"name": "x" * 1_000, "currency": None, "is_on": None},
    ]
    assert verdicts(raw, *sound) == [None] * 5


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (b"[1]", ("bad_json", None)),
        (b'"id"', ("bad_json", None)),
        (b'{"id":"1","name":NaN}', ("bad_json", None)),
        (b'{"id":"1","name":"x","NAME":"y"}', ("duplicate_key", None)),
        ({"lines": [{"n": 1, "N": 2}]}, ("duplicate_key", "lines")),
        ({"id": None}, ("missing_key", None)),
        ({"id": "  "}, ("missing_key", None)),
        ({"stamp": None}, ("missing_field", "stamp")),
        ({"stamp": " "}, ("missing_field", "stamp")),
        ({"name": None}, ("missing_field", "name")),
        ({"name": ""}, ("missing_field", "name")),
        ({"lines": [{"n": None}]}, ("missing_field", "lines")),
        ({"name": {"a": 1}}, ("bad_type", "name")),
        ({"name": ["a"]}, ("bad_type", "name")),
        ({"kind": ["new"]}, ("bad_type", "kind")),
        ({"n": "1,5"}, ("bad_type", "n")),
        ({"n": {"a": 1}}, ("bad_type", "n")),
        ({"amount": "1.234,50"}, ("bad_type", "amount")),
        ({"is_on": "perhaps"}, ("bad_type", "is_on")),
        ({"lines": {"n": 1}}, ("bad_type", "lines")),
        ({"lines": [{"n": "x"}]}, ("bad_type", "lines")),
        ({"currency": "EUX"}, ("bad_currency", "currency")),
        ({"n": -1}, ("bad_value", "n")),
        ({"n": 10}, ("bad_value", "n")),
        ({"amount": "-0.01"}, ("bad_value", "amount")),
        ({"amount": "100.01"}, ("bad_value", "amount")),
        ({"kind": "newer"}, ("bad_value", "kind")),
        ({"n": 5, "kind": "old"}, ("bad_value", "n")),
        (b'{"id":"1","name":"a\\u0000b","stamp":"2026-06-01T00:00:00Z"}', ("bad_value", None)),
        (b'{"id":"1","name":"x","other":"a\\\\\\u0000b","stamp":"2026-06-01T00:00:00Z"}', ("bad_value", None)),
        (b'{"id":"1","name":"x","other":"a\\\\u0000b","stamp":"2026-06-01T00:00:00Z"}', None),
    ],
    ids=range(31),
)
def test_each_reason_with_its_field(raw: RawLog, row: Any, verdict: Any) -> None:
    """The record beside it is sound."""
    assert verdicts(raw, row, {}) == [verdict, None]


def test_the_first_reason_is_given(raw: RawLog) -> None:
    """Of two the one that stands above: key, field, type, currency, value."""
    worse = [
        {"currency": "EUX", "n": -1},
        {"n": "x", "currency": "EUX"},
        {"name": "", "n": "x"},
        {"id": "", "name": ""},
    ]
    assert verdicts(raw, *worse) == [
        ("bad_currency", "currency"),
        ("bad_type", "n"),
        ("missing_field", "name"),
        ("missing_key", None),
    ]


def test_fields_that_did_not_come(raw: RawLog) -> None:
    """What was asked for must be named; of a stamp that is not named at all landing decides."""
    rows = [b'{"id":"1","name":"x"}', b'{"id":"2","name":"x","n":null}']
    assert verdicts(raw, *rows, asked=("id", "n")) == [("missing_field", "n"), None]


def test_a_snapshot_needs_its_columns_and_no_stamp(raw: RawLog) -> None:
    """A file without a needed column is refused for that; one that may be absent may."""
    assert verdicts(raw, b'{"id":"1"}', b'{"name":"x"}', b'{"id":""}', contract=Plan) == [
        None,
        ("missing_column", "id"),
        ("missing_key", None),
    ]


def test_texts_and_records_have_a_largest_size(raw: RawLog) -> None:
    """To the byte, in UTF-8."""
    most = LARGEST_TEXT
    assert verdicts(raw, {"name": "x" * most}, {"name": "x" * (most + 1)}, {"other": "x" * (most + 1)}) == [
        None,
        ("bad_value", "name"),
        None,
    ]


def test_a_check_without_a_form_in_sql_is_not_passed_over() -> None:
    """A contract that asks for more than can be judged does not start."""

    class Odd(Record):
        """A thing."""

        id: Text = need("text", "id", str_startswith="a")
        Config = stream("crm", "Odd", "id", "thing")

    fields = dict(Odd.to_schema().columns)
    with pytest.raises(NotImplementedError, match="^id: the check str_startswith has no SQL form yet$"):
        broken(stream_of(Odd), fields)


def test_how_fields_are_taken_out_and_typed() -> None:
    """JSON as JSON, with null as nothing; all else as text, typed by its wire type."""
    fields = dict(Deal.to_schema().columns)
    assert (wire(fields["lines"]), leaf(fields["lines"]), leaf(fields["n"])) == ("json", "JSON", "VARCHAR")
    assert typed_sql("lines", fields["lines"]) == "nullif(CAST(w.\"lines\" AS VARCHAR), 'null')"
    assert 'w."n"' in typed_sql("n", fields["n"])


@pytest.mark.parametrize("usual", [[], [[]], [["id", "name"]], [["id", "name"], ["id"]]])
def test_usual_names_change_no_verdict(usual: list[list[str]]) -> None:
    """They spare work alone."""
    with connect() as connection:
        found = connection.execute(
            f"SELECT {judge._twice(usual)} FROM (VALUES (['id','name']), (['id','ID']), (['a']), (['id'])) t(names)"  # noqa: S608
        ).fetchall()
    assert [bool(one) for (one,) in found] == [False, True, False, False]
