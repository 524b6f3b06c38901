"""The ledger: what marketing and sales cost month by month, and the revenue that was recognised.

People cost what head count says, campaigns what their vendors charge, revenue is the invoices spread over their days.
Revenue is booked for whole fiscal years only; the half year before has none, so that it must be taken from invoices.
"""

from datetime import date, timedelta
from fractions import Fraction

from mpm_pipeline.simulator.generator.catalogue import decimal_text, round_half_even
from mpm_pipeline.simulator.generator.headcount import YEARLY_COST, Job
from mpm_pipeline.simulator.generator.invoices import Invoice
from mpm_pipeline.simulator.generator.model import Campaign, World
from mpm_pipeline.simulator.generator.timeline import add_months, midnight, months
from mpm_pipeline.simulator.generator.writer import Record

PEOPLE_LINES = {"marketing": "BL-112", "sales": "BL-121"}
TOOLING = {"marketing": (14_500, "BL-113"), "sales": (21_000, "BL-122")}
CAMPAIGN_LINES = {
    "webinar": "BL-1111",
    "event": "BL-1112",
    "paid_social": "BL-1113",
    "content": "BL-1114",
    "email": "BL-1114",
    "podcast": "BL-1114",
}
BEFORE = (("webinar", 3600), ("event", 9800), ("paid_social", 21_000), ("content", 5200))
CHANNEL_WORDS = {"paid_social": "paid_social", "podcast": "other", "skywriting": "other"}


class Ledger:
    """Books lines and numbers them."""

    def __init__(self, world: World) -> None:
        self.world, self.rng = world, world.rng("ledger")
        self.rows: list[Record] = []

    def book(
        self, day: date, function: str, kind: str, minor: int, currency: str = "USD", **more: str | None
    ) -> Record:
        """Book an amount in minor units on a day."""
        row: Record = {
            "line_id": f"L-{len(self.rows) + 1:06d}", "booked_on": day.isoformat(), "function": function, "kind": kind,
            "amount": decimal_text(minor, currency), "currency": currency, "budget_line_id": None, "campaign": None,
            "channel": None, "region": None, "cost_center": f"CC-{function[:1].upper()}{kind[:2].upper()}",
            "owner": None, "is_shadow_marketing": "false", "reversal_of": None,
        }  # fmt: skip
        row.update(more)
        self.rows.append(row)
        self.world.book.put("finance/actuals", row, midnight(day) + timedelta(hours=17))
        return row

    def reverse(self, row: Record, day: date) -> None:
        """Take a line back in full."""
        amount = row["amount"][1:] if row["amount"].startswith("-") else "-" + row["amount"]
        undone = {
            **row,
            "line_id": f"L-{len(self.rows) + 1:06d}",
            "booked_on": day.isoformat(),
            "amount": amount,
            "reversal_of": row["line_id"],
        }
        self.rows.append(undone)
        self.world.book.put("finance/actuals", undone, midnight(day) + timedelta(hours=17))


def put_actuals(world: World, jobs: list[Job], invoices: list[Invoice]) -> None:
    """Put down the ledger."""
    ledger = Ledger(world)
    today = world.line.now.date()
    for month in months(world.line.history_start.date(), today + timedelta(days=1)):
        day = min(add_months(month, 1) - timedelta(days=3), today - timedelta(days=1))
        _people(ledger, jobs, month, day)
        _programs(ledger, month, day)
        _steady(ledger, month, day)
    for campaign in world.campaigns:
        _campaign(ledger, campaign)
    _paid_social(ledger)
    _revenue(ledger, invoices)
    _corrections(ledger)


def _people(ledger: Ledger, jobs: list[Job], month: date, day: date) -> None:
    for function in ("marketing", "sales", "other"):
        for region in ("AMER", "EMEA", "APAC"):
            cost = sum(
                YEARLY_COST[job.role] * 100 / 12 * job.share_of(month)
                for job in jobs
                if job.function == function and job.region == region
            )
            if cost:
                kind = "other" if function == "other" else "people"
                ledger.book(day, function, kind, round(cost), budget_line_id=PEOPLE_LINES.get(function), region=region)


def _steady(ledger: Ledger, month: date, day: date) -> None:
    scale, rng = ledger.world.line.accounts / 500, ledger.rng
    for function, (amount, line) in TOOLING.items():
        ledger.book(day, function, "tooling", round(amount * 100 * scale * rng.uniform(0.95, 1.1)), budget_line_id=line)
    travel = round(9000 * 100 * scale * rng.uniform(0.7, 1.3))
    ledger.book(day, "sales", "program", travel, budget_line_id="BL-123", region="AMER")
    field = round(5000 * 100 * scale * rng.uniform(0.7, 1.3))
    ledger.book(
        day,
        "marketing",
        "program",
        field,
        "EUR",
        budget_line_id=rng.choice(("BL-901", "BL-902")),
        region="EMEA",
        channel="event",
    )
    tokyo = round(420_000 * scale * rng.uniform(0.7, 1.3))
    ledger.book(day, "marketing", "program", tokyo, "JPY", budget_line_id="BL-1112", region="APAC", channel="event")
    if month.month % 2:
        shadow = round(7600 * 100 * scale * rng.uniform(0.8, 1.2))
        ledger.book(
            day,
            "sales",
            "program",
            shadow,
            is_shadow_marketing="true",
            channel="event",
            region="AMER",
            budget_line_id="BL-123",
        )


