"""From hand-raises and status history to entries into stages (inputs, life cycle; readings 13-16, 27, 50)."""

import pytest

from mpm_pipeline.vocabulary import LEAD_STAGES, SIDE_STAGES

CREATED = "2026-03-01 09:00"
STAGES = (*LEAD_STAGES, *SIDE_STAGES)


def lead(lead_id="L1", *, created=CREATED, stage="inquiry", **rest):
    return {"lead_id": lead_id, "created_at": created, "status_stage": stage, "modified_at": created, **rest}


def moved(event_id, at, old, new, lead_id="L1", field="status"):
    name = "stage" if field == "status" else "value"
    return {"event_id": event_id, "lead_id": lead_id, "at": at, "field": field, f"old_{name}": old, f"new_{name}": new}


def raised(record_id, at, person="L1", **rest):
    return {"object": "CampaignMember", "record_id": record_id, "at": at, "origin": "marketing", "kind": "member_response", "is_hand_raise": True,
            "channel": "event", "person_object": "Lead", "person_record_id": person, **rest}  # fmt: skip


@pytest.fixture
def today(world):
    home = world("2026-07-01 00:00")
    home.stage("person", {"object": "Lead", "record_id": "L1", "email": "ada@acme.com", "created_at": CREATED})
    return home


def entries(home):
    """Return (cycle, stage, instant, marks) in order; marks: i imputed, d known by its day."""
    found = sorted(home.table("kpis.fct_lead_stage"), key=lambda row: (row["cycle_no"], row["entered_at"], STAGES.index(row["stage"])))  # fmt: skip
    return [(row["cycle_no"], row["stage"], f"{row['entered_at']:%m-%d %H:%M}", "i" * row["is_imputed"] + "d" * row["is_day_grain"]) for row in found]  # fmt: skip


def test_a_lead_without_a_hand_raise_is_an_inquiry_from_its_creation(today):
    """The creation stands in for the hand-raise and says so; a status that means inquiry makes no entry of its own."""
    today.stage("lead", lead())
    assert entries(today) == [(1, "inquiry", "03-01 09:00", "i")]


def test_the_first_status_holds_from_the_creation(today):
    """The old value of the first change is the first status: MQL since 1 March, SAL on 3 March."""
    today.stage("lead", lead(stage="sal")).stage("lead_event", moved("h1", "2026-03-03 10:00", "mql", "sal"))
    assert entries(today) == [
        (1, "inquiry", "03-01 09:00", "i"),
        (1, "mql", "03-01 09:00", ""),
        (1, "sal", "03-03 10:00", ""),
    ]


def test_hand_raises_come_first(today):
    """The first hand-raise is the inquiry, also when it comes after the lead's creation; a later one changes nothing."""
    today.stage("lead", lead()).stage("lead_event", moved("h1", "2026-03-09 10:00", "inquiry", "mql"))
    today.stage("touch", raised("m1", "2026-03-05 12:00"), raised("m2", "2026-03-20 12:00"))
    assert entries(today) == [(1, "inquiry", "03-05 12:00", ""), (1, "mql", "03-09 10:00", "")]


def test_a_stage_before_the_first_hand_raise_imputes_the_inquiry(today):
    """MQL on 3 March, hand-raise on 5 March: the inquiry is imputed on 3 March, not at the creation."""
    today.stage("lead", lead()).stage("lead_event", moved("h1", "2026-03-03 10:00", "inquiry", "mql")).stage("touch", raised("m1", "2026-03-05 12:00"))  # fmt: skip
    assert entries(today) == [(1, "inquiry", "03-03 10:00", "i"), (1, "mql", "03-03 10:00", "")]


