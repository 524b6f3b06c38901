"""The loader that is checked: the pipeline's own choice of days, probe, landing, sweep and acceptance, without HTTP and Dagster.

A run opens the home as a process of its own would: what an earlier one left half-done is adopted then.
"""

import tempfile
from datetime import datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from mpm_pipeline.orchestration import runner, stages
from mpm_pipeline.orchestration.session import Session
from mpm_pipeline.settings import Settings, load
from mpm_pipeline.warehouse import engine, losses
from mpm_pipeline.warehouse.accept import accept
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline_tests.e2e.company import only
from mpm_pipeline_tests.model_check.shop import FIRST_DAY, Crash, Deal, Shop

MEMORY = Path("/dev/shm")


@cache
def settings() -> Settings:
    """Settings of a home whose only source is the shop."""
    values = {"URL": "http://127.0.0.1:1", "START_AT": FIRST_DAY, "CLIENT_ID": "id", "CLIENT_SECRET": "secret"}
    with tempfile.TemporaryDirectory() as folder, only({f"MPM_SALESFORCE__{k}": str(v) for k, v in values.items()}):
        return load(Path(folder))


def _die(*given: object, **more: object) -> None:
    raise Crash


def counted(raw: RawLog, as_of: datetime) -> list[tuple[str, int]]:
    """Return the deals that count, each with its value."""
    with engine.connect() as connection:
        accept(connection, raw, Deal, as_of)
        return connection.execute("SELECT id, value FROM salesforce.Deal WHERE NOT _deleted").fetchall()


class Ours:
    """The pipeline from the source to accepted rows, over a home in memory where there is one."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self.home = Home.open(Path(self.folder.name))
        self.session: Session | None = None
        self.runs = count(1)
        self.dies = ""

    def close(self) -> None:
        """Give everything back."""
        self._end()
        self.folder.cleanup()

    def run(self) -> None:
        """Do what `mpm run` does up to the landing; a crash ends the process that does it."""
        try:
            session, run_id = self._opened(), f"run-{next(self.runs)}"
            as_of = session.as_of(run_id)
            if self.dies:
                setattr(session.ledger, self.dies, _die)
            for first, last in runner._ranges(session, as_of, None, True):
                stages.fetch_days(session, "salesforce", first, last, run_id)
        except Crash:
            self._end()
        if self.dies:
            self._end()

    def die_before(self, place: str) -> None:
        """Let the process of the next run end before a write of the ledger."""
        self.dies = place

    def held(self) -> dict[str, int]:
        """Return the value of every deal that counts."""
        session = self._opened()
        rows = counted(session.raw, self._as_of(session))
        assert len(rows) == len(dict(rows)), "a deal counts twice"
        return dict(rows)

    def lost(self) -> set[str]:
        """Return the deals that are known to be gone without a word."""
        session = self._opened()
        found = losses.open_by_stream(session.ledger, "salesforce", self._as_of(session))
        return {row["key"] for rows in found.values() for row in rows}

    def _as_of(self, session: Session) -> datetime:
        newest: Any = session.ledger.newest_as_of(but_for_probes=True)
        return newest or self.shop.clock

    def _opened(self) -> Session:
        if self.session is None:
            self.session = Session(self.home, settings(), Ledger(self.home), _connectors=[self.shop])
            self.session.raw.adopt()
        return self.session

    def _end(self) -> None:
        if self.session is not None:
            self.session.ledger.__exit__()
            self.session = None