def _programs(ledger: Ledger, month: date, day: date) -> None:
    """Book what campaigns cost in the time of which no campaign is on record any more."""
    if month >= ledger.world.line.starts_at.date().replace(day=1):
        return
    for channel, amount in BEFORE:
        cost = round(amount * 100 * ledger.rng.uniform(0.7, 1.3))
        ledger.book(day, "marketing", "program", cost, budget_line_id=CAMPAIGN_LINES[channel], channel=channel)


def _campaign(ledger: Ledger, campaign: Campaign) -> None:
    today = ledger.world.line.now.date()
    if campaign.kind == "paid_social" or not campaign.monthly_cost:
        return
    named = campaign.crm_id or (str(campaign.program_id) if ledger.rng.random() < 0.7 else campaign.name)
    for month in months(campaign.starts, min(campaign.ends, today) + timedelta(days=1)):
        day = min(max(month + timedelta(days=24), campaign.starts), today)
        ledger.book(
            day, "marketing", "program", campaign.monthly_cost * 100 + ledger.rng.randrange(9000), campaign=named,
            channel=CHANNEL_WORDS.get(campaign.kind, campaign.kind), budget_line_id=CAMPAIGN_LINES.get(campaign.kind),
        )  # fmt: skip


def _paid_social(ledger: Ledger) -> None:
    """Book the social system's monthly invoice, in its own currency and to the cent of its daily figures."""
    now = ledger.world.line.now
    spent: dict[date, Fraction] = {}
    newest: dict[tuple[str, str], Record] = {}
    for version in ledger.world.book.versions("linkedin/adAnalytics"):
        if version.at <= now:
            start = version.record["dateRange"]["start"]
            newest[version.record["pivotValues"][0], str(start)] = version.record
    for record in newest.values():
        start = record["dateRange"]["start"]
        month = date(start["year"], start["month"], 1)
        spent[month] = spent.get(month, Fraction(0)) + Fraction(record["costInLocalCurrency"])
    for month, amount in sorted(spent.items()):
        day = min(add_months(month, 1) - timedelta(days=1), now.date())
        cost = round_half_even(amount * 100)
        ledger.book(
            day, "marketing", "program", cost, "EUR", channel="paid_social", budget_line_id="BL-1113", region="EMEA"
        )


def _revenue(ledger: Ledger, invoices: list[Invoice]) -> None:
    """Recognise every finalised invoice line over its days, net of discounts and without tax."""
    now = ledger.world.line.now
    begun = ledger.world.line.history_start.date()
    first_year = begun.year + (begun > date(begun.year, 1, 1))
    earned: dict[tuple[date, str], int] = {}
    for invoice in invoices:
        if invoice.status in ("void", "draft") or invoice.created > now:
            continue
        for line in invoice.lines:
            _spread(earned, line.start.date(), line.end.date(), line.amount - line.discount, invoice.currency.upper())
    for (month, currency), amount in sorted(earned.items()):
        if month.year >= first_year and month <= now.date() and amount:
            day = min(add_months(month, 1) - timedelta(days=1), now.date() - timedelta(days=1))
            ledger.book(day, "other", "revenue", amount, currency, owner="finance")


def _spread(earned: dict[tuple[date, str], int], start: date, end: date, amount: int, currency: str) -> None:
    days, done = max(1, (end - start).days), 0
    for month in months(start, max(end, start + timedelta(days=1))):
        passed = min(add_months(month, 1), max(end, start + timedelta(days=1))) - start
        so_far = round_half_even(Fraction(amount * passed.days, days))
        earned[month, currency] = earned.get((month, currency), 0) + so_far - done
        done = so_far


def _corrections(ledger: Ledger) -> None:
    """Reverse some lines, change some afterwards, and misplace two."""
    world, rng = ledger.world, ledger.rng
    costs = [row for row in ledger.rows if row["kind"] in ("program", "tooling")]
    old = [row for row in costs if row["booked_on"] < (world.line.now - timedelta(days=20)).date().isoformat()]
    for row in rng.sample(old, max(2, len(old) // 60)):
        ledger.reverse(row, date.fromisoformat(row["booked_on"]) + timedelta(days=rng.randint(2, 15)))
    for row in rng.sample(old, max(2, len(old) // 80)):
        later = midnight(date.fromisoformat(row["booked_on"])) + timedelta(days=9, hours=12)
        world.book.put("finance/actuals", {**row, "region": rng.choice(("AMER", "EMEA"))}, later)
    day = world.line.now.date() - timedelta(days=12)
    ledger.book(day, "marketing", "program", 123_400, budget_line_id="BL-999", channel="other")
    ledger.book(day, "marketing", "program", 250_000, budget_line_id="BL-111", channel="web")
