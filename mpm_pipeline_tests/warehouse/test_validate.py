"""A table is let through only when it keeps its contract: what Arrow proves sound, Pandera finds sound too, and the other way round."""

import pyarrow as pa
import pytest

from mpm_pipeline.contracts.registry import tables
from mpm_pipeline.contracts.table import Real, Table, Text, Whole, describe, key, may, must
from mpm_pipeline.errors import Halt
from mpm_pipeline.warehouse import validate as module
from mpm_pipeline.warehouse.validate import arrow_schema, empty, is_sound, validate


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
    Price.to_schema()
    monkeypatch.setattr(Price, "validate", None)
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


def test_what_is_not_known_here_is_pandera_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """No number, and a kind of check that Arrow was not taught."""
    assert not is_sound(Price, table(share=[float("nan"), None, 1.0]))
    monkeypatch.setattr(Price.to_schema().columns["count"].checks[0], "name", "is_prime")
    assert not is_sound(Price, table())
    assert not is_sound(Price, empty(Price))


@pytest.mark.parametrize("name", sorted(tables()))
def test_arrow_knows_all_checks_of_our_contracts(name: str) -> None:
    """No contract is left to Pandera alone."""
    assert is_sound(tables()[name], module.empty(tables()[name]))
