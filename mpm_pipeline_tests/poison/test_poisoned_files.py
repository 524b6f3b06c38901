"""Bad lines mixed among good ones in a file: every good one is staged, every bad one quarantined under its code."""

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mpm_pipeline.contracts.registry import records
from mpm_pipeline.settings import Settings
from mpm_pipeline.sources.fetch import fetch
from mpm_pipeline.sources.files import connector as files
from mpm_pipeline.warehouse.accept import accept
from mpm_pipeline.warehouse.engine import connect
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline_tests.poison.stream_of_pages import AS_OF, DAYS

HEADER = ("line_id", "booked_on", "function", "kind", "amount", "currency", "region", "note")
Cells = list[str]


def good(number: int) -> Cells:
    """One ledger line."""
    return [f"L{number}", "2026-05-02", "marketing", "program", f"{number % 900}.50", "EUR", "EMEA", "paid"]


def cell(place: int, text: str) -> Callable[[Cells], bytes]:
    """Replace one cell."""
    return lambda cells: ",".join([*cells[:place], text, *cells[place + 1 :]]).encode()


BAD: dict[str, tuple[str, Callable[[Cells], bytes]]] = {
    "a cell too few": ("bad_json", lambda cells: ",".join(cells[:-1]).encode()),
    "a cell too many": ("bad_json", lambda cells: ",".join([*cells, "x"]).encode()),
    "a stray quote": ("bad_json", cell(7, '"a"b"')),
    "cp1252": ("bad_json", lambda cells: ",".join([*cells[:-1], "bezahlt in Zürich"]).encode("cp1252")),
    "no key": ("missing_key", cell(0, "")),
    "a blank key": ("missing_key", cell(0, "  ")),
    "no amount": ("missing_field", cell(4, "")),
    "a locale number": ("bad_type", cell(4, '"1.234,50 EUR"')),
    "a number with thousands": ("bad_type", cell(4, '"1,234.50"')),
    "underscores": ("bad_type", cell(4, "1_000")),
    "NaN": ("bad_type", cell(4, "NaN")),
    "Infinity": ("bad_type", cell(4, "-Infinity")),
    "2^70": ("bad_type", cell(4, str(2**70))),
    "a German day": ("bad_type", cell(1, "02.05.2026")),
    "a day that is none": ("bad_type", cell(1, "2026-02-30")),
    "unknown currency": ("bad_currency", cell(5, "EUX")),
    "a grown list": ("bad_value", cell(2, "robots")),
    "beyond the largest": ("bad_value", cell(4, "200000000000000")),
    "NUL": ("bad_value", cell(7, "a\x00b")),
    "a long text": ("bad_value", cell(6, "x" * 1_100_000)),
}
ODD: tuple[Callable[[Cells], bytes], ...] = (
    lambda cells: ",".join(f'"{one}"' for one in cells).encode(),
    cell(7, '"two\nlines, and a ""quote"""'),
    cell(7, "\U0001f600 NaN \u202e {["),
    cell(6, ""),
    cell(2, "MARKETING"),
    cell(7, "x" * 200_000),
)


def written(wanted: int, seed: int) -> tuple[bytes, list[str | None], list[str]]:
    """Make a file with so many bad lines; return it with the reason of each line and the name of what is wrong with it."""
    dice = random.Random(seed)  # noqa: S311
    lines, reasons, names = [",".join(HEADER).encode()], [], []  # type: ignore[var-annotated]
    due = [name for name in BAD if name != "a long text"] * (1 + wanted // len(BAD))
    due = ["a long text", *due][:wanted]
    dice.shuffle(due)
    while due:
        cells = good(len(names))
        name = due.pop() if dice.random() < 0.4 else "good"
        code, make = BAD.get(name, (None, lambda kept: ",".join(kept).encode()))
        lines.append(dice.choice(ODD)(cells) if name == "good" and dice.random() < 0.02 else make(cells))
        reasons.append(code)
        names.append(name)
    return b"\n".join(lines) + b"\n", reasons, names


def judged(root: Path, body: bytes) -> tuple[list[str | None], set[str]]:
    """Land a file as the connector of its folder does; return the reason of each line and the keys that are served."""
    file = root / "files" / "finance" / "actuals.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(body)
    home = Home.open(root / "home")
    raw = RawLog(home, Ledger(home), DAYS.first)
    settings = Settings.model_validate({"files": {"url": str(root / "files")}})
    (finance,) = (one for one in files.connect(settings) if one.source == "finance")
    assert fetch(finance, raw, raw.ledger, DAYS, "run").state == "done"
    with connect() as connection:
        accept(connection, raw, records()["finance", "actuals"], AS_OF)
        reasons = [row[0] for row in connection.execute("SELECT reason FROM read ORDER BY row_no").fetchall()]
        served = {row[0] for row in connection.execute("SELECT _key FROM finance.actuals").fetchall()}
    return reasons, served


def check(root: Path, wanted: int, seed: int) -> None:
    """Hold what became of each line against what must."""
    body, expected, names = written(wanted, seed)
    reasons, served = judged(root, body)
    assert len(reasons) == len(expected)
    wrong = {one for one in zip(names, expected, reasons, strict=True) if one[1] != one[2]}
    assert wrong == set()
    assert served == {good(place)[0] for place, reason in enumerate(expected) if reason is None}


def test_each_line_goes_where_it_must(tmp_path: Path) -> None:
    """A few hundred bad lines, each kind several times; what only looks bad is served."""
    check(tmp_path, 300, seed=20)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(5))
def test_ten_thousand_lines(tmp_path: Path, seed: int) -> None:
    """The same for files of ten thousand lines and more."""
    check(tmp_path, 4_000, seed)


@pytest.mark.parametrize("header", [("Amount", "amount"), ("caf\u00e9", "cafe\u0301"), ("note", "note")])
def test_columns_that_are_one(tmp_path: Path, header: Sequence[str]) -> None:
    """Two columns under one name, but for case or composition, make every row ambiguous."""
    names = [*HEADER[:4], *dict.fromkeys((header[0], header[1], "amount", *HEADER[5:]))]
    names += [header[1]] if header[0] == header[1] else []
    lines = [",".join(names), *(",".join((good(n) + ["1", "2", "3"])[: len(names)]) for n in range(3))]
    reasons, served = judged(tmp_path, "\n".join(lines).encode())
    assert (reasons, served) == (["duplicate_key"] * 3, set())


def test_rows_are_kept_as_they_came(tmp_path: Path) -> None:
    """A bad line stands in the raw log cell by cell."""
    judged(tmp_path, ",".join(HEADER).encode() + b"\n" + cell(4, '"1.234,50 EUR"')(good(1)))
    home = Home.open(tmp_path / "home")
    (file,) = (home.raw / "finance" / "actuals").glob("*.parquet")
    with connect() as connection:
        ((payload,),) = connection.execute(f"SELECT payload FROM '{file}'").fetchall()  # noqa: S608
    assert json.loads(payload)["amount"] == "1.234,50 EUR"
