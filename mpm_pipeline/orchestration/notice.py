"""Joins what a source lost, or what was entered in some hours, with the customers of the newest run: whom to tell."""

from datetime import datetime
from typing import Any

from mpm_pipeline.customer.notice import Touched, notice
from mpm_pipeline.orchestration.difference import difference
from mpm_pipeline.orchestration.session import Session
from mpm_pipeline.warehouse.losses import GIVEN_ANEW, alias

ENTERED = "entered"


def whom_to_tell(session: Session, source: str, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Return one row per person whom records of [start, end) touch; asks nobody, so it works while the source is down.

    `why` says what became of the records: vanished, reversed, given_anew, or entered (they stand, but the outage met them).
    """
    found = difference(session, source, start, end, asks=False)
    warehouse = session.latest()
    registry = [row for row in warehouse.read("customer.id_registry").to_pylist() if row["source"] == source]
    persons = warehouse.read("customer.dim_person").to_pylist()
    touched = []
    for entry, loss in found.entries:
        given = (alias(loss),) if loss and loss["kind"] == GIVEN_ANEW else ()
        touched.append(Touched((entry.key, *given), frozenset(entry.names), loss["kind"] if loss else ENTERED))
    return notice(touched, registry, persons, needs_consent=session.settings.leads.consent_required)
