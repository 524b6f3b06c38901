"""Every served table that the independent computation knows, held against it; and a wrong figure in any of them is told."""

import shutil
import sqlite3
from pathlib import Path

from mpm_pipeline_tests.differential.compare import differences
from mpm_pipeline_tests.e2e.company import LIVE
from mpm_pipeline_tests.e2e.harness import Outcome

PLANTED = {
    "UPDATE fct_kpi SET numerator = numerator + 1, value = value + 1 WHERE kpi_id = 'mqls' AND segment_kind = 'all'": "fct_kpi mqls",
    "UPDATE fct_lead_stage SET entered_at = '2026-06-20T00:00:00Z' WHERE stage = 'mql' AND NOT is_day_grain": "fct_lead_stage",
    "UPDATE fct_mrr SET closing_minor = closing_minor + 1 WHERE closing_minor > 0": "fct_mrr",
    "UPDATE lead_score_point SET points = points + 0.1 WHERE dimension = 'base'": "lead_score_point",
    "DELETE FROM fct_touch WHERE origin = 'marketing'": "fct_touch",
    "UPDATE fct_attribution SET credit_minor = credit_minor - 1 WHERE model = 'linear'": "fct_attribution",
    "UPDATE fct_budget SET name = 'other'": "fct_budget",
    "UPDATE fct_spend SET channel = 'other'": "fct_spend",
    "UPDATE fct_opportunity SET sourced_by = 'sales'": "fct_opportunity",
    "UPDATE lead_distribution SET outcome = 'held' WHERE outcome <> 'held'": "lead_distribution",
}
"""A wrong figure in a served table, and the place at which the comparison must tell of it."""


def test_every_table_is_what_is_computed_apart(undisturbed: Outcome, world: Path) -> None:
    """Figures, stages, touches, credits, deals, spend, recurring revenue, budget, points and assignment."""
    assert differences(world, LIVE, undisturbed) == {}


def test_a_wrong_figure_is_told(undisturbed: Outcome, world: Path, tmp_path: Path) -> None:
    """Whichever table it stands in."""
    served = tmp_path / "served.sqlite"
    shutil.copy(undisturbed.home / "served.sqlite", served)
    with sqlite3.connect(served) as connection:
        unplanted = [statement for statement in PLANTED if not connection.execute(statement).rowcount]
    assert unplanted == []
    assert sorted(set(PLANTED.values()) - set(differences(world, LIVE, Outcome(tmp_path, 0, "", "")))) == []
