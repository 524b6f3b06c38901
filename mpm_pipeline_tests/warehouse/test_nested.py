"""Shapes of nested JSON: what is wrong with a part is found, what is right or absent is not."""

import json
from typing import Any

import pytest

from mpm_pipeline.contracts.record import Expandable
from mpm_pipeline.warehouse.engine import connect
from mpm_pipeline.warehouse.nested import missing_sql, unreadable_sql

SHAPE = {
    "has_more": "flag",
    "data": [
        {
            "id": "text*",
            "amount": "whole*",
            "period": {"start": "unix"},
            "price": Expandable({"unit": "decimal"}),
            "rest": "json",
        }
    ],
}


def verdict(value: Any) -> tuple[bool, bool]:
    """Say whether a value is unreadable, and whether it lacks something."""
    with connect() as connection:
        sql = f"SELECT {unreadable_sql('v', SHAPE)}, {missing_sql('v', SHAPE)} FROM (SELECT CAST(? AS JSON) AS v)"  # noqa: S608
        found = connection.execute(sql, [None if value is None else json.dumps(value)]).fetchall()[0]
    return bool(found[0]), bool(found[1])


def test_absent_and_empty_are_fine() -> None:
    """Null, an object without the part, and an empty list break nothing."""
    assert {verdict(value) for value in (None, {}, {"data": None}, {"data": []})} == {(False, False)}


def test_sound_parts_are_fine() -> None:
    """Numbers as numbers or texts, an expandable part as object or id, and parts that nobody reads are fine."""
    good = {
        "id": "a",
        "amount": 5,
        "period": {"start": 1763800100},
        "price": {"unit": "1.5"},
        "rest": [1],
        "more": {"amount": "x"},
    }
    assert verdict({"has_more": True, "data": [good, good | {"amount": "7", "price": "price_1", "period": None}]}) == (
        False,
        False,
    )


@pytest.mark.parametrize(
    "part",
    [
        {"amount": "n/a"}, {"amount": 1.5}, {"amount": {"value": 1}}, {"amount": [1]}, {"period": 5}, {"period": []},
        {"period": {"start": "soon"}}, {"price": {"unit": "1,5"}}, {"price": 5},
    ],
)  # fmt: skip
def test_one_bad_part_is_enough(part: dict[str, Any]) -> None:
    """One part of one element that is not of its type or shape makes the whole unreadable."""
    good = {"id": "a", "amount": 5}
    assert verdict({"data": [good, good | part]})[0] is True


@pytest.mark.parametrize(
    "value", ["lines", 5, [], {"data": {}}, {"data": [None]}, {"data": ["x"]}, {"has_more": "perhaps"}]
)
def test_wrong_containers(value: Any) -> None:
    """A list where an object belongs, or holes and texts in a list of objects, are unreadable."""
    assert verdict(value)[0] is True


@pytest.mark.parametrize("part", [{"amount": None}, {"id": ""}, {"id": None}])
def test_required_parts(part: dict[str, Any]) -> None:
    """A starred part that is null or blank is missing."""
    assert verdict({"data": [{"id": "a", "amount": 5} | part]}) == (False, True)
