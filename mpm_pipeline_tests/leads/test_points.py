"""Points at the edges of their rules: the last day that counts and the first that does not (lead distribution, Arithmetic)."""

import pytest

from mpm_pipeline_tests.leads.conftest import ANA


def points(desk, dimension: str) -> float:
    """Return what one dimension gives the pair of L1 and Ana."""
    (row,) = (one for one in desk.home.table("leads.lead_score_point") if one["dimension"] == dimension)
    assert (row["lead_id"], row["rep_id"]) == ("L1", ANA)
    return row["points"]


@pytest.mark.parametrize(
    ("start", "segment", "expected"),
    [
        ("2024-03-16", "enterprise", 6), ("2024-03-17", "enterprise", 0), ("2024-03-16", "mid", 3), ("2024-03-16", "smb", 0),
        ("2025-09-17", "enterprise", 0), ("2025-09-18", "enterprise", -6), ("2025-09-18", "mid", -3), ("2025-09-18", "smb", 0),
    ],
)  # fmt: skip
def test_tenure(desk, start, segment, expected) -> None:
    """On 16 March 2026: 730 days in is experienced, 729 not; 180 days in has ramped up, 179 not."""
    assert points(desk().rep(start_date=start).lead(segment=segment), "tenure") == expected


def company(desk) -> None:
    """Let L1 be at Acme."""
    desk.home.stage(
        "account",
        {"record_id": "A", "name": "Acme", "website": "acme.com", "domain": "acme.com", "created_at": "2026-01-01"},
    )


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        ("2026-03-16 08:00", 18), ("2026-03-30 10:00", 18), ("2026-03-31 10:00", 10), ("2026-04-13 10:00", 10), ("2026-04-14 10:00", 0),
        ("2026-03-15 10:00", 4), ("2026-03-02 10:00", 4), ("2026-03-01 10:00", 0),
    ],
)  # fmt: skip
def test_meeting(desk, starts, expected) -> None:
    """Today to 14 days ahead 18, up to 28 days 10, up to 14 days back 4, else nothing."""
    waiting = desk().rep().lead()
    company(waiting)
    waiting.home.stage("meeting", {"meeting_id": "M", "account_record_id": "A", "owner_id": ANA, "starts_at": starts})
    assert points(waiting, "meeting") == expected


def test_own_people_are_no_others_of_the_account(desk) -> None:
    """One of ours has a contact record at Acme and a role on its deal: L1 shares no interest with it and is not connected by it."""
    waiting = desk(company_internal_domains="seller.example").rep().lead(solution_interest="Data")
    company(waiting)
    ours = {"object": "Contact", "record_id": "C", "email": "cy@seller.example", "account_record_id": "A", "created_at": "2026-01-01"}  # fmt: skip
    other = {"object": "Contact", "record_id": "D", "email": "dee@acme.com", "account_record_id": "A", "created_at": "2026-01-01"}  # fmt: skip
    waiting.home.stage("person", {**ours, "solution_interest": "Streaming"}, {**other, "solution_interest": "Data"})
    waiting.home.stage("opportunity", {"opportunity_id": "O", "account_record_id": "A", "created_at": "2026-01-01"})
    waiting.home.stage("contact_role", {"opportunity_id": "O", "person_record_id": "C"})
    assert points(waiting, "shared_interest") == 13
    assert points(waiting, "connected") == 0
