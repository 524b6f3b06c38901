"""The shared SQL functions, each by a value that can be checked by hand."""

from typing import Any

import pytest

from mpm_pipeline.warehouse.engine import connect


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("half_even(2.5)", 2), ("half_even(3.5)", 4), ("half_even(-2.5)", -2), ("half_even(2.51)", 3),
        ("to_minor('12.345', 2)", 1234), ("to_minor('12.355', 2)", 1236), ("to_minor('1500', 0)", 1500), ("to_minor(NULL, 2)", None),
        ("to_minor('899999999999999', 4)", 8_999_999_999_999_990_000),
        ("to_reporting(1001, '11', '10')", 1101), ("to_reporting(5, '1', '2')", 2), ("to_reporting(7, '1', '2')", 4), ("to_reporting(-5, '1', '2')", -2),
        ("plain('Open - Not  Contacted!')", "opennotcontacted"), ("email_of(' A@B.c ')", "a@b.c"), ("email_of('  ')", None),
        ("filled('  x ')", "x"), ("filled(' ')", None), ("first_of_list('Data; CRM')", "Data"), ("first_of_list(NULL)", None),
        ("is_placeholder('Please  Select')", True), ("is_placeholder(NULL)", True), ("is_placeholder('Web')", False),
        ("segment_of(NULL, 199)", "smb"), ("segment_of('Mid Market', 9)", "mid"), ("segment_of('Giant', NULL)", "unknown"),
        ("CAST(local_date(TIMESTAMPTZ '2026-05-01 22:30:00+00', 'Europe/Berlin') AS VARCHAR)", "2026-05-02"),
        ("epoch(day_start(DATE '2026-05-02', 'Asia/Tokyo')) - epoch(TIMESTAMPTZ '2026-05-01 15:00:00+00')", 0),
    ],
)  # fmt: skip
def test_macros(expression: str, value: Any) -> None:
    """Half-even everywhere, blanks are null, days are those of the zone."""
    with connect() as connection:
        assert connection.execute(f"SELECT {expression}").fetchall() == [(value,)]
