"""Credits for deals: every model on journeys small enough to do by hand, and sums that are exact (readings 43-45)."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

WON = "2026-03-20"


@pytest.fixture
def today(world):
    home = world("2026-07-01 00:00")
    home.stage("account", {"record_id": "A1", "created_at": "2025-01-01"})
    home.stage("stage", {"stage": "Won", "is_closed": True, "is_won": True, "is_qualified": True})
    return home.stage(
        "person", {"object": "Contact", "record_id": "C1", "account_record_id": "A1", "created_at": "2026-02-10 12:00"}
    )


def deal(amount, created="2026-03-01 12:00", opportunity_id="O1", close=WON, **rest):
    return {"opportunity_id": opportunity_id, "account_record_id": "A1", "stage": "Won", "is_closed": True, "is_won": True, "amount_minor": amount, "created_at": created,
            "close_date": close, "currency_code": "USD", "sales_process": "default", **rest}  # fmt: skip


def touch(record_id, at, channel="email", kind="email_click"):
    return {"object": "activities", "record_id": record_id, "at": at, "origin": "marketing", "kind": kind, "channel": channel, "person_object": "Contact", "person_record_id": "C1"}  # fmt: skip


def credits(home, measure="revenue"):
    """Return {model: {last letter of the touch: credit}}."""
    found: dict[str, dict[str, int]] = {}
    for row in home.table("kpis.fct_attribution"):
        if row["measure"] == measure:
            found.setdefault(row["model"], {})[row["touch_id"].split(":")[-1]] = row["credit_minor"]
    return found


def test_five_touches_by_every_model(today):
    """a before the lead was known, b makes it known, c between, d before the deal, e before the close: 1,000 to share."""
    today.stage("opportunity", deal(1_000))
    today.stage(
        "touch",
        touch("a", "2026-02-01 12:00", "web", "form"), touch("b", "2026-02-09 12:00"), touch("c", "2026-02-15 12:00"), touch("d", "2026-02-28 12:00"),
        touch("e", "2026-03-15 12:00", "web", "form"),
    )  # fmt: skip
    found = credits(today)
    assert found["first"] == {"a": 1_000}
    assert found["last"] == {"e": 1_000}
    assert found["last_non_direct"] == {"d": 1_000}
    assert found["linear"] == dict.fromkeys("abcde", 200)
    assert found["u_shaped"] == {"a": 400, "b": 400, "c": 67, "d": 67, "e": 66}
    assert found["w_shaped"] == {"a": 300, "b": 300, "c": 50, "d": 300, "e": 50}
    assert found["full_path"] == {"a": 225, "b": 225, "c": 100, "d": 225, "e": 225}


def test_a_person_is_as_old_as_the_lead_that_was_merged_away(today):
    """The merged-away lead of 3 February makes a the lead-creation touch, not b before the surviving lead of the 9th."""
    lead = {"object": "Lead", "email": "x@y.com", "account_record_id": "A1"}
    today.stage(
        "person",
        {**lead, "record_id": "L1", "created_at": "2026-02-09"},
        {**lead, "record_id": "L2", "created_at": "2026-02-03", "is_deleted": True, "merged_into_id": "L1"},
    )
    today.stage("opportunity", deal(100)).stage(
        "touch", *(touch(one, f"2026-02-0{n} 12:00") for n, one in ((1, "a"), (4, "b"), (8, "c")))
    )
    assert credits(today)["u_shaped"] == {"a": 80, "b": 10, "c": 10}


def test_a_person_of_a_lead_form_alone_is_not_the_oldest(today):
    """Lead, else contact, else marketing: the form of 1 January does not make a the lead-creation touch, the contact does b."""
    today.stage(
        "person",
        {"object": "leadFormResponses", "record_id": "F1", "email": "x@acme.com", "account_record_id": "A1", "created_at": "2026-01-01"},
        source="linkedin",
    )  # fmt: skip
    today.stage("opportunity", deal(100)).stage("touch", touch("a", "2026-02-01 12:00"), touch("b", "2026-02-09 12:00"))
    assert credits(today)["u_shaped"] == {"a": 50, "b": 50}


def test_marketing_does_not_age_a_contact(today):
    """The contact of 10 February was known to marketing since January: b is the lead-creation touch still, not a."""
    one = {"email": "ann.lee@acme.com", "first_name": "Ann", "last_name": "Lee", "account_record_id": "A1"}
    today.stage("person", one | {"object": "Contact", "record_id": "C2", "created_at": "2026-02-10"})
    today.stage("person", one | {"object": "leads", "record_id": "7", "created_at": "2026-01-01"}, source="marketo")
    today.stage("opportunity", deal(100)).stage("touch", touch("a", "2026-02-01 12:00"), touch("b", "2026-02-09 12:00"))
    assert credits(today)["u_shaped"] == {"a": 50, "b": 50}


def test_time_decay_halves_with_every_half_life(today):
    """Two touches 30 days apart: the later weighs twice as much, 600 to 300 of 900."""
    today.stage("opportunity", deal(900)).stage("touch", touch("a", "2026-02-01 12:00"), touch("b", "2026-03-03 12:00"))
    assert credits(today)["time_decay"] == {"a": 300, "b": 600}


def test_pipeline_looks_back_from_the_deals_creation(today):
    """Touches after the creation earn nothing of the pipeline; full path is for revenue alone."""
    today.stage("opportunity", deal(100)).stage("touch", touch("a", "2026-02-01 12:00"), touch("b", "2026-03-01 12:00"), touch("c", "2026-03-02 12:00"))  # fmt: skip
    found = credits(today, "pipeline")
    assert found["linear"] == {"a": 50, "b": 50}
    assert "full_path" not in found and "full_path" in credits(today)


def test_coinciding_milestones_add_up_and_a_missing_middle_is_shared(today):
    """One touch earns all by every model; of two in U without a middle each gets half, or all when both milestones are one."""
    today.stage(
        "opportunity", deal(100), deal(100, opportunity_id="O2", created="2025-08-01 12:00", close="2025-09-01")
    )
    today.stage("touch", touch("x", "2025-07-01 12:00"))
    only = {row["credit_minor"] for row in today.table("kpis.fct_attribution") if row["opportunity_id"] == "O2"}
    assert only == {100}
    later = today.again()
    later.stage("touch", touch("a", "2026-02-01 12:00"), touch("b", "2026-02-09 12:00"))
    assert credits(later)["u_shaped"] == {"a": 50, "b": 50, "x": 100}
    assert credits(later)["w_shaped"] == {"a": 33, "b": 67, "x": 100}


def test_the_rest_goes_to_the_earlier_touch(today):
    """100 by three is 34, 33, 33."""
    today.stage("opportunity", deal(100)).stage(
        "touch", *(touch(one, f"2026-02-0{n} 12:00") for n, one in enumerate("abc", 1))
    )
    assert credits(today)["linear"] == {"a": 34, "b": 33, "c": 33}


def test_touches_at_one_instant_are_in_order_of_their_ids(today):
    """Two touches of the same second: the vendor's id decides who is first."""
    today.stage("opportunity", deal(100)).stage(
        "touch", touch("2", "2026-02-01 12:00", "event"), touch("1", "2026-02-01 12:00", "email")
    )
    assert credits(today)["first"] == {"1": 100} and credits(today)["last"] == {"2": 100}


