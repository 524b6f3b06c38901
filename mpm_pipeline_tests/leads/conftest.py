"""Leads and reps as literal rows: one lead at mql in a queue, one rep who serves everything, unless a test says otherwise."""

from collections.abc import Callable
from typing import Any

import pytest

from mpm_pipeline_tests.kpis.conftest import World, world

__all__ = ["world"]
QUEUE, ANA, BEN = "00G1", "005A", "005B"
CREATED = "2026-03-02 09:00"


class Desk:
    """A warehouse on Monday 16 March 2026, 9:00 UTC, in which leads wait and reps have places."""

    def __init__(self, home: World) -> None:
        self.home = home.measuring()

    def lead(self, lead_id: str = "L1", *stages: str, person: str = "", created: str = CREATED, **facts: Any) -> "Desk":
        """Add a lead of a person of its own (or of `person`) that went through stages, one a day from its creation; facts of person or lead."""
        at = created
        own = {
            name: facts.pop(name)
            for name in ("owner_id", "is_converted", "is_deleted", "merged_into_id")
            if name in facts
        }
        self.home.stage("person", {"object": "Lead", "record_id": lead_id, "email": f"{person or lead_id}@acme.com", "created_at": created, "modified_at": created, "can_email": True, "region": "EMEA", "segment": "mid", **facts})  # fmt: skip
        went = stages or ("inquiry", "mql")
        self.home.stage("lead", {"lead_id": lead_id, "created_at": created, "modified_at": created, "owner_id": QUEUE, "status_stage": went[-1], **own})  # fmt: skip
        for place in range(1, len(went)):
            at = f"{created[:8]}{int(created[8:10]) + place:02} 09:00"
            self.moved(lead_id, at, went[place - 1], went[place])
        return self

    def moved(self, lead_id: str, at: str, old: str, new: str) -> "Desk":
        """Add a change of status."""
        self.home.stage("lead_event", {"event_id": f"{lead_id} {at}", "lead_id": lead_id, "at": at, "field": "status", "old_stage": old, "new_stage": new})  # fmt: skip
        return self

    def rep(self, user_id: str = ANA, **facts: Any) -> "Desk":
        """Add a rep and the CRM's user of that name."""
        email = f"{user_id.lower()}@seller.example"
        self.home.stage("user", {"user_id": user_id, "name": user_id, "email": email, "is_active": True, "is_standard": True})  # fmt: skip
        plain = {"email": email, "start_date": "2025-01-01", "ramp_days": 180, "capacity_per_week": 5.0, "regions": "", "segments": "", "product_lines": "", "absent": ""}  # fmt: skip
        self.home.stage("rep", plain | facts, source="hr")
        return self

    def outcomes(self) -> dict[str, tuple[str, str]]:
        """Return outcome and reason by lead."""
        rows = self.home.table("leads.lead_distribution")
        return {row["lead_id"]: (row["outcome"], row["outcome_reason"]) for row in rows}

    def places(self) -> dict[str, int]:
        """Return free places by rep."""
        return {row["rep_id"]: row["free_places"] for row in self.home.table("leads.free_rep")}


@pytest.fixture
def desk(world: Callable[..., World]) -> Callable[..., Desk]:
    """Return a maker of desks: `desk(leads_nurture_reserve_minor=100)`."""
    return lambda as_of="2026-03-16 09:00", off=(), **settings: Desk(world(as_of, off, **settings))
