"""How fast sales answers, in the owner's business hours (readings 25; inputs, Routed and Attempt)."""

import pytest

HOURS = {"funnel_business_hours": "Mon-Fri 09:00-17:00"}


def home_with(
    world, mql, attempts=(), *, zone=None, owner="U1", as_of="2026-07-01 00:00", events=(), lead=None, **settings
):
    """One lead that is MQL since its creation, a user and a queue, and attempts on it."""
    home = world(as_of, **{**HOURS, **settings})
    home.stage("user", {"user_id": "U1", "is_standard": True, "is_active": True, "time_zone": zone})
    home.stage("person", {"object": "Lead", "record_id": "L1", "email": "a@x.com", "created_at": mql})
    home.stage("lead", {"lead_id": "L1", "created_at": mql, "status_stage": "mql", "owner_id": owner, **(lead or {})})
    home.stage("lead_event", *events)
    return home.stage("attempt", *({"object": "Task", "record_id": f"T{n}", "at": at, "kind": "call", "owner_id": "U1", "person_record_id": who} for n, (at, who) in enumerate(attempts)))  # fmt: skip


def response(home):
    (row,) = home.table("kpis.lead_response")
    return row


@pytest.mark.parametrize(
    ("routed", "answered", "hours", "due"),
    [
        ("2026-03-02 09:00", "2026-03-02 10:30", 1.5, "03-02 17:00"),
        ("2026-03-02 16:00", "2026-03-03 10:00", 2.0, "03-03 16:00"),
        ("2026-03-06 16:00", "2026-03-09 09:30", 1.5, "03-09 16:00"),
        ("2026-03-07 12:00", "2026-03-09 09:30", 0.5, "03-09 17:00"),
        ("2026-03-02 20:00", "2026-03-02 21:00", 0.0, "03-03 17:00"),
        ("2026-03-02 07:00", "2026-03-04 12:00", 19.0, "03-02 17:00"),
    ],
)
def test_business_hours_skip_nights_and_weekends(world, routed, answered, hours, due):
    """2 March 2026 is a Monday; hours run 9 to 17; eight of them later the answer is due, at closing time at the latest."""
    row = response(home_with(world, routed, [(answered, "L1")]))
    assert (row["business_hours"], f"{row['due_at']:%m-%d %H:%M}") == (hours, due)


def test_hours_run_in_the_owners_zone(world):
    """20:00 UTC is 12:00 in Los Angeles: the clock runs at once, and due is 12:00 there the next day."""
    row = response(home_with(world, "2026-03-02 20:00", [("2026-03-02 21:00", "L1")], zone="America/Los_Angeles"))
    assert (row["business_hours"], f"{row['due_at']:%m-%d %H:%M}") == (1.0, "03-03 20:00")


@pytest.mark.parametrize(
    ("routed", "answered", "due"),
    [("2026-03-08 06:30", "2026-03-08 07:30", "03-08 14:30"), ("2026-11-01 05:50", "2026-11-01 06:50", "11-01 13:50")],
)
def test_who_is_always_open_loses_and_gains_no_hour_with_the_clock(world, routed, answered, due):
    """New York, the nights of 8 March (01:30 to 03:30 by the clock) and of 1 November (01:50 to 01:50): one hour each."""
    settings = {"zone": "America/New_York", "as_of": "2026-12-01 00:00", "funnel_business_hours": "Mon-Sun 00:00-24:00"}
    row = response(home_with(world, routed, [(answered, "L1")], **settings))
    assert (row["business_hours"], f"{row['due_at']:%m-%d %H:%M}") == (1.0, due)


def test_a_lead_is_routed_when_a_user_gets_it(world):
    """In the queue until Tuesday 10:00: that is when it is routed; a call before does not answer it."""
    event = {
        "event_id": "o1",
        "lead_id": "L1",
        "at": "2026-03-03 10:00",
        "field": "owner",
        "old_value": "Q1",
        "new_value": "U1",
    }
    row = response(
        home_with(world, "2026-03-02 09:00", [("2026-03-02 12:00", "L1"), ("2026-03-03 11:00", "L1")], events=[event])
    )
    assert (f"{row['routed_at']:%m-%d %H}", row["business_hours"], row["owner_id"], row["attempts"]) == (
        "03-03 10",
        1.0,
        "U1",
        1,
    )


def test_a_lead_in_a_queue_is_not_routed(world):
    """Nobody has it, so nobody is slow."""
    assert home_with(world, "2026-03-02 09:00", owner="Q1").table("kpis.lead_response") == []


def test_attempts_on_the_contact_that_it_became_count(world):
    """After the conversion people call the contact; another contact's call does not count."""
    home = home_with(
        world,
        "2026-03-02 09:00",
        [("2026-03-02 10:00", "C2"), ("2026-03-02 12:00", "C1")],
        lead={"converted_contact_id": "C1"},
    )
    home.stage("person", {"object": "Contact", "record_id": "C1"}, {"object": "Contact", "record_id": "C2"})
    assert response(home)["business_hours"] == 3.0


def part(home, kpi_id):
    found = [
        row for row in home.table("kpis.part_response") if (row["kpi_id"], row["period_grain"]) == (kpi_id, "month")
    ]
    return [(row["numerator"], row["denominator"], row["value"]) for row in found]


def test_the_three_rates(world):
    """Answered in two hours by two calls within 14 days: in time, followed up, two hours."""
    home = home_with(world, "2026-03-02 09:00", [("2026-03-02 11:00", "L1"), ("2026-03-16 09:00", "L1")])
    assert part(home, "speed_to_lead_hours") == [(None, None, 2.0)]
    assert part(home, "sla_attainment") == [(1, 1, None)]
    assert part(home, "follow_up_rate") == [(1, 1, None)]


def test_never_answered_is_a_miss_but_not_slow(world):
    """No attempt: not in the median, missed in the SLA, not followed up."""
    home = home_with(world, "2026-03-02 09:00")
    assert part(home, "speed_to_lead_hours") == [(None, None, None)]
    assert part(home, "sla_attainment") == [(0, 1, None)]
    assert part(home, "follow_up_rate") == [(0, 1, None)]


def test_what_is_not_due_yet_is_in_no_rate(world):
    """One second before it is due, and before the 14 days are over, neither rate knows the lead; at the instant they do."""
    before = home_with(world, "2026-03-02 09:00", as_of="2026-03-02 16:59:59")
    assert part(before, "sla_attainment") == []
    assert part(home_with(world, "2026-03-02 09:00", as_of="2026-03-02 17:00"), "sla_attainment") == [(0, 1, None)]
    assert part(home_with(world, "2026-03-02 09:00", as_of="2026-03-16 08:59:59"), "follow_up_rate") == []
    assert part(home_with(world, "2026-03-02 09:00", as_of="2026-03-16 09:00"), "follow_up_rate") == [(0, 1, None)]
