"""What makes a landed record unusable: SQL conditions, each with its reason and field, in the order in which they are given.

The conditions speak of the columns that `accept` prepares: `object` (the payload as JSON), `names` (its names in order), `w`
(the declared fields as text), `t` (the same typed), `key`, `stamp`, `problem` (what landing saw) and `payload`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.warehouse.engine import literal, quote
from mpm_pipeline.warehouse.nested import ambiguous, ambiguous_sql, missing_sql, unreadable_sql
from mpm_pipeline.warehouse.wire import value_sql

LARGEST_TEXT = 1_048_576
"""Bytes of the longest text that a field may hold; vendors end at 131,072 characters."""

LARGEST_RECORD = 16 * LARGEST_TEXT
"""Bytes of the largest record that is read at all; a larger one is `bad_value` as a whole."""

TOO_LARGE = "too_large"
UNREADABLE = "bad_json"
NOT_SENT = "missing_field "
"""What landing notes of a payload; `NOT_SENT` is followed by the name of a field that was asked for and did not come."""

_BLANK = "key IS NULL OR CASE WHEN key >= '!' AND key < '~' THEN false ELSE trim(key) = '' END"
"""A key of spaces alone; most keys are known by their first character to be none."""

NUL = r"regexp_matches(payload, '(^|[^\\])(\\\\)*\\u0000')"


def broken(
    stream: Stream, fields: Mapping[str, Any], usual: Sequence[Sequence[str]] = (), longest: int = LARGEST_RECORD
) -> list[tuple[str, str, str]]:
    """Return (reason, field, condition) of everything that refuses a row, in the order in which reasons are given.

    `usual` are lists of names of which it is known that no name stands twice, `longest` the bytes of the longest payload that is
    judged. A reason's field may be `NOT_SENT`: it is the one that `problem` names.
    """
    needed = [name for name, field in fields.items() if not field.nullable]
    nested = {name: field.metadata["nested"] for name, field in fields.items() if field.metadata.get("nested")}
    unread = {name: f"(w.{quote(name)} IS NOT NULL AND t.{quote(name)} IS NULL)" for name in fields}
    found = [("bad_value", "", f"problem = {literal(TOO_LARGE)}"), ("bad_json", "", "NOT is_sound")]
    if stream.kind == "snapshot":
        found += [("missing_column", name, f"NOT list_contains(names, {literal(name)})") for name in needed]
    found += [("duplicate_key", "", _twice(usual))]
    found += [("duplicate_key", name, ambiguous_sql(f"w.{quote(name)}", shape)) for name, shape in nested.items()]
    found += [("missing_key", "", _BLANK), *_unstamped(stream)]
    found += [("missing_field", name, f"{_present(name)} IS NULL") for name in needed]
    found += [("missing_field", NOT_SENT, f"starts_with(problem, {literal(NOT_SENT)})")]
    found += [("missing_field", name, missing_sql(f"w.{quote(name)}", shape)) for name, shape in nested.items()]
    found += [
        ("bad_type", name, _structured(name)) for name, field in fields.items() if wire(field) in ("text", "word")
    ]
    found += [("bad_type", n, unread[n]) for n, f in fields.items() if wire(f) not in ("text", "json", "currency")]
    found += [("bad_type", name, unreadable_sql(f"w.{quote(name)}", shape)) for name, shape in nested.items()]
    found += [("bad_currency", n, unread[n]) for n, f in fields.items() if wire(f) == "currency"]
    texts = [name for name, field in fields.items() if wire(field) != "json"] if longest > LARGEST_TEXT else []
    found += [("bad_value", name, f"strlen(w.{quote(name)}) > {LARGEST_TEXT}") for name in texts]
    found += [("bad_value", n, check) for n, f in fields.items() for check in _checks(n, f)]
    found += [(rule.reason, rule.field, rule.broken) for rule in stream.rules]
    return [*found, ("bad_value", "", f"CASE WHEN contains(payload, '\\u0000') THEN {NUL} ELSE false END")]


def wire(field: Any) -> str:
    """Return the wire type of a declared field."""
    return str(field.metadata["wire"])


def leaf(field: Any) -> str:
    """Return as what the engine takes a field out of the payload."""
    return "JSON" if wire(field) == "json" else "VARCHAR"


def typed_sql(name: str, field: Any) -> str:
    """Return the expression that types a declared field."""
    if wire(field) == "json":
        return f"nullif(CAST(w.{quote(name)} AS VARCHAR), 'null')"
    return value_sql(f"w.{quote(name)}", wire(field))


def _unstamped(stream: Stream) -> list[tuple[str, str, str]]:
    """A record that names its stamp and leaves it blank could never be asked for by it again."""
    if stream.stamp is None or stream.kind != "thing" or stream.is_stampless:
        return []
    value = f"json_extract_string(object, {_path(stream.stamp)})"
    blank = f"nullif(trim({value}), '') IS NULL"
    return [
        ("missing_field", stream.stamp, f"stamp IS NULL AND list_contains(names, {literal(stream.stamp)}) AND {blank}")
    ]


def _twice(usual: Sequence[Sequence[str]]) -> str:
    """Return the condition that a name stands twice; lists that are known are only recognized."""
    if not usual:
        return ambiguous("names")
    known = ", ".join(f"[{', '.join(map(literal, names))}]" for names in usual if names)
    return f"CASE WHEN names IN ({known}) THEN false ELSE {ambiguous('names')} END" if known else ambiguous("names")


def _path(name: str) -> str:
    return literal(f'$."{name}"')


def _structured(name: str) -> str:
    """Return the condition that an object or a list stands where a text should."""
    text, kind = f"w.{quote(name)}", f"json_type(object, {_path(name)}) IN ('OBJECT', 'ARRAY')"
    begins = f"{text} >= '[' AND ({text} < '\\' OR {text} >= '{{' AND {text} < '|')"
    return f"CASE WHEN {begins} THEN {kind} ELSE false END"


def _present(name: str) -> str:
    return f"nullif(CAST(w.{quote(name)} AS VARCHAR), '')"


def _checks(name: str, field: Any) -> list[str]:
    """Turn the contract's range and list checks into conditions under which a row is refused."""
    found = []
    for check in field.checks:
        statistics: Mapping[str, Any] = check.statistics or {}
        typed = f"t.{quote(name)}" if wire(field) != "decimal" else f"CAST(t.{quote(name)} AS DECIMAL(38, 10))"
        if check.name == "isin":
            allowed = ", ".join(literal(str(value)) for value in statistics["allowed_values"])
            found.append(f"({typed} NOT IN ({allowed}))")
        elif check.name == "greater_than_or_equal_to":
            found.append(f"({typed} < {statistics['min_value']})")
        elif check.name == "less_than_or_equal_to":
            found.append(f"({typed} > {statistics['max_value']})")
        else:
            raise NotImplementedError(f"{name}: the check {check.name} has no SQL form yet")
    return found