def test_no_touch_is_one_row_unattributed_and_no_amount_is_no_row(today):
    """A deal that nobody touched keeps its amount in one row; a deal of nothing or of unknown amount has no rows."""
    today.stage("opportunity", deal(100), deal(0, opportunity_id="O2"), deal(None, opportunity_id="O3"))
    rows = [row for row in today.table("kpis.fct_attribution") if row["measure"] == "revenue"]
    assert {(row["opportunity_id"], row["channel"], row["touch_id"], row["credit_minor"]) for row in rows} == {
        ("O1", "unattributed", "", 100)
    }
    assert len(rows) == 8


def test_the_look_back_of_revenue_ends_with_the_close_date(today):
    """A touch on the evening of the close date counts, one of the next midnight does not; 180 x 24 hours before that end is the other edge."""
    today.stage("opportunity", deal(100))
    today.stage(
        "touch",
        touch("a", "2026-03-20 23:59"),
        touch("b", "2026-03-21 00:00"),
        touch("c", "2025-09-22 00:00"),
        touch("d", "2025-09-21 23:59"),
    )
    assert set(credits(today)["linear"]) == {"a", "c"}


def test_credits_of_every_deal_and_model_sum_to_its_amount(today):
    """Thirty deals of odd amounts, one negative, and a hundred touches: no cent is lost or made by any model."""
    dice = Random(3)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    today.stage("touch", *(touch(f"t{n:03d}", (start + timedelta(hours=dice.randrange(2_000))).isoformat(), dice.choice(["web", "email", "event"]), "form") for n in range(100)))  # fmt: skip
    amounts = {f"O{n}": dice.randrange(1, 10**9) * (-1 if n == 7 else 1) for n in range(30)}
    today.stage("opportunity", *(deal(amount, opportunity_id=key, created=(start + timedelta(days=dice.randrange(20, 80))).isoformat(), close=f"2026-04-{dice.randrange(1, 29):02d}") for key, amount in amounts.items()))  # fmt: skip
    sums: dict[tuple[str, str, str], int] = {}
    for row in today.table("kpis.fct_attribution"):
        key = (row["opportunity_id"], row["measure"], row["model"])
        sums[key] = sums.get(key, 0) + row["credit_minor"]
    assert len(sums) == 30 * (8 + 7)
    assert {key: total for key, total in sums.items() if total != amounts[key[0]]} == {}
