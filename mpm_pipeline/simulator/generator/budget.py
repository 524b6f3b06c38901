"""Plans: the budget by line, month and view, and the goals that the figures are held against.

Leaves carry plan, forecast and committed amounts; parents the sums of their children, but for one deliberate
difference; targets stand on the upper levels alone. One small tree is in euros, and in one month only its parent has an
amount.
"""

from datetime import date, timedelta
from random import Random

from mpm_pipeline.simulator.generator.catalogue import decimal_text, yearly_value
from mpm_pipeline.simulator.generator.headcount import YEARLY_COST, Job
from mpm_pipeline.simulator.generator.model import World
from mpm_pipeline.simulator.generator.rates import Rates
from mpm_pipeline.simulator.generator.timeline import add_months, midnight, months

LINES = (
    # line, parent, level, name, owner, planned units a month (None: sum of the children or of people)
    ("BL-100", None, "company", "Go-to-market", "Chief Revenue Officer", None),
    ("BL-110", "BL-100", "department", "Marketing", "VP Marketing", None),
    ("BL-111", "BL-110", "team", "Demand generation", "Campaign Manager", None),
    ("BL-1111", "BL-111", "campaign", "Webinars", "Campaign Manager", 4200),
    ("BL-1112", "BL-111", "campaign", "Trade shows", "Campaign Manager", 11500),
    ("BL-1113", "BL-111", "campaign", "Paid social", "Campaign Manager", 39000),
    ("BL-1114", "BL-111", "campaign", "Content and mail", "Campaign Manager", 6400),
    ("BL-112", "BL-110", "team", "Marketing people", "VP Marketing", None),
    ("BL-113", "BL-110", "team", "Marketing tools", "Marketing Operations", 15000),
    ("BL-120", "BL-100", "department", "Sales", "Chief Revenue Officer", None),
    ("BL-121", "BL-120", "team", "Sales people", "Chief Revenue Officer", None),
    ("BL-122", "BL-120", "team", "Sales tools", "Sales Operations", 22000),
    ("BL-123", "BL-120", "team", "Sales programmes", "Sales Manager AMER", 12500),
    ("BL-900", None, "team", "EMEA field programme", "Sales Manager EMEA", None),
    ("BL-901", "BL-900", "campaign", "Field events EMEA", "Sales Manager EMEA", 3100),
    ("BL-902", "BL-900", "campaign", "Partner days EMEA", "Sales Manager EMEA", 2400),
)
PARENTS = tuple(line for line, *_ in LINES if any(parent == line for _, parent, *_ in LINES))
FACTORS = {"plan": 1.0, "forecast": 1.03, "committed": 0.72}
CHIEF = "Chief Revenue Officer"
Goal = tuple[str, str, str, str, float, float, tuple[int, int], str, str, str]
PEOPLE = {"BL-112": "marketing", "BL-121": "sales"}
LONE_PARENT = "BL-900"


def put_budget(world: World, jobs: list[Job]) -> None:
    """Put down the budget of the last and the present year."""
    rng = world.rng("budget")
    year = world.line.now.year
    for month in months(date(year - 1, 1, 1), date(year + 1, 1, 1)):
        for view in ("plan", "forecast", "committed"):
            amounts = _leaves(world, rng, jobs, month, FACTORS[view])
            if view == "plan" and month == date(year - 1, 2, 1):
                amounts = {line: amount for line, amount in amounts.items() if not line.startswith("BL-90")}
            for line, amount in _with_parents(amounts).items():
                _entry(world, line, month, view, amount)
        for line, _, level, *_ in LINES:
            if level in ("company", "department") or line == LONE_PARENT:
                planned = sum(_leaves(world, rng, jobs, month, 1.08).values()) // (1 if level == "company" else 3)
                _entry(world, line, month, "target", planned)
    _entry_twice(world, date(year, 3, 1))


def _leaves(world: World, rng: Random, jobs: list[Job], month: date, factor: float) -> dict[str, int]:
    amounts = {}
    for line, _, level, _, _, units in LINES:
        if line in PEOPLE:
            cost = sum(YEARLY_COST[job.role] / 12 * job.share_of(month) for job in jobs if job.function == PEOPLE[line])
            amounts[line] = round(cost * factor) * 100
        elif units is not None:
            scale = world.line.accounts / 500 if level == "team" else 1.0
            amounts[line] = round(units * factor * scale * rng.uniform(0.95, 1.05)) * 100
    return amounts


