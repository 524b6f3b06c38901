"""A Stripe account served by the simulator from a small world, and a home into which it is fetched."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx

from mpm_pipeline.settings import Settings, load
from mpm_pipeline.simulator.server import Simulator
from mpm_pipeline.sources.client import Limits
from mpm_pipeline.sources.connector import Days, Page
from mpm_pipeline.sources.fetch import fetch
from mpm_pipeline.sources.stripe import connector as stripe
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline_tests.simulator.small_worlds import Rows, write_world
from mpm_pipeline_tests.staged.staging import Bench

NOW = "2026-06-30T12:00:00Z"
FIRST = date(2026, 1, 1)
QUICK = Limits(budget=2.0, connect_budget=0.2, wait_first=0.01, wait_most=0.05)


@contextmanager
def served(root: Path, streams: dict[str, Rows], now: str = NOW) -> Iterator[Simulator]:
    world = write_world(root, {f"stripe/{name}": rows for name, rows in streams.items()}, now=now)
    with Simulator(world) as simulator:
        yield simulator


def settings(simulator: Simulator, **more: Any) -> Settings:
    told = simulator.state()["sources"]["stripe"]
    section = {"url": told["url"], "api_key": told["credentials"]["api_key"], "start_at": FIRST} | more
    return load(None, environment={}, overrides={"stripe": section})


def days(first: date, last: date, as_of: str = NOW) -> Days:
    return Days(first, last, first == FIRST, datetime.fromisoformat(as_of))


def everything(as_of: str = NOW) -> Days:
    moment = datetime.fromisoformat(as_of)
    return days(FIRST, moment.date(), as_of)


def account(simulator: Simulator, **more: Any) -> stripe.StripeAccount:
    (connector,) = stripe.connect(settings(simulator, **more), QUICK)
    assert isinstance(connector, stripe.StripeAccount)
    return connector


def control(simulator: Simulator, verb: str, path: str, body: Any = None) -> Any:
    return httpx.request(verb, f"{simulator.control_url}{path}", json=body).raise_for_status().json()


def by_stream(pages: Iterator[Page]) -> dict[str, list[Page]]:
    found: dict[str, list[Page]] = {}
    for page in pages:
        found.setdefault(page.stream.name, []).append(page)
    return found


def payloads(pages: list[Page]) -> list[bytes]:
    return [row for page in pages for row in page.payloads]


class Landing:
    """A home into which an account is fetched day range by day range."""

    def __init__(self, root: Path) -> None:
        self.bench = Bench(root)
        self.ledger = self.bench.raw.ledger
        self.raw = RawLog(Home.open(root), Ledger(Home.open(root)), FIRST)

    def fetch(self, simulator: Simulator, span: Days) -> None:
        result = fetch(account(simulator), self.raw, self.ledger, span, "run")
        assert (result.state, result.error) == ("done", None)
