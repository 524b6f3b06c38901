"""Customers won and what they paid: new_customers, cac, ltv_historic.

AMBIGUITIES (readings taken here)
N1. An account is new on the earlier of the day of its first paid invoice (status paid, amount_paid > 0, at
    status_transitions.paid_at, else created) and the CloseDate of its first deal that is won today. A won deal without an
    account, and one closing after as-of's day, makes no customer.
N2. With one of Stripe and Salesforce off new_customers is computed from the other; with both off it has no rows.
N3. cac: the median runs over deals won with CloseDate in [period end - 365 days, period end), the nominal end also of a
    running period; expense counts up to as-of's day. not_covered where the moved period ends before the first ledger line.
N4. ltv_historic divides by accounts (not Stripe customers) that ever paid up to the period's end, as-of in a running one.
N5. Net of tax per record: amount minus its tax share rounded half-even, then converted at its own day; the gross margin
    rate is applied once, to the sum, half-even.
N6. Tax share of a paid invoice = amount_paid x tax / total; of a credit note = post-payment part x its tax / its amount.
N7. Rows of ltv_historic begin with the first paid invoice. A refund of a charge that paid no invoice still counts against.
"""

from datetime import date, timedelta
from fractions import Fraction

from mpm_pipeline_tests.independent import billing, rows
from mpm_pipeline_tests.independent.calendar import Calendar, Period
from mpm_pipeline_tests.independent.ledger import ledger
from mpm_pipeline_tests.independent.money import Rates, half_even
from mpm_pipeline_tests.independent.payers import Payers
from mpm_pipeline_tests.independent.pipeline import Deal
from mpm_pipeline_tests.independent.scorecard import covered, total
from mpm_pipeline_tests.independent.world import Snapshot


class Customers:
    """Payments and won deals by account."""

    def __init__(self, snapshot: Snapshot, calendar: Calendar, rates: Rates, payers: Payers, deals: list[Deal]) -> None:
        self.snapshot, self.calendar, self.rates, self.deals = snapshot, calendar, rates, deals
        self.today = calendar.date_of(snapshot.at)
        self.invoices = billing.invoices(snapshot)
        self.paid = [i for i in self.invoices if i.status == "paid" and i.amount_paid > 0]
        self.paid_on = {i.invoice_id: calendar.date_of(i.paid_at or i.created) for i in self.paid}
        self.first_paid: dict[str, date] = {}
        self.money: list[tuple[date, int | None]] = []
        for invoice in self.paid:
            account, day = payers.account(invoice.customer), self.paid_on[invoice.invoice_id]
            self.first_paid[account] = min(day, self.first_paid.get(account, day))
            net = invoice.amount_paid - invoice.tax_share(invoice.amount_paid)
            self.money.append((day, rates.to_reporting(net, invoice.currency, day)))
        for credit in billing.credit_notes(snapshot) + billing.refunds(snapshot, self.invoices):
            tax = half_even(Fraction(credit.post_payment * credit.tax, credit.amount)) if credit.amount else 0
            day = calendar.date_of(credit.created)
            if credit.post_payment:
                self.money.append((day, rates.to_reporting(tax - credit.post_payment, credit.currency, day)))
        self.new_on = dict(self.first_paid)
        for deal in deals:
            if deal.is_won and deal.account_id and deal.close_date <= self.today:
                self.new_on[deal.account_id] = min(deal.close_date, self.new_on.get(deal.account_id, deal.close_date))

    def first_day(self) -> date | None:
        """Give the first event of billing or deals."""
        days = [self.calendar.date_of(invoice.created) for invoice in self.invoices] + list(self.paid_on.values())
        days += [self.calendar.date_of(deal.created_at) for deal in self.deals]
        days += [deal.close_date for deal in self.deals if deal.is_closed]
        return min(days, default=None)

    def new_in(self, period: Period) -> int:
        """Count the accounts that became customers in a period."""
        return sum(period.holds(day) for day in self.new_on.values())

    def lag_days(self, end: date) -> int:
        """Give the median sales cycle of deals won in the 365 days before a date, in whole days."""
        won = [d for d in self.deals if d.is_won and end - timedelta(days=365) <= d.close_date < end]
        cycles = [(d.close_date - self.calendar.date_of(d.created_at)).days for d in won]
        return half_even(rows.middle(cycles)) if cycles else 0


def figures(snapshot: Snapshot, calendar: Calendar, rates: Rates, payers: Payers, deals: list[Deal]) -> list[rows.Row]:
    """Compute new_customers, cac and ltv_historic at month, quarter and fiscal year."""
    customers = Customers(snapshot, calendar, rates, payers, deals)
    out = []
    for period in calendar.all_periods(customers.first_day(), customers.today):
        out.append(rows.count("new_customers", period, customers.new_in(period)))
    first_paid = min(customers.first_paid.values(), default=None)
    for period in calendar.all_periods(first_paid, customers.today):
        out.append(_ltv(customers, period))
    return out + _cac(customers)


def _ltv(customers: Customers, period: Period) -> rows.Row:
    rates, rate = customers.rates, Fraction(str(customers.snapshot.settings["company"]["gross_margin_rate"]))
    gained, share = total([minor for day, minor in customers.money if day < period.end])
    payers = sum(day < period.end for day in customers.first_paid.values())
    if gained is None:
        return rows.row("ltv_historic", period, null_reason="fx_missing", unit="money")
    found = rows.money_ratio("ltv_historic", period, half_even(gained * rate), payers, rates.reporting, rates.digits)
    found.coverage = share
    return found


def _cac(customers: Customers) -> list[rows.Row]:
    calendar, rates = customers.calendar, customers.rates
    lines = [line for line in ledger(customers.snapshot, calendar, rates) if line.is_expense]
    first_line = min((line.booked_on for line in lines), default=None)
    starts = [day for day in (first_line, customers.first_day()) if day]
    out = []
    for period in calendar.all_periods(min(starts, default=None), customers.today):
        lag = timedelta(days=customers.lag_days(period.end))
        moved = Period(period.grain, period.start - lag, period.end - lag)
        if not covered(moved, first_line) or not covered(period, customers.first_day()):
            out.append(rows.row("cac", period, null_reason="not_covered", unit="money"))
            continue
        spent, share = total([line.reporting_minor for line in lines if moved.holds(line.booked_on)])
        if spent is None:
            out.append(
                rows.row("cac", period, null_reason="fx_missing", unit="money", denominator=customers.new_in(period))
            )
            continue
        found = rows.money_ratio("cac", period, spent, customers.new_in(period), rates.reporting, rates.digits)
        found.coverage = share
        out.append(found)
    return out
