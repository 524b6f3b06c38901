"""Files read from a folder and over real HTTP: snapshots whole, absent files left alone, broken ones named and quarantined."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mpm_pipeline.errors import ContractBroken, SourceUnavailable
from mpm_pipeline.settings import load
from mpm_pipeline.simulator.server import Simulator
from mpm_pipeline.sources.client import Limits
from mpm_pipeline.sources.connector import Connector, Days
from mpm_pipeline.sources.fetch import fetch
from mpm_pipeline.sources.files import connector as files
from mpm_pipeline.sources.late import late_partitions, probe_late
from mpm_pipeline_tests.simulator.small_worlds import version, write_world
from mpm_pipeline_tests.staged.staging import AS_OF, Bench

TODAY = Days(date(2026, 7, 1), date(2026, 7, 1), False, AS_OF)
QUICK = Limits(budget=1.0, connect_budget=0.2, wait_first=0.01, wait_most=0.05)
HEAD = "exception_id,rule,scope,business_case,owner,expires_on\n"
Put = Callable[[str, str], Path]


def connector(url: str, folder: str) -> Connector:
    found = files.connect(load(None, environment={}, overrides={"files": {"url": url}}), QUICK)
    return next(one for one in found if one.source == folder)


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Write a file below the folder of files."""

    def write(name: str, content: str) -> Path:
        file = tmp_path / "files" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        return file

    return write


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "home")


def test_absent_files_are_no_failure(tmp_path: Path, put: Put) -> None:
    """Of a folder with one of four files, one page comes, and of a folder that is not there none."""
    put("finance/goals.csv", "goal_id,name\n")
    url = str(tmp_path / "files")
    with pytest.raises(ContractBroken):
        list(connector(url, "finance").read(TODAY))
    assert list(connector(url, "hr").read(TODAY)) == []
    assert connector(url, "hr").probe() is None


def test_empty_file_of_the_right_columns_empties_the_snapshot(tmp_path: Path, put: Put, bench: Bench) -> None:
    """A file that holds its header alone says that all rows are gone."""
    put("standards/exceptions.csv", HEAD + "X1,r,s,b,o,2026-12-31\n")
    one = connector(str(tmp_path / "files"), "standards")
    assert fetch(one, bench.raw, bench.raw.ledger, TODAY, "1").state == "done"
    assert len(bench.stage("files", "standard_exception")) == 1
    put("standards/exceptions.csv", HEAD)
    assert fetch(one, bench.raw, bench.raw.ledger, TODAY, "2").state == "done"
    assert bench.stage("files", "standard_exception") == []


def test_missing_column_is_named_and_its_rows_are_in_quarantine(tmp_path: Path, put: Put, bench: Bench) -> None:
    """The folder's other files are used, the rows of the broken one are refused, and the run says which column."""
    put("finance/fx_rates.csv", "rate_id,date,base,quote,rate\n1,2026-03-01,EUR,USD,1.1\n")
    put("finance/actuals.csv", "line_id,booked_on,function,kind,amount\nL1,2026-03-01,sales,people,5\n")
    result = fetch(connector(f"file://{tmp_path}/files", "finance"), bench.raw, bench.raw.ledger, TODAY, "1")
    assert result.state == "failed" and "finance/actuals.csv lacks the required column currency" in (result.error or "")
    assert bench.refused("finance", "actuals")["L1"][0] == "missing_column"
    assert len(bench.stage("files", "fx_rate")) == 1 and bench.stage("files", "ledger_line") == []
    put("finance/actuals.csv", "line_id,booked_on,function,kind,amount,currency\nL1,2026-03-01,sales,people,5,USD\n")
    assert (
        fetch(connector(f"file://{tmp_path}/files", "finance"), bench.raw, bench.raw.ledger, TODAY, "2").error is None
    )
    assert [row["amount_minor"] for row in bench.stage("files", "ledger_line")] == [500]


@pytest.mark.parametrize("content", ["", 'exception_id,rule\n"X1,r'])
def test_half_written_file_leaves_the_last_snapshot(tmp_path: Path, put: Put, bench: Bench, content: str) -> None:
    """A file that is empty to the byte or cut within a quote is told and not landed: what was known stays."""
    put("standards/exceptions.csv", HEAD + "X1,r,s,b,o,2026-12-31\n")
    one = connector(str(tmp_path / "files"), "standards")
    fetch(one, bench.raw, bench.raw.ledger, TODAY, "1")
    put("standards/exceptions.csv", content)
    result = fetch(one, bench.raw, bench.raw.ledger, TODAY, "2")
    assert "standards/exceptions.csv" in (result.error or "")
    assert len(bench.stage("files", "standard_exception")) == 1


