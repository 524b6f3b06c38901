"""Small worlds of the marketing vendors served by the simulator, and a home into which they are fetched and staged."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx

from mpm_pipeline.orchestration.session import Session
from mpm_pipeline.settings import Settings, load
from mpm_pipeline.simulator.server import Simulator
from mpm_pipeline.sources.client import Limits
from mpm_pipeline.sources.connector import Connector, Days, Page
from mpm_pipeline.sources.fetch import SourceResult, fetch
from mpm_pipeline.sources.late import late_partitions, probe_late
from mpm_pipeline.sources.linkedin import connector as linkedin
from mpm_pipeline.sources.marketo import connector as marketo
from mpm_pipeline.staged import run as staging
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline_tests.simulator.small_worlds import Rows, write_world

NOW = "2026-06-30T12:00:00Z"
FIRST = date(2026, 1, 1)
QUICK = Limits(budget=1.0, connect_budget=0.2, wait_first=0.01, wait_most=0.05)
MODULES = {"marketo": marketo, "linkedin": linkedin}


@contextmanager
def served(root: Path, streams: dict[str, Rows], now: str = NOW) -> Iterator[Simulator]:
    with Simulator(write_world(root, streams, now=now)) as simulator:
        yield simulator


def settings(simulator: Simulator, source: str, **more: Any) -> Settings:
    told = simulator.state()["sources"][source]
    section = {"url": told["url"], **told["credentials"], "start_at": FIRST} | more
    rest = {name: {"start_at": FIRST} for name in ("salesforce", "marketo", "linkedin", "stripe", "files")}
    return load(None, environment={}, overrides=rest | {source: section})


def connector(simulator: Simulator, source: str, **more: Any) -> Connector:
    (made,) = MODULES[source].connect(settings(simulator, source, **more), QUICK)
    assert isinstance(made, Connector)
    return made


def days(first: date, last: date, as_of: str = NOW) -> Days:
    return Days(first, last, first == FIRST, datetime.fromisoformat(as_of))


def everything(as_of: str = NOW) -> Days:
    moment = datetime.fromisoformat(as_of)
    return days(FIRST, moment.date(), as_of)


def control(simulator: Simulator, verb: str, path: str, body: Any = None) -> Any:
    return httpx.request(verb, f"{simulator.control_url}{path}", json=body).raise_for_status().json()


def asked(simulator: Simulator, source: str, word: str = "") -> list[dict[str, Any]]:
    """Return what was asked of a source, of paths that hold a word."""
    found = control(simulator, "GET", f"/requests?source={source}")
    return [one for one in found if word in one["path"]]


def by_stream(pages: Iterator[Page]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for page in pages:
        found.setdefault(page.stream.name, []).extend(page.payloads)
    return found


class MarketingHome:
    """A home of one source: `fetch` lands a range of days, `stage` tells a staged table of all that has landed."""

    def __init__(self, root: Path, simulator: Simulator, source: str, **more: Any) -> None:
        self.source, self.connector = source, connector(simulator, source, **more)
        home = Home.open(root)
        self.session = Session(home, settings(simulator, source, **more), Ledger(home))

    def fetch(self, span: Days) -> SourceResult:
        return fetch(self.connector, self.session.raw, self.session.ledger, span, "run")

    def land(self, span: Days) -> None:
        """Fetch, and have it go well."""
        result = self.fetch(span)
        assert (result.state, result.error) == ("done", None)

    def late(self, as_of: str) -> list[date]:
        """Probe, and tell the days that hold what never landed."""
        probe_late(self.connector, self.session.raw, self.session.ledger, datetime.fromisoformat(as_of))
        return late_partitions(self.session.ledger, self.session.raw).get(self.source, [])

    def stage(self, *names: str, as_of: str = NOW) -> list[Rows]:
        """Stage the whole source and return some of its tables."""
        warehouse = self.session.warehouse(datetime.fromisoformat(as_of))
        staging.stage(warehouse, self.session.raw, self.source)
        return [warehouse.tables.read(f"staged.{self.source}.{name}").to_pylist() for name in names]
