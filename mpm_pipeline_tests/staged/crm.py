"""A small Salesforce org in a fresh raw log: lands records without HTTP and makes one staged table of them at a time."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.contracts.registry import table as contract_of
from mpm_pipeline.contracts.salesforce import RECORDS
from mpm_pipeline.staged.run import FOLDER
from mpm_pipeline.warehouse.accept import accept
from mpm_pipeline.warehouse.build import Warehouse, select
from mpm_pipeline.warehouse.engine import connect
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.models import references
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline.warehouse.validate import validate

AS_OF = datetime(2026, 6, 30, 12, tzinfo=UTC)
CONTRACTS = {stream_of(one).name: one for one in RECORDS}
STAMP = "2026-06-01T00:00:00.000+0000"
SETTINGS: dict[str, Any] = {
    "as_of": AS_OF,
    "as_of_date": AS_OF.date(),
    "company_reporting_currency": "USD",
    "company_time_zone": "Europe/Berlin",
    "funnel_qualified_stage": "Qualification",
    "quality_max_quarantined_rate": 0.2,
    "quality_max_quarantined_page_rate": 0.5,
}
SOURCE = {
    "source": "salesforce", "is_on": True, "state": "done", "covered_from": date(2026, 1, 1), "covered_to": AS_OF,
}  # fmt: skip


def utc(text: str) -> datetime:
    """Read an instant of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Crm:
    """One home; `land` puts records of one object in, `table` makes a staged table of what has landed."""

    def __init__(self, root: Path, **settings: Any) -> None:
        self.home = Home.open(root)
        self.ledger = Ledger(self.home)
        self.raw = RawLog(self.home, self.ledger, date(2026, 1, 1))
        given = {"run.setting": _row(SETTINGS | settings), "run.source": _row(SOURCE)}
        self.warehouse = Warehouse(self.home, AS_OF, given, ["salesforce"])

    def land(self, stream: str, *records: Any, at: datetime = AS_OF, deleted: tuple[tuple[str, str], ...] = ()) -> None:
        """Land records of one object: fields (stamped unless they say so themselves), or a payload's bytes as they are."""
        payloads = [one if isinstance(one, bytes) else json.dumps(_stamped(one)).encode() for one in records]
        self.raw.append(stream_of(CONTRACTS[stream]), payloads, extracted_at=at, deleted=deleted)

    def table(self, name: str) -> dict[str, dict[str, Any]]:
        """Make one staged table, hold it against its contract and return its rows by their key."""
        file = FOLDER / "salesforce" / f"{name}.sql"
        with connect() as connection:
            inputs = references(file)
            self.warehouse.bring(connection, [one for one in inputs if one.startswith(("run.", "reference."))])
            for one in inputs:
                if one.startswith("salesforce."):
                    accept(connection, self.raw, CONTRACTS[one.split(".", 1)[1]], AS_OF)
            rows = validate(contract_of(f"staged.{name}"), select(connection, name, file.read_text()))
        key = contract_of(f"staged.{name}").Config.unique[-1]
        found = {row[key]: row for row in rows.to_pylist()}
        assert len(found) == rows.num_rows
        return found


def _row(values: Mapping[str, Any]) -> pa.Table:
    table = pa.Table.from_pylist([dict(values)])
    for name, kind in (("as_of", "us"), ("covered_to", "us")):
        if name in table.column_names:
            place = table.column_names.index(name)
            table = table.set_column(place, name, table[name].cast(pa.timestamp(kind, "UTC")))
    return table


def _stamped(record: Mapping[str, Any]) -> dict[str, Any]:
    return {"CreatedDate": "2026-05-01T10:00:00.000+0000", "SystemModstamp": STAMP} | dict(record)