def _with_parents(amounts: dict[str, int]) -> dict[str, int]:
    """Add up the leaves, deepest parents first; the parent in euros stands alone where it has no leaves."""
    found = dict(amounts)
    for parent in reversed(PARENTS):
        children = [found[line] for line, of, *_ in LINES if of == parent and line in found]
        found[parent] = sum(children) if children else 600_000
    return {line: found[line] for line, *_ in LINES if line in found}


def _entry(world: World, line: str, month: date, view: str, minor: int) -> None:
    _, parent, level, name, owner, _ = next(row for row in LINES if row[0] == line)
    currency = "EUR" if line.startswith("BL-90") else "USD"
    row = {
        "entry_id": f"{line}-{month:%Y-%m}-{view}", "budget_line_id": line, "parent_line_id": parent, "level": level,
        "name": name, "owner": owner, "month": f"{month:%Y-%m}", "view": view, "amount": decimal_text(minor, currency),
        "currency": currency,
    }  # fmt: skip
    shown = {"plan": date(month.year - 1, 11, 20), "target": date(month.year - 1, 11, 5)}.get(
        view, add_months(month, -1)
    )
    world.book.put("finance/budget", row, midnight(min(shown, world.line.now.date() - timedelta(days=1))))


def _entry_twice(world: World, month: date) -> None:
    """Let one parent differ from the sum of its children, by a thousand."""
    entry = f"BL-100-{month:%Y-%m}-plan"
    version = next(version for version in world.book.versions("finance/budget") if version.record["entry_id"] == entry)
    version.record["amount"] = f"{int(version.record['amount'][:-3]) + 1000}.00"
    world.flaws.append(
        ("budget_parent_differs", "finance", "budget", entry, "plan is 1000.00 above the sum of its children")
    )


def put_goals(world: World, rates: Rates) -> None:
    """Put down the goals of the present year: one that was met, one that was missed, one that has yet to come."""
    year = world.line.now.year
    won = [_won_between(world, rates, date(year, 3 * quarter + 1, 1)) for quarter in range(4)]
    before = sum(_won_between(world, rates, date(year - 1, 3 * quarter + 1, 1)) for quarter in range(4))
    targets = [max(1000, round(won[0] * 93 // 100, -3)), max(1000, round(won[1] * 115 // 100, -3))]
    targets += [round(sum(targets[:2]) * percent // 200, -3) for percent in (120, 140)]
    whole = sum(targets)
    rows: list[Goal] = [
        (f"G{year}", "", f"Revenue {year}", "revenue_won", before, whole, (1, 12), CHIEF, "bonus pool", "company"),
    ]  # fmt: skip
    for number, goal in enumerate(targets):
        span, key = (3 * number + 1, 3 * number + 3), f"G{year}-Q{number + 1}"
        rows.append(
            (key, f"G{year}", f"Revenue Q{number + 1}", "revenue_won", 0, goal, span, "Sales Manager", "", "department")
        )
    pipeline, leads = sum(won) * 3, round(world.line.accounts * 1.3)
    rows += [
        ("PIPE", "", "Pipeline so far", "pipeline_created", 0, pipeline, (1, 6), CHIEF, "plan review", "department"),
        ("MQL", "PIPE", "Qualified leads", "mqls", 0, leads, (1, 12), "Campaign Manager", "", "team"),
        ("WIN", f"G{year}", "Win rate", "win_rate_count", 0.3, 0.36, (1, 12), "Sales Manager", "", "team"),
        ("NPS", "", "Promoters", "nps", 20, 20, (1, 12), "Customer Success", "", "company"),
    ]  # fmt: skip
    for key, parent, name, kpi, baseline, target, (first, last), owner, consequence, level in rows:
        row = {
            "goal_id": key, "parent_goal_id": parent, "name": name, "kpi_id": kpi, "baseline": str(baseline),
            "target": str(target), "period_start": date(year, first, 1).isoformat(),
            "period_end": add_months(date(year, last, 1), 1).isoformat(), "owner": owner, "consequence": consequence,
            "level": level,
        }  # fmt: skip
        world.book.put("finance/goals", row, midnight(date(year - 1, 12, 1)))


def _won_between(world: World, rates: Rates, quarter: date) -> int:
    """Return what was won in a quarter, roughly, in whole dollars."""
    won, end = 0.0, add_months(quarter, 3)
    for deal in world.deals:
        if deal.won_at and quarter <= deal.won_at.date() < end and deal.won_at < world.line.now:
            minor = yearly_value(deal.line, deal.currency, deal.is_annual, deal.seats)
            won += minor * rates.on(deal.won_at.date(), deal.currency, "USD") / (1 if deal.currency == "JPY" else 100)
    return round(won)
