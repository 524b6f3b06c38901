"""What stands on the wire and what it becomes; what cannot be read is null, never something else."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from mpm_pipeline.warehouse.engine import connect, literal
from mpm_pipeline.warehouse.wire import instant_sql, value_sql

NINE = datetime(2026, 6, 1, 9, tzinfo=UTC)


def read(text: str, wire: str) -> Any:
    """Type one text."""
    with connect() as connection:
        value = connection.execute(f"SELECT {value_sql('v', wire)} FROM (SELECT {literal(text)} AS v)").fetchall()[0][0]  # noqa: S608
    return value.astimezone(UTC) if isinstance(value, datetime) else value


@pytest.mark.parametrize(
    ("wire", "text", "value"),
    [
        ("whole", "7", 7), ("whole", "7.0", 7), ("whole", "-3", -3), ("whole", "7.5", None), ("whole", "x", None),
        ("whole", "1180591620717411303424", None), ("whole", "true", None), ("whole", "", None),
        ("decimal", "48000.0", "48000.0"), ("decimal", "1e3", "1e3"), ("decimal", "1.234,50 EUR", None), ("decimal", "NaN", None),
        ("decimal", "Infinity", None), ("decimal", "1e400", None), ("decimal", "1180591620717411303424", None),
        ("real", "1.5", 1.5), ("real", "1e400", None), ("real", "nan", None),
        ("flag", "true", True), ("flag", "False", False), ("flag", "1", True), ("flag", "0", False), ("flag", "yes", None), ("flag", "t", None),
        ("day", "2026-06-01", date(2026, 6, 1)), ("day", "2026-02-30", None), ("day", "2026-6-1", None), ("day", "2026-06-01T00:00:00Z", None),
        ("instant", "2026-06-01T09:00:00Z", NINE), ("instant", "2026-06-01T09:00:00.000+0000", NINE), ("instant", "2026-06-01T11:00:00+02:00", NINE),
        ("instant", "2026-06-01T09:00:00Z+0000", NINE), ("instant", "2026-06-01T04:00:00-0500", NINE), ("instant", "9 o'clock", None), ("instant", "1780304400", None),
        ("unix", "1780304400", NINE), ("unix", "x", None), ("unix_ms", "1780304400000", NINE),
        ("currency", "eur", "EUR"), ("currency", " JPY ", "JPY"), ("currency", "XYZ", None), ("currency", "US", None),
        ("text", " as it is ", " as it is "),
    ],
)  # fmt: skip
def test_values(wire: str, text: str, value: Any) -> None:
    """Each wire type reads its own spellings and nothing else."""
    assert read(text, wire) == value


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("0001-01-03T00:00:00+1559", False), ("0001-01-03T00:00:00Z", True), ("9999-12-30T00:00:00Z", True), ("9999-12-30T00:00:01Z", False),
        ("9999-12-29T23:00:00-0200", False), ("2026-02-30T09:00:00Z", False), ("0044-03-15T09:00:00 (BC)", False), ("infinity", False),
        ("2026- 1-01T00:00:00Z", False), ("2026-+1-01T00:00:00+0000", False), ("2026-01-01T", False), ("2026-01-01 09:00:00", True),
        ("0001-01-05T00:00:00+99:00", False), ("9999-12-27T23:59:59-99:00", False),
    ],
)  # fmt: skip
def test_an_instant_lies_in_years_that_every_calendar_holds(text: str, is_one: bool) -> None:
    """However it is spelt; junk in the place of a digit makes it none."""
    assert (read(text, "instant") is not None) is is_one


def test_a_day_as_a_stamp_is_its_first_instant() -> None:
    """A stream whose clock counts days places them at midnight UTC."""
    with connect() as connection:
        (row,) = connection.execute(f"SELECT {instant_sql('v', 'day')} FROM (SELECT '2026-06-01' AS v)").fetchall()  # noqa: S608
    assert row[0].astimezone(UTC) == datetime(2026, 6, 1, tzinfo=UTC)
