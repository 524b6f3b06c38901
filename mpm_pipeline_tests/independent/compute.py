"""All figures of a world as of an instant: the two halves put together.

`figures(folder, as_of)` gives the rows of fct_kpi. `Model` holds the steps between, for a look inside: life cycles,
touches, deals, journeys, spend. Each module lists in its docstring, under AMBIGUITIES, how it read what two careful
people could still read differently: C calendar and rows, I identity, F funnel, T touches, O deals, R routing,
J attribution, E spend, W world, Q contract, D segments; the other letters on the money side.

AMBIGUITIES (readings taken here)
C1. Rows begin with the first event of what the figure is made of: funnel, routing, lead sources: the first stage entry,
    lead creation or deal (readings 1: of its sources, and leads and deals are of one: a goal reads a 0 there); deals: the
    first creation or close; spend: the first day with spend (cost per lead and per mql: the earlier of that and the funnel's). A count or ratio without content before another's first row is no difference.
C2. The period that holds as-of's day is the last one. A close date after as-of inside it counts, beyond it not yet.
C3. With Salesforce off (no folder) deals have no rows, since there is no first event; routing and attributed return are
    not_covered; the funnel goes by Marketo's and LinkedIn's people. With all three off none of these has rows.
C4. money / count: numerator and denominator exact, value their quotient in major units, value_minor that rounded half-even.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from mpm_pipeline_tests.independent import budget, customers, goals, mrr, rows, scorecard, service
from mpm_pipeline_tests.independent.attribution import Credit, Journeys
from mpm_pipeline_tests.independent.calendar import Calendar
from mpm_pipeline_tests.independent.funnel import Funnel
from mpm_pipeline_tests.independent.identity import People, Ref
from mpm_pipeline_tests.independent.lifecycle import LifeCycles
from mpm_pipeline_tests.independent.money import Rates
from mpm_pipeline_tests.independent.payers import Payers
from mpm_pipeline_tests.independent.pipeline import Deal, Sales, deals
from mpm_pipeline_tests.independent.routing import Routing
from mpm_pipeline_tests.independent.rows import Row
from mpm_pipeline_tests.independent.spend import Costs, spent
from mpm_pipeline_tests.independent.touches import Campaigns, Touch, touches
from mpm_pipeline_tests.independent.world import Snapshot, load


class Model:
    """Everything between a snapshot and its figures, each step once."""

    def __init__(self, snapshot: Snapshot, persons: Mapping[Ref, str] | None = None) -> None:
        self.snapshot, self.persons = snapshot, persons
        self.calendar = Calendar(snapshot.settings)
        self.rates = Rates(snapshot.records("finance", "fx_rates"), snapshot.settings["company"]["reporting_currency"])

    @cached_property
    def people(self) -> People:
        """Persons and accounts."""
        return People(self.snapshot, self.calendar, self.persons)

    @cached_property
    def life(self) -> LifeCycles:
        """Life cycles."""
        return LifeCycles(self.snapshot, self.calendar, self.people)

    @cached_property
    def campaigns(self) -> Campaigns:
        """Campaigns of all sources."""
        return Campaigns(self.snapshot)

    @cached_property
    def touches(self) -> list[Touch]:
        """Touches in order."""
        return touches(self.snapshot, self.calendar, self.people, self.campaigns)

    @cached_property
    def journeys(self) -> Journeys:
        """Touches by account and person."""
        return Journeys(self.snapshot, self.calendar, self.people, self.touches)

    @cached_property
    def deals(self) -> list[Deal]:
        """Live opportunities."""
        return deals(self.snapshot, self.calendar, self.people)

    @cached_property
    def sales(self) -> Sales:
        """Rows of deals."""
        return Sales(self.deals, self.snapshot, self.calendar, self.rates)

    @cached_property
    def funnel(self) -> Funnel:
        """Rows of life cycles."""
        return Funnel(self.snapshot, self.calendar, self.life, self.deals, self.journeys)

    @cached_property
    def costs(self) -> Costs:
        """Spend."""
        return Costs(
            spent(self.snapshot, self.calendar, self.campaigns), self.snapshot, self.calendar, self.rates, self.funnel
        )

    @cached_property
    def credits(self) -> list[Credit]:
        """Credits of the rule models."""
        return list(self.journeys.credits(self.deals))

    def contribution(self) -> list[Row]:
        """Pipeline and revenue that marketing sourced or influenced."""
        sales, found = self.sales, []
        for period in sales.periods:
            created = sales.created_in(period)
            by_marketing = [d for d in created if self.journeys.sourced_by(d) == "marketing"]
            influenced = [d for d in created if self.journeys.is_influenced(d)]
            won = [
                d
                for d in sales.closed_in(period)
                if d.is_won and d.minor is not None and self.journeys.sourced_by(d) == "marketing"
            ]
            found.append(sales.sum("pipeline_sourced_marketing", period, by_marketing, sales.at_pipeline))
            found.append(sales.sum("pipeline_influenced_marketing", period, influenced, sales.at_pipeline))
            found.append(sales.sum("revenue_sourced_marketing", period, won, sales.at_close))
        return found

    def sales_rows(self) -> list[Row]:
        """The funnel and sales half."""
        routing = Routing(self.snapshot, self.calendar, self.life)
        found = [*self.funnel.rows(), *routing.rows(self.funnel.first), *self.sales.rows(), *self.contribution()]
        return found + [*self.costs.rows(), *self.costs.returns(self.credits, self.deals)]

    def money_rows(self, others: list[Row]) -> list[Row]:
        """The money and people half; goals read all other figures."""
        snapshot, calendar, rates = self.snapshot, self.calendar, self.rates
        payers = Payers(snapshot, self.people)
        found = customers.figures(snapshot, calendar, rates, payers, self.deals)
        found += mrr.figures(snapshot, calendar, rates, payers)
        for part in (scorecard, budget, service):
            found += part.figures(snapshot, calendar, rates)
        new = {
            (r.period_grain, r.period_start): r.numerator
            for r in found
            if r.kpi_id == "new_customers" and r.segment_kind == "all"
        }
        found += self.costs.acquisition(new)
        found += goals.coverage(snapshot, self.sales)
        return found + goals.figures(snapshot, calendar, rates, others + found)

    def rows(self) -> list[Row]:
        """Both halves."""
        found = self.sales_rows()
        return found + self.money_rows(found)


def model(
    folder: str | Path,
    as_of: datetime | None = None,
    settings: dict[str, Any] | None = None,
    persons: Mapping[Ref, str] | None = None,
) -> Model:
    """Open a world as of an instant (default: its own clock); `persons` says who is one person, else keys do."""
    world = load(folder, settings)
    at = as_of or world.now
    if at is None:
        raise ValueError(f"{folder}: no as-of given and no `now` in world.toml")
    return Model(world.as_of(at), persons)


def figures(
    folder: str | Path, as_of: datetime | None = None, persons: Mapping[Ref, str] | None = None
) -> pd.DataFrame:
    """All rows of fct_kpi as this side computes them, sorted by key."""
    return rows.frame(model(folder, as_of, persons=persons).rows())


def credits(folder: str | Path, as_of: datetime | None = None, settings: dict[str, Any] | None = None) -> pd.DataFrame:
    """Attribution credits: deal, measure, model, the touch's own record, channel, minor units."""
    found = model(folder, as_of, settings).credits
    columns = ["opportunity_id", "measure", "model", "source", "record_id", "channel", "credit_minor", "currency_code"]
    named = [(c.touch.source, c.touch.record_id) if c.touch else (None, None) for c in found]
    table = [
        (c.opportunity_id, c.measure, c.model, *who, c.channel, c.minor, c.currency)
        for c, who in zip(found, named, strict=True)
    ]
    return pd.DataFrame(table, columns=columns)


def stages(folder: str | Path, as_of: datetime | None = None, settings: dict[str, Any] | None = None) -> pd.DataFrame:
    """Stage entries: the lead, cycle, stage, instant and flags."""
    inside = model(folder, as_of, settings)
    table = []
    for cycle in inside.life.cycles:
        for stage, entry in cycle.entries.items():
            lead = inside.people.survivor(entry.lead) if inside.life.crm else entry.lead
            table.append((cycle.person.number, lead, cycle.number, stage, entry.at, entry.imputed, entry.day_grain))
    return pd.DataFrame(
        table, columns=["person", "lead_id", "cycle_no", "stage", "entered_at", "is_imputed", "is_day_grain"]
    )
