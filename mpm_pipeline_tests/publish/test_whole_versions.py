"""Readers see whole versions: while a publication goes on, after one that was killed, within a snapshot and without."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from mpm_pipeline.publish import database
from mpm_pipeline.publish.catalog import served
from mpm_pipeline.publish.reader import read_served
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline_tests.publish.literal import figure, rows

ROWS = 4_000
TABLES = {name: served()[name] for name in ("fct_kpi", "fct_lead_stage")}
POLL_SECONDS = 0.01

Seen = list[tuple[tuple[int, int, int], ...]]


def write(home: Home, url: str, version: int) -> None:
    """Publish a version whose every row carries its number."""
    born = datetime(2026, 1, 1, tzinfo=UTC)
    figures = [figure("mrr", float(version), segment=f"s{number}", numerator=version) for number in range(ROWS)]
    stages = [
        {"person_id": f"p{n}", "cycle_no": version, "stage": "mql", "region": "EMEA", "segment": "mid", "entered_at": born + timedelta(n)}
        for n in range(ROWS)
    ]  # fmt: skip
    given = {"fct_kpi": rows("kpis.fct_kpi", figures), "fct_lead_stage": rows("kpis.fct_lead_stage", stages)}
    database.publish(home, url, given, TABLES, str(version))


def counts(connection: sa.Connection) -> tuple[tuple[int, int, int], ...]:
    """Return rows, lowest and highest version of both tables, one statement after the other."""
    prefix = "mpm." if connection.dialect.name == "postgresql" else ""
    sql = (
        "SELECT count(*), min(numerator), max(numerator) FROM {}fct_kpi",
        "SELECT count(*), min(cycle_no), max(cycle_no) FROM {}fct_lead_stage",
    )
    return tuple(tuple(connection.exec_driver_sql(one.format(prefix)).one()) for one in sql)  # type: ignore[misc]


def one_snapshot(engine: sa.Engine) -> tuple[tuple[int, int, int], ...]:
    level = "REPEATABLE READ" if engine.dialect.name == "postgresql" else "SERIALIZABLE"
    with engine.connect().execution_options(isolation_level=level) as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        return counts(connection)


def autocommit(engine: sa.Engine) -> tuple[tuple[int, int, int], ...]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return counts(connection)


@contextmanager
def polling(engine: sa.Engine, look: Callable[[sa.Engine], tuple[tuple[int, int, int], ...]]) -> Iterator[Seen]:
    """Look every 10 ms until the block ends; what went wrong is raised at the end."""
    seen: Seen = []
    wrong: list[BaseException] = []
    done = threading.Event()

    def poll() -> None:
        try:
            while not done.wait(POLL_SECONDS):
                seen.append(look(engine))
        except BaseException as error:
            wrong.append(error)

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()
    if wrong:
        raise wrong[0]


def test_a_polling_reader_sees_whole_versions_only(home: Home, url: str) -> None:
    """During three publications every look finds all rows of one version; within a snapshot both tables are of the same."""
    write(home, url, 1)
    engine = sa.create_engine(database.database_url(home, url))
    with polling(engine, autocommit) as loose, polling(engine, one_snapshot) as strict:
        for version in (2, 3, 4):
            write(home, url, version)
    engine.dispose()
    assert len(loose) > 5 and len(strict) > 5
    for figures, stages in (*loose, *strict):
        assert figures[0] == stages[0] == ROWS
        assert figures[1] == figures[2] and stages[1] == stages[2]
    assert all(figures == stages for figures, stages in strict)


def test_a_snapshot_that_was_begun_before_keeps_the_old_version(home: Home, url: str) -> None:
    """A report that reads one table before a publication and one after it still sees one version."""
    write(home, url, 1)
    engine = sa.create_engine(database.database_url(home, url))
    level = "REPEATABLE READ" if url else "SERIALIZABLE"
    with engine.connect().execution_options(isolation_level=level) as connection:
        if not url:
            connection.exec_driver_sql("BEGIN")
        before = counts(connection)
        write(home, url, 2)
        assert counts(connection) == before == ((ROWS, 1, 1), (ROWS, 1, 1))
    assert read_served(home, url, "fct_kpi")["fct_kpi"][0]["numerator"] == 2
    engine.dispose()


KILLED = """
import sys
from pathlib import Path
from mpm_pipeline.publish import database
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline_tests.publish.test_whole_versions import write

load = database.load

def load_and_wait(connection, table, given):
    load(connection, table, given)
    if table.name == "fct_lead_stage":
        print("written, not committed", flush=True)
        sys.stdin.read()

database.load = load_and_wait
write(Home.open(Path(sys.argv[1])), sys.argv[2], 2)
"""


@pytest.mark.parametrize("again", [False, True], ids=["look", "publish-again"])
def test_a_kill_in_mid_publication_leaves_the_old_version(home: Home, url: str, again: bool) -> None:
    """After a kill -9 between writing and committing the old version is served, and the next publication works."""
    write(home, url, 1)
    root = Path(__file__).parent.parent.parent
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(home.root), url],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root, env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert process.stdout is not None and process.stdin is not None
    with process:
        assert "not committed" in process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    if again:
        write(home, url, 3)
    found = read_served(home, url, "fct_kpi", "fct_lead_stage")
    wanted = 3 if again else 1
    assert {row["numerator"] for row in found["fct_kpi"]} == {wanted}
    assert {row["cycle_no"] for row in found["fct_lead_stage"]} == {wanted}
