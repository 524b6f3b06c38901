"""How a value on the wire becomes a typed value: one SQL expression per wire type, null when it cannot be read.

All leaves arrive as text, because the engine's own typed JSON reading drops what it cannot convert without a word; here a
value that is there and comes out null is told apart and becomes `bad_type`. A decimal whose minor units would not fit into
64 bits is none. Neither is a number spelt with `_`, which the engine would read, nor an instant outside the years 1 to 9999.
"""

from typing import Final

from mpm_pipeline.vocabulary import CURRENCY_EXPONENTS

AHEAD: Final = "INTERVAL 1 DAY"
"""By how much a stamp may lie after its reading: a reading for an as-of takes its whole day, and clocks differ a little."""

_NUMBER = "TRY_CAST(replace({v}, '_', '?') AS DECIMAL(38, 10))"
_ISO = (
    "CASE WHEN ends_with({v}, '+0000') AND NOT contains({v}, 'Z') THEN {v} "
    r"ELSE regexp_replace(replace({v}, 'Z+0000', 'Z'), '([+-]\d{{2}})(\d{{2}})$', '\1:\2') END"
)
"""What the engine reads as an instant; the spelling of most records spares the engine its search for a pattern."""
_MOMENT = f"TRY_CAST({_ISO} AS TIMESTAMPTZ)"
_DATED = f"{_MOMENT} BETWEEN TIMESTAMPTZ '0001-01-03 00:00:00+00' AND TIMESTAMPTZ '9999-12-30 00:00:00+00'"
_PLAIN = "{v} LIKE '____-__-__T%' AND {v} BETWEEN '0002' AND '9999'"
"""How nearly all instants are spelt, far from the ends of time: read once, the others twice."""
_FIRST, _LAST = -62_135_424_000, 253_402_128_000
"""The same in seconds since 1970: years that every calendar behind us can hold, in any time zone."""

_LARGEST = 900_000_000_000_000
_REAL = "TRY_CAST(replace({v}, '_', '?') AS DOUBLE)"
_LINK = (
    "CASE WHEN starts_with({v}, '[') THEN NULL WHEN NOT starts_with({v}, '{{') THEN {v} "
    "WHEN json_valid({v}) AND json_type({v}, '$.id') = 'VARCHAR' THEN {v} END"
)
_CODES = ", ".join(f"'{code}'" for code in sorted(CURRENCY_EXPONENTS))

EXPRESSIONS: Final[dict[str, str]] = {
    "text": "{v}",
    "word": "lower(trim({v}))",
    "json": "{v}",
    "link": _LINK,
    "whole": f"CASE WHEN {_NUMBER} = trunc({_NUMBER}) AND abs({_NUMBER}) < {_LARGEST} THEN TRY_CAST({_NUMBER} AS BIGINT) END",
    "real": f"CASE WHEN abs({_REAL}) < 1e300 THEN {_REAL} END",
    "decimal": f"CASE WHEN abs({_NUMBER}) < {_LARGEST} THEN {{v}} END",
    "flag": "CASE lower({v}) WHEN 'true' THEN true WHEN '1' THEN true WHEN 'false' THEN false WHEN '0' THEN false END",
    "day": r"CASE WHEN regexp_full_match({v}, '\d{{4}}-\d{{2}}-\d{{2}}') AND {v} >= '0001' THEN TRY_CAST({v} AS DATE) END",
    "instant": rf"CASE WHEN {_PLAIN} THEN {_MOMENT} WHEN regexp_matches({{v}}, '^\d{{{{4}}}}-\d{{{{2}}}}-\d{{{{2}}}}') AND {_DATED} THEN {_MOMENT} END",
    "unix": f"CASE WHEN {_NUMBER} BETWEEN {_FIRST} AND {_LAST} THEN to_timestamp(CAST({_NUMBER} AS BIGINT)) END",
    "unix_ms": f"CASE WHEN {_NUMBER} / 1000 BETWEEN {_FIRST} AND {_LAST} THEN to_timestamp({_NUMBER} / 1000.0) END",
    "currency": f"CASE WHEN upper(trim({{v}})) IN ({_CODES}) THEN upper(trim({{v}})) END",
}

TYPES: Final[dict[str, str]] = dict.fromkeys(EXPRESSIONS, "VARCHAR") | {
    "whole": "BIGINT", "real": "DOUBLE", "flag": "BOOLEAN", "day": "DATE", "instant": "TIMESTAMPTZ", "unix": "TIMESTAMPTZ",
    "unix_ms": "TIMESTAMPTZ",
}  # fmt: skip
"""As what a value comes out of its expression."""


def value_sql(column: str, wire: str) -> str:
    """Return the expression that types `column` (a text expression) by its wire type."""
    return EXPRESSIONS[wire].format(v=column)


def instant_sql(column: str, clock: str) -> str:
    """Return the expression that reads a stamp or instant in the spelling that a stream uses."""
    if clock == "day":
        return f"CAST({value_sql(column, 'day')} AS TIMESTAMPTZ)"
    return value_sql(column, clock)
