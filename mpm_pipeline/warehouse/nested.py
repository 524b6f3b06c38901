"""Holds what is nested in a JSON field against its declared shape: SQL conditions that are true when something is wrong.

A list or object inside a record is read by staging long after the record was accepted; an amount in it that cannot be read
must refuse the record then and there, or it would be lost without a word. Shapes are declared in `contracts/record.py`.
"""

from collections.abc import Callable
from typing import Any

from mpm_pipeline.contracts.record import Expandable
from mpm_pipeline.warehouse.engine import literal, quote
from mpm_pipeline.warehouse.wire import value_sql

Leaf = Callable[[str, str], str]


def unreadable_sql(column: str, shape: Any) -> str:
    """Return the condition that a JSON text holds a part that is not of its shape or wire type; null and absent are fine."""
    return _value(column, shape, _unreadable_leaf, mistyped=True, depth=0)


def missing_sql(column: str, shape: Any) -> str:
    """Return the condition that a JSON text lacks a part marked with `*`."""
    return _value(column, shape, _missing_leaf, mistyped=False, depth=0)


def ambiguous_sql(column: str, shape: Any) -> str:
    """Return the condition that in an object of the shape one name stands twice."""
    return _value(column, shape, _no_leaf, mistyped=False, depth=0, names=True)


def ambiguous(names: str) -> str:
    """Return the condition that two names of a list are one: spelt alike but for case and the composition of accents."""
    return f"len(list_distinct(list_transform({names}, lambda name: lower(nfc_normalize(name))))) < len({names})"


def _no_leaf(leaf: str, wire: str) -> str:
    return "false"


def _unreadable_leaf(leaf: str, wire: str) -> str:
    if wire.rstrip("*") in ("text", "json"):
        return "false"
    return f"({leaf} IS NOT NULL AND {value_sql(leaf, wire.rstrip('*'))} IS NULL)"


def _missing_leaf(leaf: str, wire: str) -> str:
    return f"(nullif(CAST({leaf} AS VARCHAR), '') IS NULL)" if wire.endswith("*") else "false"


def _value(text: str, shape: Any, leaf: Leaf, *, mistyped: bool, depth: int, names: bool = False) -> str:
    """Return the condition for one value, given as an expression that is null where the value is null or absent."""
    if isinstance(shape, str):
        return leaf(text, shape)
    kinds = "'OBJECT'" if isinstance(shape, dict) else "'ARRAY'"
    kinds += ", 'VARCHAR'" if isinstance(shape, Expandable) else ""
    inside = (
        _object(text, shape, leaf, mistyped, depth, names)
        if isinstance(shape, dict)
        else _list(text, shape[0], leaf, mistyped, depth, names)
    )
    wrong = f"json_type({text}) NOT IN ({kinds})"
    return f"({text} IS NOT NULL AND ({wrong} OR {inside}))" if mistyped else f"({text} IS NOT NULL AND ({inside}))"


def _list(text: str, shape: Any, leaf: Leaf, mistyped: bool, depth: int, names: bool) -> str:
    name = f"e{depth}"
    broken = _value(name, shape, leaf, mistyped=mistyped, depth=depth + 1, names=names)
    hole = f"{name} IS NULL OR " if mistyped else ""
    return f"len(list_filter(json_transform({text}, '[\"JSON\"]'), lambda {name}: {hole}{broken})) > 0"


def _object(text: str, shape: dict[str, Any], leaf: Leaf, mistyped: bool, depth: int, names: bool) -> str:
    name = f"o{depth}"
    parts = ", ".join(f'"{key}":"{_kept_as(inner)}"' for key, inner in shape.items())
    broken = [
        _value(f"{name}.{quote(key)}", inner, leaf, mistyped=mistyped, depth=depth + 1, names=names)
        for key, inner in shape.items()
    ]
    twice = f" OR (json_type({text}) = 'OBJECT' AND {ambiguous(f'json_keys({text})')})" if names else ""
    return f"len(list_filter([json_transform({text}, {literal('{' + parts + '}')})], lambda {name}: {' OR '.join(broken)})) > 0{twice}"


def _kept_as(shape: Any) -> str:
    return "VARCHAR" if isinstance(shape, str) and shape.rstrip("*") != "json" else "JSON"
