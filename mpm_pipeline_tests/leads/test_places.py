"""How many leads a rep can take over the horizon, and what becomes of leads for whom nobody has a place."""

import pytest

from mpm_pipeline_tests.leads.conftest import ANA, BEN


@pytest.mark.parametrize(
    ("facts", "places"),
    [
        ({}, 5),
        ({"absent": "2026-03-18/2026-03-19"}, 4),
        ({"absent": "2026-03-21/2026-03-23"}, 5),
        ({"absent": "2026-03-01/2026-04-01"}, 0),
        ({"start_date": "2026-01-05"}, 2),
        ({"start_date": "2026-03-17"}, None),
        ({"is_a_rep": False}, 5),
        ({"is_a_rep": True}, 5),
    ],
)  # fmt: skip
def test_free_places_of_a_week(desk, facts, places) -> None:
    """5 a week: one of five working days away 4; a week-end away 5; all away 0; ramping half, 2; not begun: no rep; not among the best: 5."""
    assert desk().rep(**facts).places() == ({} if places is None else {ANA: places})


@pytest.mark.parametrize(
    ("hours", "absent", "places"),
    [
        ("Mon-Fri 09:00-17:00", "2026-03-20/2026-03-23", 4),
        ("Sun-Thu 09:00-17:00", "2026-03-20/2026-03-22", 5),
        ("Sun-Thu 09:00-17:00", "2026-03-22/2026-03-23", 4),
        ("Mon-Sat 08:00-12:00", "2026-03-21/2026-03-22", 4),
        ("Mon-Sun 00:00-24:00", "2026-03-16/2026-03-18", 3),
    ],
)
def test_working_days_are_those_of_the_business_hours(desk, hours, absent, places) -> None:
    """5 a week from Monday 16 March: away on Friday is one day of five, in a Sunday-to-Thursday week none, and Sunday one; 5 x 5/6 = 4; 5 x 5/7 = 3."""
    assert desk(funnel_business_hours=hours).rep(absent=absent).places() == {ANA: places}


def test_leads_routed_in_the_last_week_take_places(desk) -> None:
    """One lead of Ana's came to mql on 10 March and was routed then, one on 3 March, before the week: 5 - 1."""
    waiting = desk().rep().lead("L1", owner_id=ANA, created="2026-03-09 09:00").lead("L2", owner_id=ANA)
    assert waiting.places() == {ANA: 4}


def test_a_full_desk_leaves_leads_to_nurture(desk) -> None:
    """Two leads, one place: one is assigned, the other waits for capacity."""
    found = desk().rep(capacity_per_week=1.0).lead().lead("L2").outcomes()
    assert sorted(found.values()) == [("assigned", "best_value"), ("nurture", "no_capacity")]


@pytest.mark.parametrize(("facts", "lead"), [({"regions": "APAC"}, {}), ({"product_lines": "Apps"}, {"product_line": "Data"})])  # fmt: skip
def test_a_region_or_product_line_that_nobody_serves(desk, facts, lead) -> None:
    """Both are hard by default; the segment is not, and what is unknown is not."""
    assert desk().rep(**facts).lead(**lead).outcomes() == {"L1": ("nurture", "no_eligible_rep")}
    assert desk().rep(segments="enterprise").lead(segment="smb").outcomes() == {"L1": ("assigned", "best_value")}
    assert desk().rep(regions="APAC").lead(region="unknown").outcomes() == {"L1": ("assigned", "best_value")}


def test_the_segment_is_hard_where_the_settings_say_so(desk) -> None:
    """leads.authority = segment: a rep for enterprise does not get smb, and the region does not matter any more."""
    waiting = desk(leads_authority="segment").rep(segments="enterprise", regions="APAC").lead(segment="smb").lead("L2", segment="mid")  # fmt: skip
    assert waiting.outcomes() == {"L1": ("nurture", "no_eligible_rep"), "L2": ("assigned", "best_value")}


def test_a_lead_worth_less_than_nurturing_it_is_nurtured(desk) -> None:
    """Nobody ever won a deal, so a lead is worth less than one dollar; the reserve is a dollar."""
    assert desk(leads_nurture_reserve_minor=100).rep().lead().outcomes() == {"L1": ("nurture", "below_reserve")}


def test_a_rep_without_a_user_or_with_one_who_left_gets_nothing(desk) -> None:
    """A row of the file whose e-mail no active user has is no rep; the other gets the lead."""
    waiting = desk().rep(BEN).lead()
    waiting.home.stage("rep", {"email": "gone@seller.example", "start_date": "2025-01-01", "capacity_per_week": 9.0}, source="hr")  # fmt: skip
    waiting.home.stage("user", {"user_id": "005Z", "email": "gone@seller.example", "is_active": False, "is_standard": True})  # fmt: skip
    assert set(waiting.places()) == {BEN} and waiting.outcomes() == {"L1": ("assigned", "best_value")}
