"""Draws from a seed what a trial is made of: a small world, edits of it, settings. What an edit is stands in the modules of edits."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from mpm_pipeline.simulator.generator import build
from mpm_pipeline.simulator.generator.timeline import Timeline
from mpm_pipeline_tests.differential import edits_billing, edits_crm, edits_marketing, edits_values
from mpm_pipeline_tests.differential.book import Book, Edit
from mpm_pipeline_tests.e2e.company import LIVE

Kind = Callable[[Book, Random], Edit | None]

KINDS: dict[Kind, int] = {
    edits_values.other_value: 60, edits_values.deletion: 8, edits_values.campaign_deletion: 1, edits_values.custom_field: 1,
    edits_crm.status_move: 8, edits_crm.owner_move: 4, edits_crm.conversion: 4, edits_crm.merge: 2, edits_crm.deal_move: 6,
    edits_crm.new_deal: 2, edits_crm.deal_currency: 2, edits_crm.activity: 4, edits_crm.response: 4,
    edits_marketing.activity: 6, edits_marketing.form_response: 1, edits_marketing.marketing_merge: 1,
    edits_marketing.programme_cost: 1, edits_marketing.programme_name: 1, edits_billing.subscription: 4, edits_billing.item: 2, edits_billing.invoice: 5,
    edits_billing.invoice_state: 2, edits_billing.refund: 2, edits_billing.credit_note: 3,
}  # fmt: skip
"""How often each kind of edit is drawn, beside the others."""

SETTINGS: dict[str, dict[str, list[Any]]] = {
    "company": {
        "reporting_currency": ["USD", "EUR", "GBP", "JPY"],
        "time_zone": ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "America/Sao_Paulo"],
        "fiscal_year_start_month": [1, 2, 4, 7, 10, 12],
        "gross_margin_rate": [1.0, 0.8, 0.333],
    },
    "funnel": {
        "conversion_window_days": [90, 7, 30, 1],
        "sla_first_attempt_business_hours": [8, 1, 20],
        "business_hours": ["Mon-Fri 09:00-17:00", "Mon-Sun 00:00-24:00", "Tue-Sat 08:30-12:15"],
        "follow_up_attempts": [2, 1, 3],
        "follow_up_days": [14, 3],
        "qualified_stage": ["Qualification", "Prospecting", "Proposal", "Not There"],
    },
    "attribution": {"lookback_days": [180, 30, 1, 400], "half_life_days": [30, 7, 1]},
    "leads": {
        "horizon_days": [7, 1, 14],
        "nurture_reserve_minor": [0, 100_000, 100_000_000],
        "authority": [["region", "product_line"], ["region"], ["product_line"], []],
    },
}  # fmt: skip
USUAL = 0.5
"""How often a setting stays what it is by default (the first of its choices)."""


def world(folder: Path, seed: int, now: Any = LIVE) -> Path:
    """Write a small world of this seed."""
    rng = Random(f"world {seed}")
    with mock.patch.object(build, "Timeline", partial(Timeline, now=now)):
        build.generate(folder, accounts=rng.choice([15, 25, 40]), days=rng.choice([30, 60, 110]), seed=seed)
    return folder


def edits(folder: Path, seed: int, rate: float, watched: timedelta | None = None) -> list[Edit]:
    """Draw as many edits as this share of a world's records, each upon what the ones before left; half in what is `watched`, else lately."""
    rng, book = Random(f"edits {seed}"), Book(folder, LIVE, watched or timedelta(days=20), watched is not None)
    wanted = round(rate * sum(len(keys) for name, keys in book.streams.items() if name != "finance/fx_rates"))
    found: list[Edit] = []
    for kind in rng.choices(list(KINDS), weights=list(KINDS.values()), k=wanted):
        edit = kind(book, rng)
        if edit:
            book.put(edit)
            found.append(edit)
    return found


def settings(seed: int) -> str:
    """Draw settings, written as a world's `mpm.toml`."""
    rng, lines = Random(f"settings {seed}"), []
    for section, choices in SETTINGS.items():
        lines.append(f"[{section}]")
        if section == "company":
            lines.append('internal_domains = ["northlode.example"]')
        for name, values in choices.items():
            value = values[0] if rng.random() < USUAL else rng.choice(values)
            lines.append(f"{name} = {_toml(value)}")
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).replace("'", '"')
