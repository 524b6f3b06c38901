"""New customers, what they cost and what they brought (readings 33, 42, 51)."""

import pytest


def company(world, *, as_of="2026-07-10 00:00", **settings):
    """Two billing customers with accounts; the CRM's first event is of New Year's Eve."""
    home = (
        world(as_of, **settings)
        .measuring("customers", "revenue")
        .stage("opportunity", {"opportunity_id": "O0", "created_at": "2025-12-31"})
    )
    named = [("customers", "c1", "A"), ("customers", "c2", "B")]
    return home.stage("customer.account_of", *({"object": o, "record_id": r, "account_id": a} for o, r, a in named), source="stripe")  # fmt: skip


def invoice(invoice_id, customer, paid, amount, *, total=None, tax=0, status="paid"):
    return {"invoice_id": invoice_id, "customer_id": customer, "status": status, "currency_code": "USD", "created_at": "2026-01-01", "finalized_at": "2026-01-01", "paid_at": paid, "amount_paid_minor": amount, "total_minor": total or amount, "tax_minor": tax}  # fmt: skip


def won(opportunity_id, account, close, created="2026-01-01"):
    return {"opportunity_id": opportunity_id, "account_id": account, "is_won": True, "is_closed": True, "close_date": close, "created_date": created, "created_at": created, "sourced_by": "unknown", "region": "unknown", "segment": "unknown", "currency_code": "USD"}  # fmt: skip


def figures(home, kpi_id, grain="month"):
    found = [
        r
        for r in home.table("kpis.fct_kpi")
        if (r["kpi_id"], r["period_grain"], r["segment_kind"]) == (kpi_id, grain, "all")
    ]
    return {row["period_start"].isoformat()[:7]: row for row in found}


def test_an_account_is_new_once_by_its_first_payment_or_deal(world):
    """A paid in February and won in March; B won in March, pays later; an unknown customer stands for itself; 0 is no payment."""
    home = company(world)
    home.stage("invoice", invoice("1", "c1", "2026-01-20", 0), invoice("2", "c1", "2026-02-20", 100), invoice("3", "c2", "2026-04-01", 100), invoice("4", "c9", None, 5), source="stripe")  # fmt: skip
    home.stage(
        "kpis.fct_opportunity", won("O1", "A", "2026-03-01"), won("O2", "B", "2026-03-09"), won("O3", "C", "2026-12-01")
    )
    rows = {r["account_id"]: (r["since_date"].isoformat(), r["sign"]) for r in home.table("kpis.new_customer")}
    assert rows == {"A": ("2026-02-20", "invoice"), "B": ("2026-03-09", "opportunity"), "c9": ("2026-01-01", "invoice")}
    assert [figures(home, "new_customers")[m]["numerator"] for m in ("2026-01", "2026-02", "2026-03", "2026-04")] == [
        1,
        1,
        1,
        0,
    ]


def ledger(home, *lines):
    return home.stage("ledger_line", *({"line_id": str(n), "booked_on": day, "amount_minor": amount, "function": "sales", "kind": "people", "currency_code": "USD"} for n, (day, amount) in enumerate(lines)), source="finance")  # fmt: skip


def test_cac_takes_the_expense_of_the_period_moved_back_by_the_usual_cycle(world):
    """Cycles of 10 and 21 days: median 15.5, half-even 16. June moved back: [16 May, 15 June)."""
    home = company(world)
    home.stage(
        "kpis.fct_opportunity", won("O1", "A", "2026-06-11", "2026-06-01"), won("O2", "B", "2026-06-22", "2026-06-01")
    )
    ledger(home, ("2026-05-15", 1), ("2026-05-16", 20), ("2026-06-14", 300), ("2026-06-15", 4_000))
    june = figures(home, "cac")["2026-06"]
    assert (june["numerator"], june["denominator"], june["value_minor"], june["value"]) == (320, 2, 160, 1.6)


def test_cac_before_the_ledger_is_not_covered_and_without_customers_has_no_denominator(world):
    """The ledger begins on 10 June; moved back by 16 days June still reaches it, May ends before it."""
    home = company(world)
    home.stage(
        "kpis.fct_opportunity", won("O1", "A", "2026-05-11", "2026-04-25"), won("O2", "B", "2026-06-27", "2026-06-11")
    )
    ledger(home, ("2026-06-10", 50), ("2026-06-20", 9))
    found = figures(home, "cac")
    assert found["2026-05"]["null_reason"] == "not_covered"
    assert (found["2026-06"]["numerator"], found["2026-06"]["denominator"]) == (50, 1)
    assert found["2026-07"]["null_reason"] == "zero_denominator"


