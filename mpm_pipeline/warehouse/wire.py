"""How a value on the wire becomes a typed value: one SQL expression per wire type, null when it cannot be read.

All leaves arrive as text, because the engine's own typed JSON reading drops what it cannot convert without a word; here a
value that is there and comes out null is told apart and becomes `bad_type`. A decimal whose minor units would not fit into
64 bits is none.
"""

from typing import Final

from mpm_pipeline.vocabulary import CURRENCY_EXPONENTS

_NUMBER = "TRY_CAST({v} AS DECIMAL(38, 10))"
_ISO = r"regexp_replace(replace({v}, 'Z+0000', 'Z'), '([+-]\d{{2}})(\d{{2}})$', '\1:\2')"
_CODES = ", ".join(f"'{code}'" for code in sorted(CURRENCY_EXPONENTS))

EXPRESSIONS: Final[dict[str, str]] = {
    "text": "{v}",
    "word": "lower(trim({v}))",
    "json": "{v}",
    "whole": f"CASE WHEN {_NUMBER} = trunc({_NUMBER}) THEN TRY_CAST({_NUMBER} AS BIGINT) END",
    "real": "CASE WHEN isfinite(TRY_CAST({v} AS DOUBLE)) THEN TRY_CAST({v} AS DOUBLE) END",
    "decimal": f"CASE WHEN abs({_NUMBER}) < 900000000000000 THEN {{v}} END",
    "flag": "CASE lower({v}) WHEN 'true' THEN true WHEN '1' THEN true WHEN 'false' THEN false WHEN '0' THEN false END",
    "day": r"CASE WHEN regexp_full_match({v}, '\d{{4}}-\d{{2}}-\d{{2}}') THEN TRY_CAST({v} AS DATE) END",
    "instant": rf"CASE WHEN regexp_matches({{v}}, '^\d{{{{4}}}}-\d{{{{2}}}}-\d{{{{2}}}}') THEN TRY_CAST({_ISO} AS TIMESTAMPTZ) END",
    "unix": "to_timestamp(TRY_CAST(TRY_CAST({v} AS DECIMAL(38, 10)) AS BIGINT))",
    "unix_ms": "to_timestamp(TRY_CAST({v} AS DECIMAL(38, 10)) / 1000.0)",
    "currency": f"CASE WHEN upper(trim({{v}})) IN ({_CODES}) THEN upper(trim({{v}})) END",
}


def value_sql(column: str, wire: str) -> str:
    """Return the expression that types `column` (a text expression) by its wire type."""
    return EXPRESSIONS[wire].format(v=column)


def instant_sql(column: str, clock: str) -> str:
    """Return the expression that reads a stamp or instant in the spelling that a stream uses."""
    if clock == "day":
        return f"CAST({value_sql(column, 'day')} AS TIMESTAMPTZ)"
    return value_sql(column, clock)
