"""Lands a few records in a fresh raw log and stages one table of them, held against its contract: what the tests here stand on."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

import mpm_pipeline
from mpm_pipeline.contracts.record import Record
from mpm_pipeline.contracts.registry import records, stream_of, tables
from mpm_pipeline.warehouse import engine
from mpm_pipeline.warehouse.accept import accept
from mpm_pipeline.warehouse.build import Warehouse
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.models import references
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline.warehouse.validate import validate

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
Rows = list[dict[str, Any]]


def record(source: str, stream: str) -> type[Record]:
    """Return the contract of one stream."""
    return records()[source, stream]


class Bench:
    """One home with a raw log; `land` puts records in, `stage` makes a staged table of what has landed."""

    def __init__(self, root: Path, currency: str = "USD", zone: str = "Europe/Berlin") -> None:
        self.home = Home.open(root)
        self.raw = RawLog(self.home, Ledger(self.home), date(2024, 1, 1))
        setting = {"as_of": [AS_OF], "company_reporting_currency": [currency], "company_time_zone": [zone]}
        self.warehouse = Warehouse(self.home, AS_OF, {"run.setting": pa.table(setting)}, [])

    def land(
        self,
        source: str,
        stream: str,
        records: Sequence[Any],
        *,
        at: datetime = AS_OF,
        stamps: Sequence[int | str | None] | None = None,
        deleted: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Land records (objects, or JSON texts as they are) as extracted at an instant."""
        payloads = [one.encode() if isinstance(one, str) else json.dumps(one).encode() for one in records]
        told = None if stamps is None else [None if stamp is None else str(stamp) for stamp in stamps]
        declared = stream_of(record(source, stream))
        self.raw.append(declared, payloads, extracted_at=at, stamps=told, deleted=deleted)

    def stage(self, folder: str, name: str) -> Rows:
        """Stage one table; a table that breaks its contract raises."""
        file = Path(mpm_pipeline.__file__).parent / "staged" / folder / f"{name}.sql"
        with engine.connect() as connection:
            inputs = references(file)
            self.warehouse.bring(connection, [one for one in inputs if one.split(".")[0] in ("run", "reference")])
            for one in inputs:
                source, stream = one.split(".", 1)
                if source not in ("run", "reference"):
                    accept(connection, self.raw, record(source, stream.removesuffix("$versions")), AS_OF)
            rows = validate(tables()[f"staged.{name}"], engine.fetch(connection, file.read_text()))
        return sorted(rows.to_pylist(), key=str)

    def refused(self, source: str, stream: str) -> dict[str, tuple[str, str]]:
        """Return reason and words by key of what is in quarantine."""
        with engine.connect() as connection:
            accept(connection, self.raw, record(source, stream), AS_OF)
            sql = f'SELECT key, reason_code, reason_text FROM {source}."{stream}$refused"'  # noqa: S608
            return {key: (code, text) for key, code, text in connection.execute(sql).fetchall()}
