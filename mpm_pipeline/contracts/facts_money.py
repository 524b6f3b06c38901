"""Contracts of the money facts: expenses, revenue by day, payments, recurring revenue, budget.

Everything is in the reporting currency's minor units unless the column names its currency; a record without a fresh rate keeps
its row with null, so that what is missing can be counted.
"""

from mpm_pipeline.contracts.table import Day, Flag, Instant, Table, Text, Whole, describe, key, may, must


class FctInvoice(Table):
    """One invoice of the billing system with the account that it belongs to."""

    invoice_id: Text = key("the vendor's id")
    source: Text = must("billing system")
    account_id: Text = may("account; null: the customer is not resolved")
    customer_id: Text = must("customer of the billing system")
    subscription_id: Text = may("subscription that it bills")
    status: Text = must("draft, open, paid, uncollectible or void")
    currency_code: Text = must("currency")
    total_minor: Whole = must("total with tax, after discounts")
    tax_minor: Whole = must("tax in the total")
    amount_paid_minor: Whole = must("amount paid")
    created_at: Instant = must("creation")
    finalized_at: Instant = may("when it became a demand; null for drafts")
    paid_at: Instant = may("when it was paid")
    Config = describe(
        "kpis.fct_invoice", ["invoice_id"], owner="finance", questions=("What did we bill, to whom?",), served=True
    )


class FctPayment(Table):
    """One charge with the account that paid and the invoice that it paid."""

    payment_id: Text = key("the vendor's id of the charge")
    source: Text = must("billing system")
    account_id: Text = may("account; null: the customer is not resolved")
    customer_id: Text = may("customer of the billing system")
    invoice_id: Text = may("invoice that it paid")
    status: Text = must("succeeded, pending or failed")
    amount_minor: Whole = must("amount")
    currency_code: Text = must("currency")
    amount_reporting_minor: Whole = may("amount in reporting currency; null: no fresh rate")
    created_at: Instant = must("instant of the charge")
    Config = describe(
        "kpis.fct_payment", ["payment_id"], owner="finance", questions=("What was paid, by whom?",), served=True
    )


class Expense(Table):
    """One ledger line that is an expense or recognised revenue, in reporting currency."""

    line_id: Text = key("id of the line")
    booked_on: Day = must("booking date")
    function: Text = must("marketing, sales or other")
    kind: Text = must("program, people, tooling, revenue or other")
    amount_reporting_minor: Whole = may("amount; null: no fresh rate")
    budget_line_id: Text = may("budget line")
    is_shadow_marketing: Flag = must("marketing paid by sales")
    Config = describe("kpis.expense", ["line_id"])


class FxWay(Table):
    """The rate from one currency to the reporting currency on one day, as an event takes it or a budget month."""

    purpose: Text = key("event or budget", isin=("event", "budget"))
    currency_code: Text = key("currency to convert from")
    rate_date: Day = key("day on which it counts")
    multiply: Text = must("whole number as text, see kpis.fx_rate")
    divide: Text = must("whole number as text")
    source_date: Day = must("day of the oldest rate that it rests on")
    method: Text = must("same, direct, inverse or cross")
    Config = describe("kpis.fx_way", ["purpose", "currency_code", "rate_date"])


class BudgetRate(Table):
    """The rate of one currency that a budget takes for one month, whatever its age (readings 36)."""

    currency_code: Text = key("currency to convert from")
    rate_date: Day = key("first day of the month")
    multiply: Text = must("whole number as text, see kpis.fx_rate")
    divide: Text = must("whole number as text")
    source_date: Day = must("day of the oldest rate that it rests on")
    method: Text = must("same, direct, inverse or cross")
    Config = describe("kpis.budget_rate", ["currency_code", "rate_date"])


class RevenueDay(Table):
    """Recognised revenue of one day, by the basis that counts in its fiscal year."""

    basis: Text = key("finance or invoices")
    revenue_date: Day = key("day")
    revenue_minor: Whole = must("revenue of the day in reporting currency")
    rows_all: Whole = must("ledger lines, credit notes and parts of invoice lines that should count")
    rows_used: Whole = must("those that had a fresh rate")
    Config = describe("kpis.revenue_day", ["basis", "revenue_date"])


