"""Lays every served table that the independent computation knows beside its own, and names each difference.

Only who is one person is taken from what was served. Accounts are compared by the Salesforce id that the crosswalk gives them.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from mpm_pipeline_tests.e2e import comparison
from mpm_pipeline_tests.e2e.harness import Outcome
from mpm_pipeline_tests.independent import assignment, budget, compute, mrr, rows
from mpm_pipeline_tests.independent.attribution import RULES
from mpm_pipeline_tests.independent.identity import short
from mpm_pipeline_tests.independent.leads import Distribution
from mpm_pipeline_tests.independent.payers import Payers

Found = dict[str, list[str]]
"""Differences in words, by the table (of `fct_kpi`: and the figure) in which they are."""

MONEY = ("opening", "new", "expansion", "contraction", "churn", "reactivation", "fx", "closing")
VIEWS = ("target_minor", "plan_minor", "forecast_minor", "committed_minor", "actual_minor", "variance_minor")


def differences(world: Path, as_of: datetime, outcome: Outcome) -> Found:
    """Compare all that a run served with what is computed apart as of its instant."""
    persons = comparison.persons(outcome.table("crosswalk"))
    inside = compute.model(world, as_of, persons=persons)
    found = _figures(outcome, rows.frame(inside.rows()))
    for name, look in LOOKS.items():
        served, computed = look(outcome, inside)
        more = _unlike(served, computed)
        if more:
            found[name] = more
    return found | _distribution(outcome, Distribution(inside.snapshot, inside.calendar, inside.rates, persons))


def _figures(outcome: Outcome, computed: pd.DataFrame) -> Found:
    kinds = set(zip(computed["kpi_id"], computed["segment_kind"], strict=True))
    served = outcome.table("fct_kpi")
    served = served[[pair in kinds for pair in zip(served["kpi_id"], served["segment_kind"], strict=True)]]
    found: Found = defaultdict(list)
    for text in comparison.differences(_unconverted(served), _unconverted(computed)):
        found[f"fct_kpi {text.split(chr(39))[1]}"].append(text)
    return dict(found)


def _unconverted(figures: pd.DataFrame) -> pd.DataFrame:
    """Leave out the sides of a figure that no rate could convert: what is left of them says nothing."""
    return figures.assign(
        **{
            name: [
                None if reason == "fx_missing" else one
                for one, reason in zip(figures[name], figures["null_reason"], strict=True)
            ]
            for name in ("numerator", "denominator")
        }
    )


def _unlike(served: Iterable[Any], computed: Iterable[Any]) -> list[str]:
    left, right = Counter(served), Counter(computed)
    lone = [(str(one), "served") for one in (left - right).elements()]
    lone += [(str(one), "computed") for one in (right - left).elements()]
    return [f"only {side}: {one}" for one, side in sorted(lone)]


Look = Callable[[Outcome, compute.Model], tuple[Iterable[Any], Iterable[Any]]]


def _stages(outcome: Outcome, inside: compute.Model) -> tuple[Iterable[Any], Iterable[Any]]:
    served = (
        (
            _lead(row.lead_id, row.stage),
            row.cycle_no,
            row.stage,
            _at(row.entered_at),
            bool(row.is_imputed),
            bool(row.is_day_grain),
        )
        for row in _rows(outcome, "fct_lead_stage")
    )
    computed = []
    for cycle in inside.life.cycles:
        for stage, entry in cycle.entries.items():
            lead = inside.people.survivor(entry.lead) if inside.life.crm else entry.lead
            computed.append(
                (
                    _lead(lead, stage),
                    cycle.number,
                    stage,
                    _at(entry.at),
                    entry.imputed,
                    entry.day_grain,
                )
            )
    return served, computed


def _lead(lead: str | None, stage: str) -> str | None:
    """Leave out the lead of an inquiry: a hand-raise is a person's, and only one side names one of the person's leads."""
    return None if stage == "inquiry" else lead


def _touches(outcome: Outcome, inside: compute.Model) -> tuple[Iterable[Any], Iterable[Any]]:
    served = (
        (row.source, row.record_id, _at(row.at), row.origin, row.channel, _bare(row.campaign_id))
        for row in _rows(outcome, "fct_touch")
        if row.person_id or row.account_id
    )
    computed = (
        (t.source, t.record_id, _at(t.at), t.origin, t.channel, _seen(t.campaign_id, inside)) for t in inside.touches
    )
    return served, computed


def _seen(campaign: str | None, inside: compute.Model) -> str | None:
    """Leave out a campaign that cannot be seen: one side names it, the other says that there is none."""
    known = inside.campaigns
    name = _bare(campaign)
    declared = {str(program.get("sfdcId")) for program in known.programs.values()}
    return name if name in {*known.programs, *known.social, *declared} or short(name) in known.crm else None


def _credits(outcome: Outcome, inside: compute.Model) -> tuple[Iterable[Any], Iterable[Any]]:
    record = {row.touch_id: (row.source, row.record_id) for row in _rows(outcome, "fct_touch")}
    served = (
        (row.opportunity_id, row.measure, row.model, record.get(row.touch_id), row.channel, row.credit_minor, row.currency_code)
        for row in _rows(outcome, "fct_attribution")
        if row.model in RULES and (row.credit_minor or not row.touch_id)
    )  # fmt: skip
    computed = (
        (c.opportunity_id, c.measure, c.model, (c.touch.source, c.touch.record_id) if c.touch else None, c.channel, c.minor, c.currency)
        for c in inside.credits
        if c.minor or not c.touch
    )  # fmt: skip
    return served, computed


def _deals(outcome: Outcome, inside: compute.Model) -> tuple[Iterable[Any], Iterable[Any]]:
    served = (
        (
            row.opportunity_id, row.owner_id or "unknown", row.currency_code, _whole(row.amount_minor), row.close_date, bool(row.is_won),
            bool(row.is_closed), _at(row.pipeline_at), _whole(row.pipeline_amount_minor) if row.pipeline_at else None, row.sourced_by,
            bool(row.is_influenced), row.region, row.segment, row.product_line or "unknown",
        )
        for row in _rows(outcome, "fct_opportunity")
    )  # fmt: skip
    journeys = inside.journeys
    computed = (
        (
            d.opportunity_id, d.owner_id or "unknown", d.currency, d.minor, str(d.close_date), d.is_won, d.is_closed, _at(d.pipeline_at),
            d.pipeline_minor if d.pipeline_at else None, journeys.sourced_by(d), journeys.is_influenced(d), d.segments["region"],
            d.segments["segment"], d.segments["product_line"],
        )
        for d in inside.deals
    )  # fmt: skip
    return served, computed


def _spend(outcome: Outcome, inside: compute.Model) -> tuple[Iterable[Any], Iterable[Any]]:
    served = (
        (row.date, row.source, _bare(row.campaign_id), row.channel, row.spend_minor, row.currency_code)
        for row in _rows(outcome, "fct_spend")
        if row.spend_minor
    )
    found: Counter[Any] = Counter()
    for one in compute.spent(inside.snapshot, inside.calendar, inside.campaigns):
        found[str(one.day), one.source, _bare(one.campaign_id), one.channel, one.currency] += one.minor
    return served, ((*key[:4], minor, key[4]) for key, minor in found.items() if minor)


def _mrr(outcome: Outcome, inside: compute.Model) -> tuple[Iterable[Any], Iterable[Any]]:
    bridge = mrr.Mrr(inside.snapshot, inside.calendar, inside.rates, Payers(inside.snapshot, inside.people))
    served = ((row.month, *(getattr(row, f"{name}_minor") for name in MONEY)) for row in _rows(outcome, "fct_mrr"))
    computed = ((str(row["month"]), *(row[f"{name}_minor"] for name in MONEY)) for row in mrr.table(bridge))
    return _telling(served), _telling(computed)


def _telling(found: Iterable[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
    return (row for row in found if any(row[1:]))


def _budget(outcome: Outcome, inside: compute.Model) -> tuple[Iterable[Any], Iterable[Any]]:
    names = ("budget_line_id", "parent_line_id", "level", "name", "owner", "month", *VIEWS)
    lines = budget.table(budget.Budget(inside.snapshot, inside.calendar, inside.rates))
    served = (tuple(_text(getattr(row, name)) for name in names) for row in _rows(outcome, "fct_budget"))
    return served, (tuple(_text(line[name]) for name in names) for line in lines)


LOOKS: dict[str, Look] = {
    "fct_lead_stage": _stages, "fct_touch": _touches, "fct_attribution": _credits, "fct_opportunity": _deals, "fct_spend": _spend,
    "fct_mrr": _mrr, "fct_budget": _budget,
}  # fmt: skip


def _distribution(outcome: Outcome, apart: Distribution) -> Found:
    """Compare points and held leads; say that an assignment is not the best, not who must get whom."""
    served: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for row in _rows(outcome, "lead_score_point"):
        served[row.lead_id, row.rep_id][row.dimension] = row.points
    points = _unlike(
        ((pair, *sorted(each.items())) for pair, each in served.items()),
        (((p.lead_id, p.rep_id), *sorted((n, float(v)) for n, v in p.points.items())) for p in apart.pairs),
    )
    leads = outcome.table("lead_distribution")
    wrong = _unlike(
        ((row.lead_id, row.outcome == "held") for row in leads.itertuples()),
        ((lead.lead_id, bool(lead.held)) for lead in apart.leads),
    )
    values = {(p.lead_id, p.rep_id): p.value_minor for p in apart.pairs}
    given = [(row.lead_id, row.rep_id, row.value_minor) for row in leads.query("outcome == 'assigned'").itertuples()]
    wrong += [f"{one} is not worth {values.get(one[:2])}" for one in given if values.get(one[:2]) != one[2]]
    taken = Counter(rep for _, rep, _ in given)
    wrong += [f"{rep} has {apart.capacity.get(rep)} places for {n}" for rep, n in taken.items() if n > apart.capacity.get(rep, 0)]  # fmt: skip
    reserve = int(apart.snapshot.settings["leads"]["nurture_reserve_minor"])
    total = sum(int(minor) for _, _, minor in given)
    total += reserve * (len({lead for lead, _ in values}) - len(given))
    best = assignment.best_total(values, apart.capacity, reserve)
    wrong += [f"worth {total}, the best is {best}"] if total != best else []
    found = {"lead_score_point": points, "lead_distribution": wrong}
    return {name: texts for name, texts in found.items() if texts}


def _rows(outcome: Outcome, table: str) -> Iterable[Any]:
    frame = outcome.table(table)
    return frame.astype(object).where(frame.notna(), None).itertuples()


def _at(value: Any) -> str | None:
    return None if value is None else f"{pd.Timestamp(value):%Y-%m-%dT%H:%M:%S}"


def _bare(campaign: str | None) -> str | None:
    return campaign.rsplit(":", 1)[-1] if campaign else None


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _text(value: Any) -> str:
    return "" if value is None else str(int(value)) if isinstance(value, float) else str(value)
