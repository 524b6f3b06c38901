"""One home with its settings, ledger and sources, as every step of a run needs them; knows no Dagster.

A run's as-of is decided once, by the first step that asks, and kept in the ledger's row of the run.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from pydantic import SecretStr

from mpm_pipeline.customer.labels import labels
from mpm_pipeline.errors import ConfigError, SourceUnavailable
from mpm_pipeline.settings import Settings, load
from mpm_pipeline.sources.clock import as_of as decide_as_of
from mpm_pipeline.sources.connector import Connector, connect
from mpm_pipeline.sources.fetch import coverage
from mpm_pipeline.vocabulary import FILE_FOLDERS, SOURCES, VENDORS
from mpm_pipeline.warehouse.build import Warehouse
from mpm_pipeline.warehouse.home import Home, home_path, world_path
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.ledger_decisions import decisions
from mpm_pipeline.warehouse.losses import incident
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline.warehouse.storage import disk
from mpm_pipeline.warehouse.tables import Tables

STAGED_FOLDERS = (*VENDORS, "files")
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
RAW_SOURCES = STAGED_FOLDERS


@dataclass
class Session:
    """Everything that a step needs; open it with `Session.open` and use it as a context manager."""

    home: Home
    settings: Settings
    ledger: Ledger
    _connectors: list[Connector] | None = field(default=None, repr=False)
    _warehouse: tuple[object, Warehouse] | None = field(default=None, repr=False)

    @classmethod
    def open(cls, root: Path | None = None) -> "Session":
        """Open a home, creating it where it is missing; adopt raw files that lost their ledger row."""
        path = root or home_path()
        settings = load(path, world=world_path())
        home = Home.open(path)
        with disk(home.root):
            session = cls(home, settings, Ledger(home))
            session._keep_identity()
            session.raw.adopt()
        return session

    def _keep_identity(self) -> None:
        """Remember the home's id in the ledger, or put it back from there when its file was lost."""
        known = self.ledger.state("home").get("home_id")
        if self.home.identity(known) != known:
            self.ledger.put_state("home", home_id=self.home.identity())

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        for connector in self._connectors or ():
            connector.close()
        self.ledger.__exit__()

    @cached_property
    def raw(self) -> RawLog:
        """The raw log; its first partition is the earliest `start_at`."""
        return RawLog(self.home, self.ledger, self.settings.first_day)

    @cached_property
    def tables(self) -> Tables:
        """The derived tables; every warehouse of this session reads them through the same open handles."""
        return Tables(self.home)

    @property
    def connectors(self) -> list[Connector]:
        """The connectors of all sources that are on, made on first use."""
        if self._connectors is None:
            self._connectors = connect(self.settings)
        return self._connectors

    def connectors_of(self, raw_source: str) -> list[Connector]:
        """Return the connectors behind one raw asset: a vendor's own, or those of all file folders."""
        wanted = set(FILE_FOLDERS) if raw_source == "files" else {raw_source}
        return [connector for connector in self.connectors if connector.source in wanted]

    def as_of(self, run_id: str, kind: str = "run") -> datetime:
        """Return the as-of of a run, deciding and recording it when this is its first step."""
        known = self.ledger.run(run_id)
        if known is not None:
            return datetime.fromisoformat(known["as_of"])
        stated = os.environ.get("MPM_AS_OF")
        dates = {} if stated else {connector.source: _date_of(connector) for connector in self.connectors}
        moment, origin = decide_as_of(os.environ, dates)
        self.ledger.begin_run(run_id, kind, moment, origin)
        return moment

    def looks_back(self, as_of: datetime) -> bool:
        """Say whether MPM_AS_OF lies before what was read: then nobody is asked, what sources show now was not known then."""
        newest = self.ledger.newest_read()
        return bool(os.environ.get("MPM_AS_OF")) and newest is not None and as_of < newest

    def last_day(self) -> date:
        """Return the newest partition: the day of MPM_AS_OF, else of the ledger's newest as-of, else of today."""
        stated = os.environ.get("MPM_AS_OF")
        newest = self.ledger.newest_as_of()
        if stated or newest is None:
            newest = decide_as_of(os.environ, {})[0]
        return max(newest.astimezone(UTC).date(), self.settings.first_day)

    def warehouse(self, as_of: datetime) -> Warehouse:
        """Return the warehouse of this home at one as-of, with settings and state of the sources as `run.*` tables."""
        state = (as_of, self.ledger.newest_window())
        if self._warehouse is None or self._warehouse[0] != state:
            given = {
                "run.setting": setting_row(self.settings, as_of),
                "run.source": self.source_rows(as_of),
                "run.identity_decision": decisions(self.ledger.engine, as_of),
                "run.identity_label": labels(self.settings.identity.labels_file, self.home.root),
            }
            on = [folder for folder in STAGED_FOLDERS if self.settings.is_on(folder)]
            self._warehouse = (state, Warehouse(self.home, as_of, given, on, self.tables))
        return self._warehouse[1]

    def latest(self) -> Warehouse:
        """Return the warehouse at the newest as-of, for commands that look at what a run left; ConfigError before the first run."""
        newest = self.ledger.newest_as_of(but_for_probes=True)
        if newest is None:
            raise ConfigError(f"nothing was run in {self.home.root} yet; run `mpm run` or `mpm demo` first")
        return self.warehouse(newest)

    def source_rows(self, as_of: datetime) -> pa.Table:
        rows = [self.source_row(source, as_of) for source in SOURCES]
        schema = pa.schema(
            [
                ("source", pa.string()), ("is_on", pa.bool_()), ("state", pa.string()), ("covered_from", pa.date32()),
                ("covered_to", pa.timestamp("us", "UTC")), ("error", pa.string()), ("lost_at", pa.timestamp("us", "UTC")),
                ("hidden", pa.list_(pa.struct([("stream", pa.string()), ("shown_to_at", pa.timestamp("us", "UTC"))]))),
            ]
        )  # fmt: skip
        return pa.Table.from_pylist(rows, schema=schema)

    def source_row(self, source: str, as_of: datetime) -> dict[str, Any]:
        is_on = self.settings.is_on(source)
        attempt = self.ledger.newest_attempt(source, as_of) or {"state": "never", "error": None}
        lost = [row["version_at"] for row in incident(self.ledger, source, as_of) if row["version_at"]] if is_on else []
        covered_from, covered_to = coverage(self.ledger, source, as_of) if is_on else (None, None)
        return {
            "source": source,
            "is_on": covered_to is not None,
            "state": ("failed" if attempt["error"] else attempt["state"]) if is_on else "off",
            "covered_from": covered_from,
            "covered_to": min(covered_to, as_of) if covered_to else None,
            "error": attempt["error"] if is_on else None,
            "lost_at": min(map(datetime.fromisoformat, lost), default=None),
            "hidden": [
                {"stream": stream, "shown_to_at": shown_to or NEVER}
                for stream, shown_to in (self.ledger.hidden(source, as_of) if is_on else {}).items()
            ],
        }


def setting_row(settings: Settings, as_of: datetime) -> pa.Table:
    """Return the one row of `run.setting`: every setting that is no secret, as_of and its date in the company's zone."""
    row: dict[str, Any] = {"as_of": as_of}
    for section, values in settings.model_dump().items():
        if isinstance(values, Mapping) and section != "alerts":
            row |= {
                f"{section}_{name}": _plain(value) for name, value in values.items() if not isinstance(value, SecretStr)
            }
    zone = settings.company.time_zone
    row["as_of_date"] = pd.Timestamp(as_of).tz_convert(zone).date()
    table = pa.Table.from_pylist([row])
    place = table.column_names.index("as_of")
    return table.set_column(place, "as_of", table["as_of"].cast(pa.timestamp("us", "UTC")))


def _plain(value: Any) -> Any:
    return ";".join(value) if isinstance(value, list) else value


def _date_of(connector: Connector) -> datetime | None:
    """Ask a source for its clock; one that cannot be reached has none (its own fetch will say so)."""
    try:
        return connector.probe()
    except ConfigError:
        raise
    except SourceUnavailable:
        return None
