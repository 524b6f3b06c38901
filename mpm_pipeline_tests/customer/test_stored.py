"""Tables that are too large to be held lie in files: they say the same, survive what replaces them, and go with who needed them."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from mpm_pipeline.customer import resolve
from mpm_pipeline.customer.resolution import side_by_side, stored, tables
from mpm_pipeline.customer.resolution.stored import Shelf, Stored
from mpm_pipeline.customer.resolution.tables import SCHEMAS, Resolution
from mpm_pipeline.errors import ConfigError
from mpm_pipeline.warehouse import engine

LARGE = ("id_registry", "golden_field_provenance", "evidence")


def people(*numbers: int, mail: str = "acme") -> pa.Table:
    return pa.Table.from_pylist(
        [{"source": "s", "record_id": f"r{n}", "full_name": f"Ann Lee{n // 2}", "email": f"m{n // 2}@{mail}.com", "title": "CEO" if n % 2 else None} for n in numbers]
    )  # fmt: skip


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a table of three rows be a large one, and worth a second thread."""
    for module in (stored, tables):
        monkeypatch.setattr(module, "HELD", 2)
    monkeypatch.setattr(side_by_side, "MANY", 2)


def test_what_lies_in_files_says_what_is_held(monkeypatch: pytest.MonkeyPatch, low: None) -> None:
    """The same records resolved with large and with held tables give equal tables, in the same types."""
    large = resolve(people(*range(9)))
    monkeypatch.setattr(stored, "HELD", 10_000)
    held = resolve(people(*range(9)))
    assert all(isinstance(large.kept(name), Stored) for name in LARGE)
    for name in SCHEMAS:
        assert getattr(large, name).equals(getattr(held, name)), name


def test_a_folder_goes_on_from_itself(tmp_path: Path, low: None) -> None:
    """News resolved from a folder of large tables may be written to that folder: what was read from it is still there."""
    resolve(people(*range(9))).write(tmp_path / "out")
    before = Resolution.open(tmp_path / "out")
    assert isinstance(before.kept("evidence"), Stored)
    after = resolve(people(0, mail="globex"), previous=before)
    after.write(tmp_path / "out")
    assert before.golden_person.num_rows == 5
    before.write(tmp_path / "backup")
    backup = Resolution.open(tmp_path / "backup")
    assert all(getattr(backup, name).equals(getattr(before, name)) for name in SCHEMAS)
    again = Resolution.open(tmp_path / "out")
    assert again.record["email"].to_pylist().count("m0@globex.com") == 1
    for name in SCHEMAS:
        assert getattr(again, name).equals(getattr(after, name)), name


def test_a_damaged_page_is_told_when_it_is_read(tmp_path: Path, low: None) -> None:
    """A large table whose pages were overwritten opens, and is refused in words when somebody asks for it."""
    resolve(people(*range(9))).write(tmp_path)
    file = tmp_path / "evidence.parquet"
    told = file.read_bytes()
    file.write_bytes(told[:4] + b"\xff" * 400 + told[404:])
    found = Resolution.open(tmp_path)
    with pytest.raises(ConfigError, match="damaged"):
        _ = found.evidence


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A resolution of two records, written without resolving any."""
    row = {"source": "s", "object": "", "record_id": "r1", "email": "a@acme.com"}
    rows = pa.Table.from_pylist([row, row | {"record_id": "r2"}], SCHEMAS["record"])
    Resolution(**{name: schema.empty_table() for name, schema in SCHEMAS.items()} | {"record": rows}).write(
        tmp_path / "out"
    )
    return tmp_path / "out"


@pytest.mark.parametrize("held", [1, 10])
def test_another_letter_in_a_page_is_damage(folder: Path, monkeypatch: pytest.MonkeyPatch, held: int) -> None:
    """A page that can still be read but says something else is refused, be its table a large one or a held one."""
    monkeypatch.setattr(tables, "HELD", held)
    file = folder / "record.parquet"
    told = file.read_bytes()
    assert b"acme" in told
    file.write_bytes(told.replace(b"acme", b"acne"))
    with pytest.raises(ConfigError, match="damaged"):
        _ = Resolution.open(folder).record


def test_a_damaged_table_is_not_handed_on(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run to which nothing is new hands its tables on as they are: large ones, which nobody reads for that, are looked at all the same."""
    monkeypatch.setattr(tables, "HELD", 1)
    Resolution.open(folder).write(tmp_path / "sound")
    assert (tmp_path / "sound" / "record.parquet").samefile(folder / "record.parquet")
    file = folder / "record.parquet"
    file.write_bytes(file.read_bytes().replace(b"acme", b"acne"))
    with pytest.raises(ConfigError, match="damaged"):
        Resolution.open(folder).write(tmp_path / "third")
    assert not (tmp_path / "third").exists()


def test_files_go_with_who_needed_them() -> None:
    """A shelf's folder is gone when its tables are."""
    shelf = Shelf()
    schema = pa.schema({"one": pa.int64()})
    table = shelf.put("one", schema, [pa.table({"one": range(stored.HELD + 1)})])
    assert isinstance(table, Stored)
    folder = table.path.parent
    del shelf
    assert folder.is_dir() and table.num_rows == stored.HELD + 1
    del table
    assert not folder.exists()


def test_a_connection_that_is_not_kept_gives_all_back() -> None:
    """It is closed when its user is done, and nobody gets it again."""
    with engine.connect(keep=False) as connection:
        connection.execute("CREATE TABLE thing AS SELECT 1 AS one")
    with pytest.raises(duckdb.Error):
        connection.execute("SELECT 1")
    with engine.connect() as other:
        assert other.execute("SELECT 1").fetchall() == [(1,)]
