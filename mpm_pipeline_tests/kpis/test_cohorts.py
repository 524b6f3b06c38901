"""Cohort rates and velocities: who counts, the window's edge, maturity and the estimate (readings 5, 17, 18, 24)."""

import pytest


def lead(lead_id, created, stage="inquiry", **rest):
    return {"lead_id": lead_id, "created_at": created, "status_stage": stage, **rest}


def moved(event_id, lead_id, at, old, new):
    return {"event_id": event_id, "lead_id": lead_id, "at": at, "field": "status", "old_stage": old, "new_stage": new}


def home_with(world, leads, events, as_of="2026-12-01 00:00", **settings):
    home = world(as_of, **settings)
    home.stage("person", *({"object": "Lead", "record_id": one["lead_id"], "email": f"{one['lead_id']}@x.com", "created_at": one["created_at"]} for one in leads))  # fmt: skip
    return home.stage("lead", *leads).stage("lead_event", *events)


def part(home, table, kpi_id, month):
    (row,) = [
        row
        for row in home.table(table)
        if (row["kpi_id"], row["period_grain"], f"{row['period_start']:%Y-%m}") == (kpi_id, "month", month)
    ]
    return row


def test_the_window_is_days_of_24_hours_edge_in(world):
    """MQL on 1 March 10:00; SAL 90 x 24 hours later counts, a second later does not."""
    leads = [lead(one, "2026-03-01 10:00", "mql") for one in ("L1", "L2")]
    home = home_with(
        world,
        leads,
        [moved("1", "L1", "2026-05-30 10:00", "mql", "sal"), moved("2", "L2", "2026-05-30 10:00:01", "mql", "sal")],
    )
    row = part(home, "kpis.part_cohort", "conversion_mql_sal", "2026-03")
    assert (row["numerator"], row["denominator"], row["null_reason"], row["maturity"]) == (1, 2, None, 1.0)


def test_a_cohort_is_mature_when_its_period_and_the_window_are_over(world):
    """March and 90 days end on 30 June: a moment earlier the value is withheld, whoever is in it, and at that instant not."""
    leads = [lead("L1", "2026-03-01 10:00", "mql")]
    before = part(home_with(world, leads, [], "2026-06-29 23:59"), "kpis.part_cohort", "conversion_mql_sal", "2026-03")
    after = part(home_with(world, leads, [], "2026-06-30 00:00"), "kpis.part_cohort", "conversion_mql_sal", "2026-03")
    assert (before["null_reason"], before["numerator"], before["denominator"], before["maturity"]) == (
        "immature_cohort",
        0,
        1,
        1.0,
    )
    assert after["null_reason"] is None


def test_the_estimate_of_an_immature_cohort_is_kaplan_meiers(world):
    """Four MQLs: one accepted after 1 day, one seen for 2 days only, one accepted after 3 days, one seen for 10: 1 - 3/4 x 1/2."""
    leads = [lead("L1", "2026-03-01 10:00", "mql"), lead("L2", "2026-03-09 00:00", "mql"), lead("L3", "2026-03-02 10:00", "mql"), lead("L4", "2026-03-01 00:00", "mql")]  # fmt: skip
    events = [moved("1", "L1", "2026-03-02 10:00", "mql", "sal"), moved("3", "L3", "2026-03-05 10:00", "mql", "sal")]
    row = part(home_with(world, leads, events, "2026-03-11 00:00"), "kpis.part_cohort", "conversion_mql_sal", "2026-03")
    assert (row["numerator"], row["denominator"], row["null_reason"]) == (2, 4, "immature_cohort")
    assert row["estimate"] == pytest.approx(1 - 3 / 4 * 1 / 2)


def test_rejection_and_recycling_are_of_the_mql_cohort(world):
    """Of two MQLs one is rejected, one recycled."""
    leads = [lead("L1", "2026-03-01 10:00"), lead("L2", "2026-03-01 10:00")]
    events = [
        moved("1", "L1", "2026-03-02 10:00", "mql", "rejected"),
        moved("2", "L2", "2026-03-02 10:00", "mql", "recycled"),
    ]
    home = home_with(world, leads, events)
    for kpi_id in ("rejection_rate", "recycle_rate"):
        row = part(home, "kpis.part_cohort", kpi_id, "2026-03")
        assert (row["numerator"], row["denominator"]) == (1, 2)


