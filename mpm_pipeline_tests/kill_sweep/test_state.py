"""Two homes in the same state are told to be the same, and no others: what a kill leaves is compared with its image by this."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from mpm_pipeline.warehouse.bi import write_bi_file
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline_tests.kill_sweep.state import digest

ROWS = pa.table({"id": range(3_000), "name": [f"n{number % 7}" for number in range(3_000)]})


def with_bi(root: Path, rows: pa.Table, name: str = "lead") -> Path:
    """A home with a BI file of one table."""
    home = Home.open(root)
    write_bi_file(home, {name: rows})
    return root


def same(one: Path, other: Path) -> bool:
    return digest(one, any_order=True) == digest(other, any_order=True)


def test_a_bi_file_counts_by_its_rows(tmp_path: Path) -> None:
    """Whatever blocks the engine chose: the same rows in another order are the same, another row, table or column is not."""
    home = with_bi(tmp_path / "one", ROWS)
    backwards = ROWS.take(pa.array(range(2_999, -1, -1)))
    assert same(home, with_bi(tmp_path / "two", backwards))
    assert (tmp_path / "one/mpm_bi.duckdb").read_bytes() != (tmp_path / "two/mpm_bi.duckdb").read_bytes()
    for number, (rows, name) in enumerate(
        ((ROWS.slice(1), "lead"), (ROWS, "leads"), (ROWS.set_column(0, "id", ROWS["id"].cast("int32")), "lead"))
    ):
        assert not same(home, with_bi(tmp_path / f"other-{number}", rows, name))


@pytest.mark.parametrize("name", ["mpm_bi.tmp", "mpm_bi.tmp.wal"])
def test_a_bi_file_that_is_being_made_counts_by_being_there(tmp_path: Path, name: str) -> None:
    """Nobody opens it again: the next run begins it anew, its log included."""
    one, two, none = (with_bi(tmp_path / which, ROWS) for which in ("one", "two", "none"))
    (one / name).write_bytes(b"half")
    (two / name).write_bytes(b"other half")
    assert same(one, two) and not same(one, none)


def test_a_run_that_was_killed_over_its_bi_file_leaves_nothing_to_the_next(tmp_path: Path) -> None:
    """The half of a file and the log that belongs to it: the next run's file holds the next run's rows alone."""
    home = Home.open(tmp_path / "home")
    left = tmp_path / "left.tmp"
    connection = duckdb.connect(str(left))
    connection.execute("PRAGMA disable_checkpoint_on_shutdown")
    connection.execute("CREATE TABLE lead AS SELECT 1 AS old")
    for end in ("", ".wal"):
        (home.root / f"mpm_bi.tmp{end}").write_bytes(Path(f"{left}{end}").read_bytes())
    connection.close()
    write_bi_file(home, {"lead": ROWS})
    with duckdb.connect(str(home.bi_file), read_only=True) as found:
        assert found.sql("SELECT count(*), max(id) FROM lead").fetchall() == [(3_000, 2_999)]
    assert not (home.root / "mpm_bi.tmp.wal").exists()