def test_skipped_stages_are_imputed_and_going_back_erases_nothing(today):
    """From inquiry to SQL at once, then back to MQL: mql and sal are imputed at the instant of sql, which stays."""
    today.stage("lead", lead()).stage("lead_event", moved("h1", "2026-03-04 10:00", "inquiry", "sql"), moved("h2", "2026-03-06 10:00", "sql", "mql"))  # fmt: skip
    assert entries(today) == [
        (1, "inquiry", "03-01 09:00", "i"), (1, "mql", "03-04 10:00", "i"), (1, "sal", "03-04 10:00", "i"), (1, "sql", "03-04 10:00", ""),
    ]  # fmt: skip


def test_after_recycled_the_next_stage_opens_the_next_cycle(today):
    """Recycled on 10 March; the status New of 20 March re-opens as an inquiry; MQL on 22 March belongs to cycle 2."""
    today.stage("lead", lead(stage="mql")).stage(
        "lead_event",
        moved("h1", "2026-03-04 10:00", "inquiry", "mql"), moved("h2", "2026-03-10 10:00", "mql", "recycled"),
        moved("h3", "2026-03-20 10:00", "recycled", "inquiry"), moved("h4", "2026-03-22 10:00", "inquiry", "mql"),
    )  # fmt: skip
    assert entries(today) == [
        (1, "inquiry", "03-01 09:00", "i"), (1, "mql", "03-04 10:00", ""), (1, "recycled", "03-10 10:00", ""),
        (2, "inquiry", "03-20 10:00", ""), (2, "mql", "03-22 10:00", ""),
    ]  # fmt: skip


def test_any_stage_or_hand_raise_after_rejection_opens_the_next_cycle(today):
    """A SAL straight after rejection opens cycle 2 with earlier stages imputed; a hand-raise after the next one opens cycle 3."""
    today.stage("lead", lead(stage="rejected")).stage(
        "lead_event",
        moved("h1", "2026-03-04 10:00", "inquiry", "rejected"), moved("h2", "2026-03-10 10:00", "rejected", "sal"),
        moved("h3", "2026-03-12 10:00", "sal", "rejected"),
    ).stage("touch", raised("m1", "2026-03-20 00:00", is_day_grain=True))  # fmt: skip
    assert entries(today) == [
        (1, "inquiry", "03-01 09:00", "i"), (1, "rejected", "03-04 10:00", ""),
        (2, "inquiry", "03-10 10:00", "i"), (2, "mql", "03-10 10:00", "i"), (2, "sal", "03-10 10:00", ""), (2, "rejected", "03-12 10:00", ""),
        (3, "inquiry", "03-20 00:00", "d"),
    ]  # fmt: skip


def test_one_cycle_runs_over_all_leads_of_a_person(today):
    """Two leads of one person: L1's MQL and L2's SAL are one cycle; each entry names its own lead."""
    today.stage(
        "person", {"object": "Lead", "record_id": "L2", "email": "ADA@acme.com", "created_at": "2026-03-05 09:00"}
    )
    today.stage("lead", lead(), lead("L2", created="2026-03-05 09:00", stage="inquiry"))
    today.stage(
        "lead_event",
        moved("h1", "2026-03-04 10:00", "inquiry", "mql"),
        moved("h2", "2026-03-08 10:00", "inquiry", "sal", "L2"),
    )
    assert entries(today) == [
        (1, "inquiry", "03-01 09:00", "i"),
        (1, "mql", "03-04 10:00", ""),
        (1, "sal", "03-08 10:00", ""),
    ]
    assert {row["stage"]: row["lead_id"] for row in today.table("kpis.fct_lead_stage")} == {
        "inquiry": "L1",
        "mql": "L1",
        "sal": "L2",
    }


