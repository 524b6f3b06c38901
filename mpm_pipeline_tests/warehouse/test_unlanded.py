"""A stream of which nothing has landed yet leaves the same tables, without rows, as one of which something has."""

from datetime import UTC, date, datetime

import duckdb
import pytest

from mpm_pipeline.contracts.record import Record
from mpm_pipeline.contracts.registry import records, stream_of
from mpm_pipeline.warehouse import engine
from mpm_pipeline.warehouse.accept import accept
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.rawlog import RawLog

AS_OF = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> RawLog:
    """A raw log that is empty."""
    home = Home.open(tmp_path_factory.mktemp("home"))
    return RawLog(home, Ledger(home), date(2026, 1, 1))


def _tables(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, str]]]:
    listed = connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables ORDER BY ALL"
    ).fetchall()
    wanted = [f"{engine.quote(schema)}.{engine.quote(name)}" for schema, name in listed if schema != "main"]
    return {name: [row[:2] for row in connection.execute(f"DESCRIBE {name}").fetchall()] for name in (*wanted, "read")}


@pytest.mark.parametrize("contract", records().values(), ids=["/".join(key) for key in records()])
def test_the_declared_tables_are_the_computed_ones(contract: type[Record], raw: RawLog) -> None:
    """Column by column, name and type, for every contract."""
    raw.append(stream_of(contract), [b"{}"], extracted_at=LATER)
    found = []
    for as_of, rows in ((AS_OF, 0), (LATER, 1)):
        with engine.connect() as connection:
            assert accept(connection, raw, contract, as_of).rows_in == rows
            found.append(_tables(connection))
    assert found[0] == found[1]
