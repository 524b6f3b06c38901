"""Turns a CSV, Parquet or Excel file into a header and one JSON object a row, every cell a text and an empty cell null.

What a column means is not known here. A row that does not fit its header becomes a list of its cells: it is no record and ends
in quarantine in its place, as does a row that is not UTF-8. A file that cannot be read as what it says it is raises Unreadable.
"""

import codecs
import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mpm_pipeline.errors import ConfigError

KINDS = ("csv", "parquet", "xlsx")
Cell = str | None


class Unreadable(Exception):
    """The file is not what its name says; the text says why and holds none of it."""


class _Torn(list[Cell]):
    """A line that is no row, as its only cell."""


@dataclass(frozen=True)
class Table:
    """The columns of a file as it names them, and its rows as JSON texts."""

    header: tuple[str, ...]
    rows: list[bytes]


def read(kind: str, body: bytes) -> Table:
    """Read a file by its kind: csv, parquet or xlsx."""
    rows = {"csv": _csv, "parquet": _parquet, "xlsx": _xlsx}[kind](body)
    header = tuple((name or "").strip() for name in next(rows, ()))
    return Table(tuple(name for name in header if name), list(_objects(header, rows)))


def _objects(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    names = [json.dumps(name, ensure_ascii=False) for name in header]
    for cells in rows:
        if not any(cells):
            continue
        values = [json.dumps(cell or None, ensure_ascii=False) for cell in cells]
        if len(values) == len(names) and not isinstance(cells, _Torn):
            text = "{" + ",".join(f"{n}:{v}" for n, v in zip(names, values, strict=True) if n != '""') + "}"
        else:
            text = "[" + ",".join(values) + "]"
        yield text.encode("utf-8", "surrogateescape")


def _csv(body: bytes) -> Iterator[Sequence[Cell]]:
    """Read line after line; one with a stray quote is a bad row and reading goes on behind it. A file that ends in a quote was cut."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in body.partition(b"\n")[0]:
        raise Unreadable("it is not encoded as UTF-8 but looks like UTF-16")
    csv.field_size_limit(max(csv.field_size_limit(), len(body) + 1))
    text = body.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")
    lines, at = io.StringIO(text, newline="").readlines(), 0
    while at < len(lines):
        reader = csv.reader((lines[place] for place in range(at, len(lines))), strict=True)
        read = 0
        try:
            for cells in reader:
                read = reader.line_num
                yield cells
            return
        except csv.Error as error:
            at += read
            if at == 0 or "end of data" in str(error):
                raise Unreadable(f"it cannot be read as CSV ({error})") from None
        yield _Torn([lines[at].rstrip("\r\n")])
        at += 1


def _parquet(body: bytes) -> Iterator[Sequence[Cell]]:
    try:
        table = pq.ParquetFile(io.BytesIO(body)).read()
        columns = [_texts(column) for column in table.columns]
    except (pa.ArrowException, OSError) as error:
        raise Unreadable(f"it cannot be read as Parquet ({type(error).__name__})") from None
    yield table.column_names
    yield from zip(*columns, strict=True)


def _texts(column: pa.ChunkedArray) -> list[Cell]:
    if pa.types.is_list(column.type):
        return [None if cell is None else ";".join(map(str, cell)) for cell in column.to_pylist()]
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    return column.cast(pa.string()).to_pylist()


def _xlsx(body: bytes) -> Iterator[Sequence[Cell]]:
    try:
        import openpyxl
    except ImportError:
        raise ConfigError(
            "files.url holds an Excel file, but the library openpyxl is not installed; install it (pip install openpyxl) "
            "or save the file as CSV"
        ) from None
    try:
        sheet = openpyxl.load_workbook(io.BytesIO(body), read_only=True, data_only=True).worksheets[0]
        rows = [[_cell_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    except Exception as error:  # openpyxl raises whatever its parts raise
        raise Unreadable(f"it cannot be read as Excel ({type(error).__name__})") from None
    yield from rows


def _cell_text(value: Any) -> Cell:
    """Write an Excel cell as the CSV would hold it; Excel knows no zone, so instants are taken as UTC."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else f"{value.isoformat()}Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