class RevenuePeriod(Table):
    """Recognised revenue of one period with the basis that counts in its fiscal year."""

    period_grain: Text = key("month, quarter or fiscal_year")
    period_start: Day = key("first day")
    basis: Text = may("finance or invoices; null: neither says anything")
    revenue_minor: Whole = must("revenue in reporting currency")
    rows_all: Whole = must("amounts that should count, of invoice lines one per day")
    rows_used: Whole = must("those that had a fresh rate")
    Config = describe("kpis.revenue_period", ["period_grain", "period_start"])


class Receipt(Table):
    """One movement of money between a customer and us, without tax: payment, credit note after payment, or refund."""

    kind: Text = key("invoice, credit_note or refund")
    record_id: Text = key("the vendor's id")
    account_id: Text = may("account")
    received_on: Day = must("day in the company's zone")
    net_minor: Whole = must("amount without tax, in its currency; negative when money went back")
    currency_code: Text = must("currency")
    net_reporting_minor: Whole = may("the same in reporting currency; null: no fresh rate")
    Config = describe("kpis.receipt", ["kind", "record_id"])


class NewCustomer(Table):
    """One account that became a customer: first paid invoice or won deal, the earlier."""

    account_id: Text = key("account")
    since_date: Day = must("day in the company's zone")
    sign: Text = must("what made it a customer: invoice or opportunity")
    Config = describe("kpis.new_customer", ["account_id"])


class MrrItem(Table):
    """What one subscription item was worth a month at one month's end."""

    item_key: Text = key("subscription item, else subscription and price")
    month_date: Day = key("first day of the month")
    account_id: Text = must("account; the billing customer where it is not resolved")
    currency_code: Text = must("currency")
    mrr_minor: Whole = must("monthly recurring amount in its currency")
    line_id: Text = may("invoice line that it rests on; null: the current item")
    Config = describe("kpis.mrr_item", ["item_key", "month_date"])


class MrrClosing(Table):
    """Recurring revenue of one account in one currency at one month's end, with the rate of that day."""

    account_id: Text = key("account")
    currency_code: Text = key("currency")
    month_date: Day = key("first day of the month")
    closing_minor: Whole = must("monthly recurring amount in the currency")
    multiply: Text = may("rate of the month's last day, see kpis.fx_rate; null: no fresh rate")
    divide: Text = may("rate of the month's last day")
    Config = describe("kpis.mrr_closing", ["account_id", "currency_code", "month_date"])


class FctMrr(Table):
    """One account and month: how its recurring revenue moved, in reporting currency; the bridge closes to the minor unit."""

    account_id: Text = key("account")
    month: Day = key("first day of the month")
    currency_code: Text = must("reporting currency")
    opening_minor: Whole = must("last month's closing")
    new_minor: Whole = must("first recurring revenue ever")
    expansion_minor: Whole = must("more than before")
    contraction_minor: Whole = must("less than before, as a positive number")
    churn_minor: Whole = must("gone to nothing, as a positive number")
    reactivation_minor: Whole = must("back after nothing")
    fx_minor: Whole = must("opening re-valued at this month-end's rate, minus opening")
    closing_minor: Whole = must("opening + new + expansion - contraction - churn + reactivation + fx")
    Config = describe(
        "kpis.fct_mrr", ["account_id", "month"], owner="finance", questions=("Why did MRR move?",), served=True
    )


class FctBudget(Table):
    """One budget line and month in reporting currency: target, plan, forecast, committed and actual."""

    budget_line_id: Text = key("budget line")
    parent_line_id: Text = may("parent line")
    level: Text = must("company, department, team or campaign")
    name: Text = must("name")
    owner: Text = must("owner")
    month: Day = key("first day of the month")
    target_minor: Whole = may("target as given, never summed up")
    plan_minor: Whole = may("plan; of a parent the sum of its children")
    forecast_minor: Whole = may("forecast, likewise")
    committed_minor: Whole = may("committed, likewise")
    actual_minor: Whole = must("ledger lines booked on the line and on those below it")
    variance_minor: Whole = may("actual minus plan; null without a plan")
    currency_code: Text = must("reporting currency")
    is_top: Flag = must("counts in totals: no other line stands above it")
    Config = describe(
        "kpis.fct_budget",
        ["budget_line_id", "month"],
        owner="finance",
        questions=("Do we spend as planned?",),
        served=True,
    )


TABLES = (
    FctInvoice,
    FctPayment,
    Expense,
    FxWay,
    BudgetRate,
    RevenueDay,
    RevenuePeriod,
    Receipt,
    NewCustomer,
    MrrItem,
    MrrClosing,
    FctMrr,
    FctBudget,
)
