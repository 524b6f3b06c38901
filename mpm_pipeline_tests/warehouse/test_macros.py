"""The shared SQL functions, each by a value that can be checked by hand."""

from typing import Any

import pyarrow as pa
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


SPACES = " \t\n\u00a0\u1680\u2003\u202f\u3000"


def test_a_text_is_filled_as_it_is_when_trimmed() -> None:
    """Spaces of all kinds before, behind and within, beyond ASCII too, and signs at the ends of ASCII."""
    parts = ["", "a", "b c", "\u00e9", "~", "!", "\x7f", "\x01", "\U0001f600", *SPACES]
    texts = [before + middle + behind for before in parts for middle in ("", "x", "x y") for behind in parts]
    with connect() as connection:
        connection.register("given", pa.table({"raw": [*texts, None]}))
        found = connection.execute("SELECT filled(raw), nullif(trim(raw), '') FROM given").fetchall()
    assert [one for one in found if one[0] != one[1]] == []
    assert len({one[0] for one in found}) > 100


def test_an_offset_without_a_colon_is_read_as_one_with_it() -> None:
    """Whatever stands before it."""
    starts = [
        "2026-05-01T00:00:00", "2026-05-01T24:00:00", "2026-05-01T10:00", "2026-05-01T10", "2026-05-01T10:00:00.1234567", "2026-05-01", "2026-02-30T00:00:00",
        "2026-05-01T00:00:00+05:30", "2026-05-01T00:00:00 ", "2026-05-01T00:00:00.", "9999-12-31T23:59:59", "0002-01-01T00:00:00", "x", "",
    ]  # fmt: skip
    with connect() as connection:
        connection.register("given", pa.table({"text": starts}))
        short, long = (f"TRY_CAST(text || '{offset}' AS TIMESTAMPTZ)::VARCHAR" for offset in ("+0000", "+00:00"))
        found = connection.execute(f"SELECT text, {short}, {long} FROM given").fetchall()  # noqa: S608
    assert [one for one in found if one[1] != one[2]] == []
    assert found[0][1] == "2026-05-01 00:00:00+00"
