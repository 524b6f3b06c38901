"""Joins what a source lost, or what was entered in some hours, with the customers of the newest run: whom to tell."""

from datetime import datetime
from typing import Any

from mpm_pipeline.customer.notice import Touched, notice
from mpm_pipeline.orchestration.difference import chosen, difference
from mpm_pipeline.orchestration.session import Session
from mpm_pipeline.warehouse.losses import GIVEN_ANEW, alias

ENTERED = "entered"


def whom_to_tell(
    session: Session, source: str | None, start: datetime | None, end: datetime | None
) -> list[dict[str, Any]]:
    """Return one row per person whom records of [start, end) touch, without hours of all that is lost; asks nobody, so it works while the source is down.

    `why` says what became of the records: vanished, reversed, given_anew, or entered (they stand, but the outage met them).
    """
    warehouse = session.latest()
    registry = warehouse.read("customer.id_registry").to_pylist()
    persons = warehouse.read("customer.dim_person").to_pylist()
    rows: dict[str, dict[str, Any]] = {}
    for one in chosen(session, source):
        touched = []
        for entry, loss in difference(session, one, start, end, asks=False).entries:
            given = (alias(loss),) if loss and loss["kind"] == GIVEN_ANEW else ()
            touched.append(Touched((entry.key, *given), frozenset(entry.names), loss["kind"] if loss else ENTERED))
        own = [row for row in registry if row["source"] == one]
        for row in notice(touched, own, persons, needs_consent=session.settings.leads.consent_required):
            rows.setdefault(row["person_id"], row)
    return [rows[person_id] for person_id in sorted(rows)]
