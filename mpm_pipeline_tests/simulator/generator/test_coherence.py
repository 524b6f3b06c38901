"""What one record of the default world says agrees with what the others say: money, stages, statuses, time."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from mpm_pipeline_tests.simulator.generator.looking import Look, Record, day_of, instant


def test_invoices_add_up(look: Look) -> None:
    """Lines, discounts, taxes, credit before payment and the amount paid agree in every invoice, to the minor unit."""
    for invoice in look.live("stripe/invoices"):
        lines = invoice["lines"]["data"]
        discount = sum(part["amount"] for line in lines for part in line["discount_amounts"])
        tax = sum(part["amount"] for line in lines for part in line["taxes"])
        assert invoice["subtotal"] == sum(line["amount"] for line in lines)
        assert sum(part["amount"] for part in invoice["total_discount_amounts"]) == discount
        assert sum(part["amount"] for part in invoice["total_taxes"]) == tax
        assert invoice["total_excluding_tax"] == invoice["subtotal"] - discount
        assert invoice["total"] == invoice["total_excluding_tax"] + tax
        assert invoice["amount_due"] == invoice["total"] - invoice["pre_payment_credit_notes_amount"] >= 0
        assert invoice["amount_paid"] == (invoice["amount_due"] if invoice["status"] == "paid" else 0)
        assert invoice["amount_remaining"] == invoice["amount_due"] - invoice["amount_paid"]


def test_payments_are_those_of_the_invoices(look: Look) -> None:
    """What invoices say was paid was paid by their payments, those by intents, those by one charge that succeeded."""
    paid: defaultdict[str, int] = defaultdict(int)
    charged: defaultdict[str, list[int]] = defaultdict(list)
    flawed = {key for _, key in look.flaws("broken")}
    for charge in look.live("stripe/charges"):
        if charge["status"] == "succeeded" and charge["id"] not in flawed:
            charged[charge["payment_intent"]].append(charge["amount"])
    for payment in look.live("stripe/invoice_payments"):
        if payment["status"] == "paid":
            paid[payment["invoice"]] += payment["amount_paid"]
            assert charged[payment["payment"]["payment_intent"]] == [payment["amount_paid"]]
    for invoice in look.live("stripe/invoices"):
        assert paid[invoice["id"]] == invoice["amount_paid"]


def test_money_that_goes_back_is_told_on_both_sides(look: Look) -> None:
    """Refunds add up to what their charge says, credit notes to what their invoice says; some refunds have a note."""
    refunded: defaultdict[str, int] = defaultdict(int)
    noted: defaultdict[tuple[str, str], int] = defaultdict(int)
    refunds = look.live("stripe/refunds")
    for refund in refunds:
        refunded[refund["charge"]] += refund["amount"]
    for charge in look.live("stripe/charges"):
        assert (
            charge["amount_refunded"] == refunded[charge["id"]] <= (charge["amount"] if refunded[charge["id"]] else 0)
        )
    notes = look.live("stripe/credit_notes")
    for note in notes:
        noted[note["invoice"], note["type"]] += note["amount"]
        assert note["amount"] == note["total_excluding_tax"] + sum(part["amount"] for part in note["total_taxes"])
    for invoice in look.live("stripe/invoices"):
        assert invoice["post_payment_credit_notes_amount"] == noted[invoice["id"], "post_payment"]
        assert invoice["pre_payment_credit_notes_amount"] == noted[invoice["id"], "pre_payment"]
    named = {part["refund"] for note in notes for part in note["refunds"]}
    assert named < {refund["id"] for refund in refunds}
    assert named


def test_stage_histories_end_at_the_stage_of_today(look: Look) -> None:
    """The newest history row of a deal has its stage, amount and close date; the first is at its creation."""
    rows: defaultdict[str, list[Record]] = defaultdict(list)
    for row in look.live("salesforce/OpportunityHistory"):
        rows[row["OpportunityId"]].append(row)
    without = {key for name, key in look.flaws("broken") if name == "Opportunity"}
    for deal in look.live("salesforce/Opportunity"):
        if deal["Id"] in without:
            continue
        mine = sorted(rows[deal["Id"]], key=lambda row: row["CreatedDate"])
        assert mine[0]["CreatedDate"] == deal["CreatedDate"]
        for field in ("StageName", "Amount", "CloseDate", "CurrencyIsoCode"):
            assert mine[-1][field] == deal[field]
        stages = {record["ApiName"]: record for record in look.live("salesforce/OpportunityStage")}
        assert (deal["IsClosed"], deal["IsWon"]) == tuple(
            stages[deal["StageName"]][name] for name in ("IsClosed", "IsWon")
        )


def test_lead_histories_end_at_the_status_and_owner_of_today(look: Look) -> None:
    """Each change starts from what the one before left; conversions without a row and late rows are the exceptions."""
    rows: defaultdict[tuple[str, str], list[Record]] = defaultdict(list)
    told = set()
    for version in look.all("salesforce/LeadHistory"):
        row = version.record
        rows[row["LeadId"], row["Field"]].append(row)
        told.add((row["LeadId"], row["Field"]))
    silent = 0
    for lead_id, lead in look.last("salesforce/Lead").items():
        if lead["IsConverted"] and (lead_id, "leadConverted") not in told:
            silent += 1
            continue
        for field, value in (("Status", lead["Status"]), ("Owner", lead["OwnerId"])):
            mine = sorted(rows[lead_id, field], key=lambda row: row["CreatedDate"])
            for before, after in zip(mine, mine[1:], strict=False):
                assert before["NewValue"] == after["OldValue"]
            assert not mine or mine[-1]["NewValue"] == value
    assert 0 < silent < 30


def test_nothing_happens_before_the_world_starts(look: Look) -> None:
    """Activities, tasks, meetings, lead histories, responses and ads days all lie at or after the start."""
    stamps = (
        ("marketo/activities", "activityDate"), ("salesforce/Task", "CreatedDate"), ("salesforce/Event", "CreatedDate"),
        ("salesforce/LeadHistory", "CreatedDate"), ("salesforce/CampaignMember", "CreatedDate"),
        ("salesforce/Lead", "CreatedDate"), ("linkedin/leadFormResponses", "submittedAt"),
    )  # fmt: skip
    for name, field in stamps:
        assert min(instant(version.record[field]) for version in look.all(name)) >= look.starts_at, name
    days = [day_of(version.record["dateRange"]["start"]) for version in look.all("linkedin/adAnalytics")]
    assert min(days) >= look.starts_at.date()


def test_money_and_deals_reach_eighteen_months_further_back(look: Look) -> None:
    """The first deals, invoices, ledger lines and jobs lie in the first weeks of the history, none before it."""
    begin = date(2024, 7, 1)
    firsts = (
        min(instant(deal["CreatedDate"]).date() for deal in look.live("salesforce/Opportunity")),
        min(instant(invoice["created"]).date() for invoice in look.live("stripe/invoices")),
        min(date.fromisoformat(row["booked_on"]) for row in look.live("finance/actuals")),
        min(date.fromisoformat(row["start_on"]) for row in look.live("hr/headcount")),
    )
    assert all(begin <= first < begin + timedelta(days=45) for first in firsts)


def test_won_deals_become_subscriptions(look: Look) -> None:
    """A deal won a week ago or longer is billed: its seats and interval are those of a subscription that names it."""
    billed = {record["metadata"].get("opportunity_id"): record for record in look.last("stripe/subscriptions").values()}
    ripe = (look.now - timedelta(days=7)).date().isoformat()
    won = [deal for deal in look.live("salesforce/Opportunity") if deal["IsWon"] and deal["CloseDate"] < ripe]
    assert len(won) > 100
    for deal in won:
        assert billed[deal["Id"]]["currency"] == deal["CurrencyIsoCode"].lower()


def test_versions_carry_their_own_stamp(look: Look) -> None:
    """A CRM version shows from its own modification on, unless it is late or was lost; ids are never reused."""
    late = 0
    for name in ("Account", "Contact", "Lead", "Opportunity", "Task", "Event", "CampaignMember"):
        for version in look.all(f"salesforce/{name}"):
            stamp = instant(version.record["SystemModstamp"])
            assert stamp <= version.at
            late += version.at - stamp > timedelta(hours=24)
    assert 20 < late < 200


def _end(month: str) -> datetime:
    year, number = (int(part) for part in month.split("-"))
    return datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC) - timedelta(seconds=1)


def _monthly(look: Look, subscription: Record, invoices: list[Record], at: datetime) -> int:
    """Compute the recurring amount of a subscription from its invoices, by the reading of the contract."""
    seconds, best = int(at.timestamp()), dict[str, Record]()
    for invoice in invoices:
        for line in invoice["lines"]["data"]:
            details = line["parent"]["subscription_item_details"]
            period = line["period"]
            if details and line["amount"] > 0 and period["start"] <= seconds < period["end"]:
                known = best.get(details["subscription_item"])
                if known is None or known["period"]["start"] < period["start"]:
                    best[details["subscription_item"]] = line
    prices = {item["id"]: item["price"] for item in subscription["items"]["data"]}
    total = 0
    for item, line in best.items():
        recurring = prices[item]["recurring"]
        if recurring["usage_type"] == "licensed":
            net = int(line["pricing"]["unit_amount_decimal"]) * line["quantity"]
            net -= sum(part["amount"] for part in line["discount_amounts"])
            total += round(Fraction(net, 12 if recurring["interval"] == "year" else 1))
    return total


@pytest.mark.parametrize("month", ["2025-02", "2025-12", "2026-05"])
def test_true_recurring_revenue_is_what_the_invoices_say(look: Look, month: str) -> None:
    """The truth's amount of every account and month equals one worked out from the served records alone."""
    at = _end(month)
    found: defaultdict[str, int] = defaultdict(int)
    by_subscription: defaultdict[str, list[Record]] = defaultdict(list)
    for invoice in look.live("stripe/invoices"):
        if invoice["parent"] and invoice["status"] not in ("void", "draft"):
            by_subscription[invoice["parent"]["subscription_details"]["subscription"]].append(invoice)
    for subscription in look.live("stripe/subscriptions"):
        then = [v.record for v in look.all("stripe/subscriptions") if v.key == subscription["id"] and v.at <= at]
        is_off = not then or then[-1]["pause_collection"] or then[-1]["status"] in ("unpaid", "trialing", "canceled")
        if not is_off:
            found[subscription["customer"]] += _monthly(look, subscription, by_subscription[subscription["id"]], at)
    customers = {r["record_id"]: r["account"] for r in look.truth("account") if r["object"] == "customers"}
    true = {row["account"]: row["mrr_minor"] for row in look.truth("mrr") if row["month"] == month}
    assert {customers[key]: amount for key, amount in found.items() if amount} == {k: v for k, v in true.items() if v}
    assert sum(amount > 0 for amount in true.values()) > 20
