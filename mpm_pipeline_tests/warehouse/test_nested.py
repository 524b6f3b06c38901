"""Shapes of nested JSON: what is wrong with a part is found, what is right or absent is not."""

import json
from typing import Any

import pytest

from mpm_pipeline.contracts.record import Expandable
from mpm_pipeline.warehouse.engine import connect
from mpm_pipeline.warehouse.nested import ambiguous_sql, missing_sql, unreadable_sql

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


def holds(sql: str, value: str) -> bool:
    """Say whether a condition holds for a JSON text."""
    with connect() as connection:
        return bool(connection.execute(f"SELECT {sql} FROM (SELECT CAST(? AS JSON) AS v)", [value]).fetchall()[0][0])  # noqa: S608


@pytest.mark.parametrize(
    ("value", "is_twice"),
    [
        ('{"has_more":true,"data":[{"id":"a","amount":1}]}', False),
        ('{"a":1,"a":2}', True),
        ('{"data":[{"id":"a"},{"id":"b","Id":"c"}]}', True),
        ('{"data":[{"period":{"start":1,"START":2}}]}', True),
        ('{"data":[{"price":{"u\u0308":1,"\u00fc":2}}]}', True),
        ('{"data":[{"price":"price_1"}]}', False),
        ('{"data":[{"rest":{"x":1,"x":2}}]}', False),
        ('{"data":null}', False),
        ("null", False),
    ],
)
def test_a_name_that_stands_twice_in_a_part(value: str, is_twice: bool) -> None:
    """In the object itself or in one within it, alike but for case or accents; what nobody reads may hold what it likes."""
    assert holds(f"coalesce({ambiguous_sql('v', SHAPE)}, false)", value) is is_twice
    assert not holds(f"coalesce({missing_sql('v', {'a': 'text'})}, false)", '{"a":1,"a":2}')


@pytest.mark.parametrize(
    ("shape", "value", "expected"),
    [
        ({"rest": "json*"}, '{"rest":{"a":1}}', (False, False)),
        ({"rest": "json*"}, '{"rest":[]}', (False, False)),
        ({"rest": "json*"}, '{"other":1}', (False, True)),
        ({"rest": "json"}, '{"other":1}', (False, False)),
        ({"name": "text*"}, '{"name":"x"}', (False, False)),
        ({"name": "text"}, '{"name":{"a":1}}', (False, False)),
        ({"lots": [["whole*"]]}, '{"lots":[[1,2],[3]]}', (False, False)),
        ({"lots": [["whole*"]]}, '{"lots":[[1,"x"]]}', (True, False)),
        ({"lots": [["whole*"]]}, '{"lots":[[1],null]}', (True, False)),
        ({"a": {"b": {"c": "whole*"}}}, '{"a":{"b":{"c":1}}}', (False, False)),
        ({"a": {"b": {"c": "whole*"}}}, '{"a":{"b":{"c":"x"}}}', (True, False)),
        ({"a": {"b": {"c": "whole*"}}}, '{"a":{"b":{}}}', (False, True)),
        ({"x": "whole", "y": "whole"}, '{"x":1,"y":"n"}', (True, False)),
    ],
)
def test_leaves_and_containers_within_one_another(shape: Any, value: str, expected: tuple[bool, bool]) -> None:
    """A star is no part of the type; `json` and text are kept as they are; lists may lie in lists and objects in objects."""
    found = (holds(f"coalesce({sql('v', shape)}, false)", value) for sql in (unreadable_sql, missing_sql))
    assert tuple(found) == expected


def test_lists_in_lists_and_of_objects() -> None:
    """A list may stand outermost, hold lists, and their elements be objects: the one bad part is found."""
    shape = [[{"n": "whole"}]]
    with connect() as connection:
        sql = f"SELECT {unreadable_sql('v', shape)} FROM (SELECT CAST(? AS JSON) AS v)"  # noqa: S608
        found = [
            connection.execute(sql, [text]).fetchall()[0][0]
            for text in ('[[{"n":1}],[]]', '[[{"n":1}],[{"n":"x"}]]', '[{"n":1}]')
        ]
    assert found == [False, True, True]