def test_rows_that_do_not_fit_are_refused(tmp_path: Path, put: Put, bench: Bench) -> None:
    """A short row, a row in another encoding and a doubled column end in quarantine under their reasons."""
    file = put("standards/exceptions.csv", "")
    file.write_bytes(HEAD.encode() + b"X1,r,s,b,o,2026-12-31\nX2,r,s\nX3,r,s,b,M\xfcller,2026-12-31\n")
    fetch(connector(str(tmp_path / "files"), "standards"), bench.raw, bench.raw.ledger, TODAY, "1")
    assert len(bench.stage("files", "standard_exception")) == 1
    assert {code for code, _ in bench.refused("standards", "exceptions").values()} == {"bad_json"}
    put("standards/exceptions.csv", HEAD.replace("\n", ",owner\n") + "X1,r,s,b,o,2026-12-31,p\n")
    fetch(connector(str(tmp_path / "files"), "standards"), bench.raw, bench.raw.ledger, TODAY, "2")
    assert bench.refused("standards", "exceptions")["X1"][0] == "duplicate_key"


def test_parquet_and_unknown_columns(tmp_path: Path, bench: Bench) -> None:
    """A Parquet file serves as well as a CSV; a column that nobody knows is kept in raw and harms nothing."""
    (tmp_path / "files/finance").mkdir(parents=True)
    table = pa.table(
        {"rate_id": ["1"], "date": [date(2026, 3, 1)], "base": ["EUR"], "quote": ["USD"], "rate": [1.25], "note": ["x"]}
    )
    pq.write_table(table, tmp_path / "files/finance/fx_rates.parquet")
    assert fetch(connector(str(tmp_path / "files"), "finance"), bench.raw, bench.raw.ledger, TODAY, "1").error is None
    (rate,) = bench.stage("files", "fx_rate")
    assert (rate["rate_date"], rate["rate"]) == (date(2026, 3, 1), "1.25")


def test_folder_that_does_not_exist(tmp_path: Path, bench: Bench) -> None:
    """A folder that is not there is named; nothing is taken for deleted."""
    one = connector(str(tmp_path / "nowhere"), "hr")
    with pytest.raises(SourceUnavailable, match="nowhere"):
        one.probe()
    assert fetch(one, bench.raw, bench.raw.ledger, TODAY, "1").state == "failed"


def test_over_http(tmp_path: Path, bench: Bench) -> None:
    """The simulator's files come over HTTP with its clock; a row that changed later is seen as late until read again."""
    rate = {"rate_id": "1", "date": "2026-03-01", "base": "EUR", "quote": "USD", "rate": "1.1"}
    lines = [version(rate, at="2026-03-01T00:00:00Z"), version(rate | {"rate": "1.2"}, at="2026-06-30T18:00:00Z")]
    world = write_world(tmp_path / "world", {"finance/fx_rates": lines}, now="2026-06-30T12:00:00Z")
    with Simulator(world) as simulator:
        one = connector(simulator.state()["sources"]["files"]["url"], "finance")
        assert one.probe() == datetime(2026, 6, 30, 12, tzinfo=UTC)
        assert fetch(one, bench.raw, bench.raw.ledger, TODAY, "1").rows_in == 1
        assert probe_late(one, bench.raw, bench.raw.ledger, AS_OF) == 0
        httpx.put(f"{simulator.control_url}/clock", json={"now": "2026-07-01T00:00:00Z"}).raise_for_status()
        assert probe_late(one, bench.raw, bench.raw.ledger, AS_OF) == 1
        assert late_partitions(bench.raw.ledger, bench.raw) == {"finance": [date(2026, 7, 1)]}
        fetch(one, bench.raw, bench.raw.ledger, TODAY, "2")
        assert probe_late(one, bench.raw, bench.raw.ledger, AS_OF) == 0
        assert connector(simulator.state()["sources"]["files"]["url"], "hr").probe() is not None
    assert [row["rate"] for row in bench.stage("files", "fx_rate")] == ["1.2"]


def test_unreachable_address(bench: Bench) -> None:
    """An address at which nobody listens is told with the address, and the run goes on without the files."""
    result = fetch(connector("http://127.0.0.1:9/files", "hr"), bench.raw, bench.raw.ledger, TODAY, "1")
    assert result.state == "failed" and "127.0.0.1" in (result.error or "")