def paid_company(world, **settings):
    """A paid 119.00 with 19.00 tax, B 50.00; charges name their invoice through the invoice payment."""
    home = company(world, **settings)
    home.stage("invoice", invoice("1", "c1", "2026-02-01", 11_900, tax=1_900), invoice("2", "c2", "2026-03-01", 5_000), source="stripe")  # fmt: skip
    home.stage("payment", {"payment_id": "ch1", "customer_id": "c1", "payment_intent_id": "pi1", "status": "succeeded", "currency_code": "USD", "created_at": "2026-02-01"}, source="stripe")  # fmt: skip
    return home.stage("invoice_payment", {"invoice_payment_id": "ip1", "invoice_id": "1", "payment_intent_id": "pi1", "status": "paid", "currency_code": "USD"}, source="stripe")  # fmt: skip


@pytest.mark.parametrize(("payment", "intent"), [("ch1", None), (None, "pi1")])
def test_a_refund_gives_back_its_share_of_tax_too(world, payment, intent):
    """23.80 refunded of 119.00 with 19.00 tax: 20.00 without tax, whether the charge or only the intent is named."""
    home = paid_company(world)
    home.stage("refund", {"refund_id": "r", "payment_id": payment, "payment_intent_id": intent, "status": "succeeded", "amount_minor": 2_380, "currency_code": "USD", "created_at": "2026-04-02"}, source="stripe")  # fmt: skip
    found = figures(home, "ltv_historic")
    assert (found["2026-02"]["numerator"], found["2026-02"]["denominator"]) == (10_000, 1)
    assert (found["2026-04"]["numerator"], found["2026-04"]["denominator"], found["2026-04"]["value"]) == (
        13_000,
        2,
        65.0,
    )


def credit_note(**changes):
    return {"credit_note_id": "n", "invoice_id": "1", "customer_id": "c1", "status": "issued", "total_minor": 1_190, "tax_minor": 190, "post_payment_minor": 1_190, "currency_code": "USD", "created_at": "2026-04-02"} | changes  # fmt: skip


@pytest.mark.parametrize(("status", "left"), [("issued", 14_000), ("void", 13_000)])
def test_a_refund_that_a_credit_note_names_counts_once(world, status, left):
    """The note gives back 10.00 without tax and names the refund; a void note names nothing, so the refund of 20.00 counts."""
    home = paid_company(world)
    home.stage("credit_note", credit_note(status=status), source="stripe")
    home.stage("credit_note_refund", {"credit_note_id": "n", "refund_id": "r"}, source="stripe")
    home.stage("refund", {"refund_id": "r", "payment_id": "ch1", "status": "succeeded", "amount_minor": 2_380, "currency_code": "USD", "created_at": "2026-04-02"}, source="stripe")  # fmt: skip
    assert figures(home, "ltv_historic")["2026-04"]["numerator"] == left


def test_margin_is_applied_once_to_the_sum_and_named(world):
    """(100.00 + 50.00) x 0.333 = 49.95 for two: 24.975, half-even 24.98; the basis says margin."""
    found = figures(paid_company(world, company_gross_margin_rate=0.333), "ltv_historic")["2026-03"]
    assert (found["numerator"], found["value_minor"], found["value"], found["basis"]) == (
        4_995,
        2_498,
        24.975,
        "margin",
    )
    assert figures(paid_company(world), "ltv_historic")["2026-03"]["basis"] == "revenue"


def test_invoice_lines_are_recognised_day_by_day_and_credit_notes_on_their_day(world):
    """10.00 over three days from 30 June: 3.33 of it in June, 6.67 in July; the note takes 10.00 back in July; void ones nothing."""
    home = company(world)
    home.stage(
        "invoice",
        invoice("1", "c1", None, 0, status="open"),
        invoice("2", "c1", None, 0, status="void"),
        source="stripe",
    )
    home.stage("invoice_line", *({"line_id": f"l{n}", "invoice_id": n, "amount_minor": 1_200, "discount_minor": 100, "inclusive_tax_minor": 100, "period_start_at": "2026-06-30", "period_end_at": "2026-07-03"} for n in ("1", "2")), source="stripe")  # fmt: skip
    home.stage("credit_note", credit_note(created_at="2026-07-05"), credit_note(credit_note_id="m", invoice_id="2", created_at="2026-07-05"), source="stripe")  # fmt: skip
    found = figures(home, "recognised_revenue")
    assert (found["2026-06"]["value_minor"], found["2026-07"]["value_minor"]) == (333, 667 - 1_000)