def test_a_merged_leads_history_counts_under_the_survivor(today):
    """L2 was merged into L1; its MQL of 2 March is the earliest and counts, on the lead L1."""
    today.stage("person", {"object": "Lead", "record_id": "L2", "email": "x@y.com", "created_at": CREATED, "is_deleted": True, "merged_into_id": "L1"})  # fmt: skip
    today.stage("lead", lead(stage="mql"), lead("L2", is_deleted=True, merged_into_id="L1", stage="mql"))
    today.stage(
        "lead_event",
        moved("h1", "2026-03-09 10:00", "inquiry", "mql"),
        moved("h2", "2026-03-02 10:00", "inquiry", "mql", "L2"),
    )
    assert entries(today) == [(1, "inquiry", "03-01 09:00", "i"), (1, "mql", "03-02 10:00", "")]
    assert {row["lead_id"] for row in today.table("kpis.fct_lead_stage")} == {"L1"}


def test_deleted_leads_and_own_people_are_out(world):
    """A deleted lead without survivor and one of our own people are in no stage."""
    home = world("2026-07-01 00:00", company_internal_domains="our.example")
    home.stage(
        "person",
        {"object": "Lead", "record_id": "L1", "email": "gone@acme.com", "created_at": CREATED, "is_deleted": True},
        {"object": "Lead", "record_id": "L2", "email": "me@our.example", "created_at": CREATED},
    )
    home.stage("lead", lead(is_deleted=True), lead("L2"))
    assert entries(home) == []


def test_a_conversion_with_its_instant(today):
    """The history says when the lead was converted: sql then, mql and sal imputed."""
    today.stage("lead", lead(stage="sql", is_converted=True, converted_date="2026-03-07")).stage("lead_event", moved("h1", "2026-03-07 15:00", None, None, field="converted"))  # fmt: skip
    assert entries(today)[-1] == (1, "sql", "03-07 15:00", "")


def test_a_conversion_known_by_its_day_alone(today):
    """Without history today's status says nothing before the conversion, and the day's start is sql."""
    today.stage("lead", lead(stage="sql", is_converted=True, converted_date="2026-03-07"))
    assert entries(today) == [
        (1, "inquiry", "03-01 09:00", "i"), (1, "mql", "03-07 00:00", "id"), (1, "sal", "03-07 00:00", "id"), (1, "sql", "03-07 00:00", "d"),
    ]  # fmt: skip


def test_todays_status_of_a_converted_lead_without_history_holds_from_the_conversion(today):
    """Converted on 7 March and recycled today: sql by its day, then recycled by the same day."""
    today.stage("lead", lead(stage="recycled", is_converted=True, converted_date="2026-03-07"))
    assert entries(today)[-2:] == [(1, "sql", "03-07 00:00", "d"), (1, "recycled", "03-07 00:00", "d")]


def test_a_day_grain_conversion_comes_after_the_entries_of_its_day(today):
    """SAL at 11:00 on the day of the conversion: sql is entered at 11:00, not at midnight."""
    today.stage("lead", lead(stage="sal", is_converted=True, converted_date="2026-03-07")).stage("lead_event", moved("h1", "2026-03-07 11:00", "mql", "sal"))  # fmt: skip
    assert entries(today)[-2:] == [(1, "sal", "03-07 11:00", ""), (1, "sql", "03-07 11:00", "d")]


def test_a_day_grain_conversion_comes_after_another_leads_conversion_of_its_day(today):
    """SAL at 11:00; the person's other lead was converted at 15:00, an entry like any other: sql is entered then, by that lead."""
    today.stage("person", {"object": "Lead", "record_id": "L2", "email": "ada@acme.com", "created_at": CREATED})
    today.stage("lead", lead(stage="sal", is_converted=True, converted_date="2026-03-07"), lead("L2", stage="sql", is_converted=True, converted_date="2026-03-07"))  # fmt: skip
    today.stage("lead_event", moved("h1", "2026-03-07 11:00", "mql", "sal"), moved("h2", "2026-03-07 15:00", None, None, "L2", "converted"))  # fmt: skip
    assert entries(today)[-2:] == [(1, "sal", "03-07 11:00", ""), (1, "sql", "03-07 15:00", "")]


