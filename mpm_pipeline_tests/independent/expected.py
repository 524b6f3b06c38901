"""Reading the figures of a worked example that somebody worked out by hand, and laying computed rows beside them."""

import csv
from fractions import Fraction
from pathlib import Path
from typing import Any

from mpm_pipeline_tests.independent.rows import KEY

EXAMPLES = Path(__file__).parents[1] / "worked_examples"
NUMBERS = ("numerator", "denominator", "value", "value_minor")


def table(example: str, name: str = "expected.csv") -> list[dict[str, str]]:
    """The lines of a table of expectations; lines that begin with # are the arithmetic."""
    lines = (EXAMPLES / example / name).read_text("utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if line and not line.startswith("#")))


def differences(expected: list[dict[str, str]], rows: list[Any]) -> list[str]:
    """Say in words where computed rows differ from the expected ones; rows are objects or dicts keyed like fct_kpi."""
    by_key = {tuple(str(_get(row, name)) for name in KEY): row for row in rows}
    found = []
    for line in expected:
        key = tuple(line[name] for name in KEY)
        if key not in by_key:
            found.append(f"{key}: missing")
            continue
        want = {name: _number(line[name]) for name in NUMBERS} | {"null_reason": line["null_reason"] or None}
        have = {name: _get(by_key[key], name) for name in want}
        found += [f"{key}: {n} should be {want[n]}, is {have[n]}" for n in want if not _same(want[n], have[n])]
    return found


def _get(row: Any, name: str) -> Any:
    return row[name] if isinstance(row, dict) else getattr(row, name)


def _number(text: str) -> Fraction | None:
    return Fraction(text) if text else None


def _same(want: Any, have: Any) -> bool:
    if want is None or have is None or isinstance(want, str):
        return bool(want == have)
    return (
        abs(want - Fraction(have)) <= Fraction(1, 10**9) * max(1, abs(want))
        if isinstance(have, float)
        else bool(want == have)
    )
