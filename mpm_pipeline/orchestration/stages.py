"""The river's reaches as plain calls on a session: fetch, stage, build, publish; knows no Dagster.

Every asset body is one of these calls. They raise the errors of `mpm_pipeline.errors`; a source that fails does not raise, its
result says so, because the other sources go on.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache, wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from mpm_pipeline.customer import gates
from mpm_pipeline.customer.models import MODELS as CUSTOMER
from mpm_pipeline.errors import SourceUnavailable
from mpm_pipeline.kpis.identities import INPUTS as COMPARED
from mpm_pipeline.kpis.identities import hold as hold_identities
from mpm_pipeline.kpis.models import MODELS as KPIS
from mpm_pipeline.leads.models import MODELS as LEADS
from mpm_pipeline.orchestration import alerts
from mpm_pipeline.orchestration.session import Session
from mpm_pipeline.publish.publisher import Published
from mpm_pipeline.publish.publisher import publish as publish_tables
from mpm_pipeline.sources.connector import Connector, Days
from mpm_pipeline.sources.fetch import SourceResult, fetch
from mpm_pipeline.sources.sweep import due, sweep, want
from mpm_pipeline.staged import run as staging
from mpm_pipeline.warehouse.models import Model, in_order
from mpm_pipeline.warehouse.storage import disk

STAGED = Path(staging.__file__).parent
PUBLISHED = "publish"

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Fetched:
    """What fetching one raw source brought, by connector (a vendor has one, files one per folder)."""

    results: dict[str, SourceResult]

    @property
    def rows(self) -> int:
        return sum(result.rows_in for result in self.results.values())

    @property
    def errors(self) -> dict[str, str]:
        return {name: result.error for name, result in self.results.items() if result.error}


def _on_disk(stage: Callable[Concatenate[Session, P], T]) -> Callable[Concatenate[Session, P], T]:
    """Let a stage say in words what the disk under its home refuses."""

    @wraps(stage)
    def told(session: Session, *given: P.args, **more: P.kwargs) -> T:
        with disk(session.home.root):
            return stage(session, *given, **more)

    return told


@cache
def models() -> dict[str, Model]:
    """Return all models after staging by name, each after those that it reads."""
    return {model.name: model for model in in_order((*CUSTOMER, *KPIS, *LEADS))}


@cache
def staged_tables(folder: str) -> tuple[str, ...]:
    """Return the canonical tables that one staged folder fills."""
    return tuple(sorted(file.stem for file in (STAGED / folder).glob("*.sql")))


@_on_disk
def fetch_days(session: Session, raw_source: str, first: date, last: date, run_id: str) -> Fetched:
    """Ask one source for a range of UTC days and land what comes; a run that looks back asks nobody."""
    as_of = session.as_of(run_id)
    if session.looks_back(as_of):
        return Fetched({})
    days = Days(first, last, first <= session.settings.first_day, as_of)
    return Fetched({one.source: _fetch(session, one, days, run_id) for one in session.connectors_of(raw_source)})


def _fetch(session: Session, connector: Connector, days: Days, run_id: str) -> SourceResult:
    """Land days of one source; with the newest of them, when it is time, look for what the source lost."""
    want(session.ledger, connector.source)
    by_machine = (session.ledger.run(run_id) or {}).get("as_of_source") == "machine"
    result = fetch(connector, session.raw, session.ledger, days, run_id, by_machine=by_machine)
    limits, source, as_of = session.settings.sweep, connector.source, days.as_of
    if result.state == "done" and days.last >= as_of.date() and due(session.ledger, source, as_of, limits.every_days):
        try:
            sweep(connector, session.raw, session.ledger, as_of, limits, run_id)
        except SourceUnavailable as error:
            log.warning("%s: what it lost could not be looked for, the next run tries again (%s)", source, error)
    return result


@_on_disk
def stage_source(session: Session, folder: str, run_id: str) -> dict[str, int]:
    """Make the staged tables of one folder from the raw log as known at the run's as-of; return row counts by table."""
    warehouse = session.warehouse(session.as_of(run_id))
    names = staging.stage(warehouse, session.raw, folder)
    return {name.rsplit(".", 1)[1]: warehouse.tables.rows(name) for name in names}


@_on_disk
def build_model(session: Session, name: str, run_id: str) -> int:
    """Make one table of the customer, kpis or leads layer; return its row count."""
    return session.warehouse(session.as_of(run_id)).build(models()[name]).num_rows


def check_identities(session: Session, run_id: str) -> None:
    """Hold the figures against each other; raise Halt naming what contradicts what, and in which period."""
    warehouse = session.warehouse(session.as_of(run_id))
    hold_identities({name: warehouse.read(name) for name in COMPARED})


def customer_verdicts(session: Session, run_id: str) -> list[gates.Verdict]:
    """Hold the unified customer against its limits and say what was found."""
    warehouse = session.warehouse(session.as_of(run_id))
    return gates.judge({name: warehouse.read(name) for name in gates.INPUTS})


def customer_sizes(session: Session, run_id: str) -> dict[str, list[int]]:
    """Return how many people have how many records, before this run and after it."""
    as_of = session.as_of(run_id)
    return gates.sizes(session.warehouse(as_of).read("customer.id_registry"), as_of)


@_on_disk
def publish(session: Session, run_id: str) -> Published:
    """Publish the served tables as known at the run's as-of, and remember which raw files they rest on; Halt when an identity is broken."""
    url = session.settings.publish.url.get_secret_value()
    newest = session.ledger.newest_batch()
    as_of = session.as_of(run_id)
    check_identities(session, run_id)
    warehouse = session.warehouse(as_of)
    gates.hold({name: warehouse.read(name) for name in gates.INPUTS})
    done = publish_tables(warehouse, url, looks_back=session.looks_back(as_of))
    session.ledger.put_state(PUBLISHED, newest_batch=str(newest))
    if not session.looks_back(as_of):
        alerts.of_sources(session, run_id, alerts.worst(done.freshness))
    return done


def published_batch(session: Session) -> int:
    """Return the number of the newest raw file that the newest publication rests on, 0 before the first."""
    return int(session.ledger.state(PUBLISHED).get("newest_batch", "0"))
