"""CSV, Parquet and Excel become the same rows: texts by column, empty cells null, what does not fit kept apart."""

import io
import json
import sys
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mpm_pipeline.errors import ConfigError
from mpm_pipeline.sources.files.tabular import Unreadable, read


def rows(kind: str, body: bytes) -> list[object]:
    return [json.loads(row) for row in read(kind, body).rows]


def parquet(**columns: object) -> bytes:
    body = io.BytesIO()
    pq.write_table(pa.table(columns), body)
    return body.getvalue()


def excel(*lines: tuple[object, ...]) -> bytes:
    book, body = openpyxl.Workbook(), io.BytesIO()
    for line in lines:
        book.active.append(line)
    book.save(body)
    return body.getvalue()


def test_csv_cells_are_texts() -> None:
    """Cells keep their text, quotes and line breaks within them, and an empty cell is null; a byte order mark is no column."""
    body = '\ufeffid, name ,amount\r\n1,"Müller, ""Bo""\nKG",007.50\r\n2,,\r\n\r\n'.encode()
    assert read("csv", body).header == ("id", "name", "amount")
    assert rows("csv", body) == [
        {"id": "1", "name": 'Müller, "Bo"\nKG', "amount": "007.50"},
        {"id": "2", "name": None, "amount": None},
    ]


def test_csv_rows_that_do_not_fit() -> None:
    """A row with a cell too few or too many is a list of its cells, so that it is refused and not guessed."""
    assert rows("csv", b"id,name\n1\n2,b,c\n3,d\n") == [["1"], ["2", "b", "c"], {"id": "3", "name": "d"}]


def test_csv_row_in_another_encoding() -> None:
    """A row that is not UTF-8 keeps its bytes, the others are read."""
    found = read("csv", b"id,name\n1,M\xfcller\n2,Ok\n").rows
    assert found[0] == b'{"id":"1","name":"M\xfcller"}'
    assert json.loads(found[1]) == {"id": "2", "name": "Ok"}


def test_csv_row_with_a_stray_quote() -> None:
    """A quote that is not doubled spoils its own row, which stays as one text; the rows around it are read."""
    assert rows("csv", b'id,name\n1,Ok\n2,"A"c"me"\n3,"two\nlines"\n') == [
        {"id": "1", "name": "Ok"}, ['2,"A"c"me"'], {"id": "3", "name": "two\nlines"},
    ]  # fmt: skip


def test_csv_with_a_very_long_cell() -> None:
    """A cell of some megabytes is a cell, not the end of the file."""
    assert [row["id"] for row in rows("csv", b"id,name\n1," + b"x" * 3_000_000 + b"\n2,b\n")] == ["1", "2"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_csv_in_a_wide_encoding(encoding: str) -> None:
    """A file in UTF-16 or UTF-32 is named as such, with or without a byte order mark, and none of it is landed."""
    with pytest.raises(Unreadable, match="UTF-16"):
        read("csv", "id,name\n1,Ok\n".encode(encoding))


def test_csv_column_that_occurs_twice() -> None:
    """Two columns of one name both stay, so that the row is refused as ambiguous."""
    assert read("csv", b"id,a,a\n1,2,3\n").rows == [b'{"id":"1","a":"2","a":"3"}']


def test_csv_that_was_cut_in_a_quote() -> None:
    """A quote that never ends is no CSV: the file was cut."""
    with pytest.raises(Unreadable, match="CSV"):
        read("csv", b'id,name\n1,"Acme\n2,b\n')


def test_empty_file_has_no_columns() -> None:
    """A file without a byte has neither header nor rows."""
    assert read("csv", b"") == read("csv", b"\n")
    assert (read("csv", b"").header, read("csv", b"").rows) == ((), [])


def test_parquet_cells_are_texts() -> None:
    """Typed columns are written as the CSV would hold them."""
    body = parquet(
        id=["1"], amount=[Decimal("1234.50")], rate=[float("nan")], fte=[0.5], is_on=[True], on=[date(2026, 3, 1)],
        at=[datetime(2026, 3, 1, 8, tzinfo=UTC)], regions=[["EMEA", "APAC"]], n=[7], empty=pa.array([None], pa.string()),
    )  # fmt: skip
    (row,) = rows("parquet", body)
    assert isinstance(row, dict)
    assert row.pop("at").startswith("2026-03-01 08:00:00")
    assert row == {
        "id": "1", "amount": "1234.50", "rate": None, "fte": "0.5", "is_on": "true", "on": "2026-03-01", "regions": "EMEA;APAC", "n": "7",
        "empty": None,
    }  # fmt: skip


def test_excel_cells_are_texts() -> None:
    """Numbers lose Excel's point nought, days their midnight, and instants are UTC."""
    line = (
        "a1",
        1234.5,
        7,
        7.0,
        True,
        datetime.fromisoformat("2026-03-01"),
        datetime.fromisoformat("2026-03-01T08:30"),
        None,
    )
    names = ("id", "amount", "n", "m", "is_on", "on", "at", "empty")
    assert rows("xlsx", excel(names, line, (None,) * 8)) == [
        {
            "id": "a1",
            "amount": "1234.5",
            "n": "7",
            "m": "7",
            "is_on": "true",
            "on": "2026-03-01",
            "at": "2026-03-01T08:30:00Z",
            "empty": None,
        }  # fmt: skip
    ]


def test_excel_without_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without openpyxl the error says what to install or do."""
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(ConfigError, match="openpyxl"):
        read("xlsx", b"")


@pytest.mark.parametrize("kind", ["parquet", "xlsx"])
def test_files_that_are_not_what_they_say(kind: str) -> None:
    """A file whose content is not of its ending is told as that."""
    with pytest.raises(Unreadable):
        read(kind, b"id,name\n1,a\n")