def test_an_exact_instant_beats_a_day_at_the_same_instant(today):
    """SQL by history at 11:00 of the day of a conversion without an instant: both are 11:00, and the entry is exact."""
    today.stage("lead", lead(stage="sql", is_converted=True, converted_date="2026-03-07"))
    today.stage("lead_event", moved("h1", "2026-03-07 11:00", "sal", "sql"))
    assert entries(today)[-1] == (1, "sql", "03-07 11:00", "")


def test_a_hand_raise_without_a_lead_counts(today):
    """A lead-form response of somebody whom no system knows as a lead is an inquiry with no lead."""
    today.stage(
        "person",
        {"object": "leadFormResponses", "record_id": "f1", "email": "new@b.com", "region": "EMEA"},
        source="linkedin",
    )
    today.stage("touch", {**raised("f1", "2026-03-05 12:00", "f1"), "object": "leadFormResponses", "person_object": "leadFormResponses", "kind": "lead_form", "channel": "paid_social"}, source="linkedin")  # fmt: skip
    (row,) = today.table("kpis.fct_lead_stage")
    assert (row["stage"], row["lead_id"], row["is_imputed"], row["region"], row["inferred_source"]) == ("inquiry", None, False, "EMEA", "paid_social")  # fmt: skip


def test_a_person_known_to_marketing_alone_is_no_inquiry_while_the_crm_is_on(world):
    """With the CRM on a marketing lead makes no entry; with the CRM off it is the lead."""
    for off, expected in (
        ((), []),
        (("salesforce",), [(1, "inquiry", "03-01 09:00", "i"), (1, "mql", "03-01 09:00", "")]),
    ):
        home = world("2026-07-01 00:00", off=off)
        home.stage(
            "person", {"object": "leads", "record_id": "7", "email": "a@b.com", "created_at": CREATED}, source="marketo"
        )
        home.stage("lead", lead("7", stage="mql"), source="marketo")
        assert entries(home) == expected


def test_attributes_are_those_of_then_where_history_is_kept(today):
    """Owner of then from the owner history; region and segment of the account, else the lead's own."""
    today.stage(
        "person",
        {
            "object": "Lead",
            "record_id": "L2",
            "email": "b@c.com",
            "region": "APAC",
            "segment": "smb",
            "created_at": CREATED,
        },
    )
    today.stage(
        "account",
        {"record_id": "A1", "domain": "acme.com", "region": "EMEA", "segment": "mid", "created_at": "2025-01-01"},
    )
    today.stage("lead", lead(owner_id="U2", lead_source="Web"), lead("L2", owner_id="U9"))
    today.stage(
        "lead_event",
        moved("h1", "2026-03-04 10:00", "inquiry", "mql"),
        moved("o1", "2026-03-05 10:00", "Q1", "U2", field="owner"),
    )
    rows = {(row["lead_id"], row["stage"]): row for row in today.table("kpis.fct_lead_stage")}
    assert [rows["L1", "mql"][name] for name in ("owner_id", "region", "segment", "lead_source")] == [
        "Q1",
        "EMEA",
        "mid",
        "Web",
    ]
    assert [rows["L2", "inquiry"][name] for name in ("owner_id", "region", "segment", "lead_source")] == [
        "U9",
        "APAC",
        "smb",
        None,
    ]


def test_the_inferred_source_is_the_first_touch_in_the_look_back(today):
    """A touch 181 days before the inquiry is too old; of the later ones the first tells the channel."""
    today.stage("lead", lead())
    old = {"kind": "email_click", "is_hand_raise": False}
    today.stage("touch", raised("1", "2025-09-01 08:00", **old, channel="email"), raised("2", "2026-01-05 08:00", **{**old, "channel": "content"}), raised("3", "2026-03-01 08:00", channel="event"))  # fmt: skip
    (row,) = today.table("kpis.fct_lead_stage")
    assert (row["entered_at"].hour, row["inferred_source"]) == (8, "content")
