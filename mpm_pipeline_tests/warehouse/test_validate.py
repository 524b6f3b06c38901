"""A table is let through only when it keeps its contract: what Arrow proves sound, Pandera finds sound too, and the other way round."""

import re

import pandera.pandas as pandera
import pyarrow as pa
import pytest

from mpm_pipeline.contracts.fields import fields
from mpm_pipeline.contracts.registry import tables
from mpm_pipeline.contracts.table import Real, Table, Text, Whole, describe, key, may, must
from mpm_pipeline.errors import Halt
from mpm_pipeline.warehouse import validate as module
from mpm_pipeline.warehouse.validate import arrow_schema, conform, empty, is_sound, validate


class Price(Table):
    """One row per product and kind."""

    product: Text = key("product")
    kind: Text = key("kind", isin=["list", "net"])
    count: Whole = must("how many", ge=0, le=9)
    share: Real = may("share", ge=0)

    Config = describe("kpis.price", ["product", "kind"])


SOUND = {"product": ["a", "a", "b"], "kind": ["list", "net", "list"], "count": [0, 9, 3], "share": [0.0, None, 2.5]}


def table(**columns: list[object]) -> pa.Table:
    return pa.table({**SOUND, **columns}, schema=arrow_schema(Price))


def test_sound_rows_pass_without_pandera(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds belong to what is allowed, null is within every bound."""
    monkeypatch.setattr(pandera.DataFrameModel, "validate", None)
    assert validate(Price, table()).num_rows == 3
    assert validate(Price, empty(Price)).num_rows == 0


@pytest.mark.parametrize(
    ("broken", "where"),
    [
        ({"product": ["a", None, "b"]}, "product"),
        ({"kind": ["list", "gross", "list"]}, "kind"),
        ({"kind": ["list", "list", "list"]}, "product"),
        ({"count": [0, -1, 3]}, "count"),
        ({"count": [0, 10, 3]}, "count"),
        ({"count": [0, None, 3]}, "count"),
        ({"share": [0.0, None, -0.5]}, "share"),
    ],
)
def test_a_broken_row_stops_the_run(broken: dict[str, list[object]], where: str) -> None:
    """Null, not in the list, twice the same key, below, above: each is named with its column."""
    assert not is_sound(Price, table(**broken))
    with pytest.raises(Halt, match=where):
        validate(Price, table(**broken))


def test_two_rows_are_enough_to_share_a_key() -> None:
    """And one is not."""
    twice = table().take([0, 0])
    with pytest.raises(Halt, match="product"):
        validate(Price, twice)
    assert validate(Price, twice.slice(1)).num_rows == 1


def test_what_is_not_known_here_is_pandera_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """No number, and a kind of check that Arrow was not taught."""
    assert not is_sound(Price, table(share=[float("nan"), None, 1.0]))
    monkeypatch.setattr(fields(Price)["count"].checks[0], "name", "is_prime")
    assert not is_sound(Price, table())
    assert not is_sound(Price, empty(Price))


@pytest.mark.parametrize("name", sorted(tables()))
def test_arrow_knows_all_checks_of_our_contracts(name: str) -> None:
    """No contract is left to Pandera alone."""
    assert is_sound(tables()[name], module.empty(tables()[name]))


class Sparse(Table):
    """One row per product."""

    product: Text = key("product")
    share: Real = may("share")
    note: Text = may("note")

    Config = describe("kpis.sparse", ["product"], sparse=True)


def test_columns_come_in_the_order_and_types_of_the_contract() -> None:
    """Whole numbers for a share become real ones; columns that a sparse table lacks are null."""
    rows = pa.table({"count": [1, 2], "share": [1, 0], "kind": ["list", "net"], "product": ["a", "a"]})
    assert conform(Price, rows).schema == arrow_schema(Price)
    assert conform(Price, rows)["share"].to_pylist() == [1.0, 0.0]
    filled = conform(Sparse, pa.table({"note": ["x"], "product": ["a"]}))
    assert filled.schema == arrow_schema(Sparse) and filled.to_pylist() == [
        {"product": "a", "share": None, "note": "x"}
    ]
    assert empty(Price).schema == arrow_schema(Price) and empty(Price).num_rows == 0
    assert all(one.nullable for one in arrow_schema(Price))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            table().drop_columns(["share"]),
            "kpis.price: columns differ from the contract (missing ['share'], not declared [])",
        ),
        (
            table().append_column("more", pa.nulls(3)),
            "kpis.price: columns differ from the contract (missing [], not declared ['more'])",
        ),
        (
            pa.table({**SOUND, "count": ["sesame", "1", "2"]}),
            "kpis.price: a column cannot be cast to its declared type (ArrowInvalid)",
        ),
        (
            pa.table({**SOUND, "count": [[1], [2], [3]]}),
            "kpis.price: a column cannot be cast to its declared type (ArrowNotImplementedError)",
        ),
    ],
)
def test_another_shape_stops_the_run(rows: pa.Table, words: str) -> None:
    """A column too few, one too many, or one that cannot be cast; no value is told."""
    with pytest.raises(Halt, match=f"^{re.escape(words)}$"):
        validate(Price, rows)


def test_a_breach_is_told_by_columns_checks_and_counts() -> None:
    """And never by a value."""
    with pytest.raises(Halt) as told:
        validate(Price, table(kind=["list", "sesame", "sesame"], count=[0, 10, None]))
    assert str(told.value) == (
        "kpis.price breaks its contract, nothing is published: count: less_than_or_equal_to(9) (1 rows); "
        "count: not_nullable (1 rows); kind: isin(['list', 'net']) (2 rows)"
    )


@pytest.mark.parametrize("name", ["unique", "regex", "coerce"])
def test_what_a_column_asks_besides_is_pandera_s(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Each for itself."""
    assert is_sound(Price, table())
    monkeypatch.setattr(fields(Price)["share"], name, True)
    assert not is_sound(Price, table())


def test_what_the_whole_table_asks_is_pandera_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks of whole tables are methods, and nothing here knows them."""

    class Checked(Price):
        @pandera.dataframe_check
        def is_fine(cls, frame: object) -> bool:
            return True

        Config = Price.Config

    assert list(fields(Checked)) == list(fields(Price))
    assert is_sound(Price, table()) and not is_sound(Checked, table())
    monkeypatch.setattr(Price.Config, "coerce", True)
    assert not is_sound(Price, table())


@pytest.mark.parametrize(
    ("first", "second", "is_key"),
    [
        ("aab", "xyx", True), ("aab", "xxy", False), ("abc", "xxx", True), ("aaa", "xyz", True), ("a", "x", True),
        ("cab", "xxx", True), ("abb", "xxx", False), ("bba", "xxx", False), ("aba", "xxx", False),
    ],
)  # fmt: skip
def test_a_key_is_one_where_all_of_it_is(first: str, second: str, is_key: bool) -> None:
    """No part for itself, all parts together, the first alone, the last alone, and a single row; in its order and not."""
    rows = pa.table({"one": list(first), "other": list(second)})
    assert module._is_key(rows, ["one", "other"]) == is_key


def test_a_table_without_a_key_may_repeat_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none is declared."""
    twice = table(product=["a", "a", "a"], kind=["list", "list", "list"])
    assert not is_sound(Price, twice)
    monkeypatch.setattr(Price.Config, "unique", [])
    assert is_sound(Price, twice)


def test_columns_of_nulls_hold_what_is_known() -> None:
    """Whatever a check allows, null is none of its business."""
    assert is_sound(Price, table(share=[None, None, None]))
