"""What is read from a contract's class is what Pandera makes of it."""

from typing import Any

import pandera.pandas as pa
import pytest

from mpm_pipeline.contracts.fields import fields, is_plain, kinds
from mpm_pipeline.contracts.registry import records, tables
from mpm_pipeline.contracts.table import Table, Text, must
from mpm_pipeline.warehouse.validate import arrow_schema

ALL = [*tables().values(), *records().values()]
ASKED = ("nullable", "metadata", "unique", "regex", "coerce", "description")


def checks(field: Any) -> list[tuple[Any, ...]]:
    """Return what is checked of a field; a check that was used is no longer equal to its like."""
    return [(one.name, one.statistics, one.ignore_na, one.element_wise, one.raise_warning) for one in field.checks]


@pytest.mark.parametrize("contract", ALL, ids=lambda one: one.Config.name)
def test_fields_are_those_of_the_schema(contract: type[pa.DataFrameModel]) -> None:
    """Names in their order, types, and all that is asked of a column; nothing is asked of a whole table."""
    schema = contract.to_schema()
    assert is_plain(contract) and not schema.checks and not schema.coerce and schema.index is None
    assert list(fields(contract)) == list(kinds(contract)) == list(schema.columns)
    for name, column in schema.columns.items():
        declared = fields(contract)[name]
        assert {one: getattr(declared, one) for one in ASKED} == {one: getattr(column, one) for one in ASKED}
        assert checks(declared) == checks(column)
        if contract in tables().values():
            assert arrow_schema(contract).field(name).type == column.dtype.type.pyarrow_dtype


class Odd(Table):
    """One row per nothing."""

    name: Text = must("a name")

    @pa.check("name")
    def is_short(cls, values: object) -> bool:
        return True


def test_a_contract_with_more_than_fields_is_read_by_pandera() -> None:
    """A check that is a method belongs to its column."""
    assert not is_plain(Odd)
    assert len(fields(Odd)["name"].checks) == 1


class Renamed(Table):
    """One row per nothing, in which a column is called otherwise than its field."""

    name: Text = pa.Field(alias="Name")


class Bare(Table):
    """One row per nothing, in which nothing is said of a column."""

    name: Text = None  # type: ignore[assignment]


def test_what_is_declared_otherwise_is_read_by_pandera() -> None:
    """A field under another name, something that is no field, and a field of which no type is told."""
    assert not is_plain(Renamed) and list(fields(Renamed)) == ["Name"]
    assert not is_plain(Bare)
    assert not is_plain(type("Untold", (Table,), {"__module__": __name__, "name": must("a name")}))