def test_sql_to_won_goes_by_the_deal_of_the_conversion(world):
    """L1's deal was won, L2's is open; L3 was never converted though its account won something."""
    leads = [
        lead(
            f"L{n}", "2026-03-01 10:00", "sql", is_converted=n < 3, converted_opportunity_id=f"O{n}" if n < 3 else None
        )
        for n in (1, 2, 3)
    ]
    events = [{"event_id": f"c{n}", "lead_id": f"L{n}", "at": "2026-03-03 10:00", "field": "converted"} for n in (1, 2)]
    home = home_with(world, leads, [*events, moved("s", "L3", "2026-03-03 10:00", "mql", "sql")])
    home.stage("opportunity", *({"opportunity_id": f"O{n}", "is_won": n == 1, "is_closed": n == 1, "stage": "x", "close_date": "2026-04-02", "created_at": "2026-03-03 10:00", "currency_code": "USD", "sales_process": "d"} for n in (1, 2)))  # fmt: skip
    row = part(home, "kpis.part_cohort", "conversion_sql_won", "2026-03")
    assert (row["numerator"], row["denominator"]) == (1, 3)


def test_velocity_is_the_median_of_clean_pairs(world):
    """1, 3 and 4 days; a fourth lead skipped MQL, so its pair is imputed and out. Of an even number the middle two are averaged."""
    leads = [lead(f"L{n}", "2026-03-01 10:00", "mql") for n in (1, 2, 3)] + [lead("L4", "2026-03-01 10:00")]
    days = {"L1": "02", "L2": "04", "L3": "05"}
    events = [moved(one, one, f"2026-03-{day} 10:00", "mql", "sal") for one, day in days.items()] + [moved("4", "L4", "2026-03-09 10:00", "inquiry", "sal")]  # fmt: skip
    row = part(home_with(world, leads, events), "kpis.part_velocity", "velocity_mql_sal", "2026-03")
    assert (row["value"], row["n"], row["null_reason"]) == (3.0, 3, None)
    row = part(home_with(world, leads[:2], events[:2]), "kpis.part_velocity", "velocity_mql_sal", "2026-03")
    assert row["value"] == 2.0


def test_an_immature_velocity_is_withheld(world):
    """In the month of entry nobody knows the median yet, but how many there are."""
    home = home_with(
        world,
        [lead("L1", "2026-03-01 10:00", "mql")],
        [moved("1", "L1", "2026-03-02 10:00", "mql", "sal")],
        "2026-03-20 00:00",
    )
    row = part(home, "kpis.part_velocity", "velocity_mql_sal", "2026-03")
    assert (row["value"], row["n"], row["null_reason"]) == (None, 1, "immature_cohort")


def test_counts_are_life_cycles_by_the_companys_day(world):
    """An MQL of 23:30 UTC on 31 March is one of April in Tokyo; by source, region and segment it is counted once each."""
    home = home_with(
        world, [lead("L1", "2026-03-31 23:30", "mql", lead_source="Web")], [], company_time_zone="Asia/Tokyo"
    )
    rows = [row for row in home.table("kpis.part_funnel") if row["period_grain"] == "month"]
    found = {
        (row["kpi_id"], f"{row['period_start']:%m}", row["segment_kind"], row["segment"], row["numerator"])
        for row in rows
    }
    by = {("all", "all"), ("region", "unknown"), ("segment", "unknown"), ("lead_source", "Web")}
    assert found == {("inquiries", "04", "all", "all", 1), *(("mqls", "04", kind, segment, 1) for kind, segment in by)}


def test_unknown_sources_are_of_lead_records(world):
    """Two leads of one person, one without a source: 1 of 2; merged, deleted and own people's leads are out of both sides."""
    leads = [
        lead("L1", "2026-03-01", lead_source="Web"),
        lead("L2", "2026-03-02"),
        lead("L3", "2026-03-02"),
        lead("L4", "2026-03-02"),
        lead("L5", "2026-03-02"),
    ]
    home = world("2026-07-01 00:00", company_internal_domains="our.example")
    home.stage(
        "person",
        {"object": "Lead", "record_id": "L1", "email": "a@x.com"}, {"object": "Lead", "record_id": "L2", "email": "a@x.com"},
        {"object": "Lead", "record_id": "L3", "email": "b@x.com", "is_deleted": True, "merged_into_id": "L1"},
        {"object": "Lead", "record_id": "L4", "email": "c@x.com", "is_deleted": True}, {"object": "Lead", "record_id": "L5", "email": "me@our.example"},
    ).stage("lead", *leads)  # fmt: skip
    row = part(home, "kpis.part_lead_source", "lead_source_unknown_rate", "2026-03")
    assert (row["numerator"], row["denominator"]) == (1, 2)
