"""Points, values and the assignment that a run serves are those of the independent computation, for every lead of the small world."""

from collections import defaultdict
from pathlib import Path

import pytest

from mpm_pipeline_tests.e2e.comparison import persons
from mpm_pipeline_tests.e2e.harness import Outcome
from mpm_pipeline_tests.independent import assignment, compute
from mpm_pipeline_tests.independent.leads import Distribution


@pytest.fixture(scope="module")
def apart(world: Path, undisturbed: Outcome) -> Distribution:
    """Leads, reps, pairs and places, computed apart from the pipeline."""
    inside = compute.model(world)
    return Distribution(inside.snapshot, inside.calendar, inside.rates, persons(undisturbed.table("crosswalk")))


def test_every_pair_has_the_points_computed_apart(undisturbed: Outcome, apart: Distribution) -> None:
    """The same pairs are eligible, and each dimension of each says the same to the tenth."""
    served: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for row in undisturbed.table("lead_score_point").itertuples():
        served[row.lead_id, row.rep_id][row.dimension] = row.points
    computed = {(p.lead_id, p.rep_id): {name: float(value) for name, value in p.points.items()} for p in apart.pairs}
    assert len(computed) > 5
    assert {pair: points for pair, points in served.items() if computed.get(pair) != points} == {}
    assert computed.keys() == served.keys()


def test_the_assignment_is_worth_what_the_best_one_is(undisturbed: Outcome, apart: Distribution) -> None:
    """Held leads are those held apart, each assigned pair has its value, nobody gets more than there are places, and the sum is the optimum."""
    leads = undisturbed.table("lead_distribution")
    held = {lead.lead_id for lead in apart.leads if lead.held}
    assert set(leads.query("outcome == 'held'")["lead_id"]) == held
    assert set(leads["lead_id"]) == {lead.lead_id for lead in apart.leads}
    values = {(p.lead_id, p.rep_id): p.value_minor for p in apart.pairs}
    given = leads.query("outcome == 'assigned'")
    assert {(row.lead_id, row.rep_id): row.value_minor for row in given.itertuples()}.items() <= values.items()
    assert all(number <= apart.capacity[rep] for rep, number in given["rep_id"].value_counts().items())
    assert given["value_minor"].sum() == assignment.best_total(values, apart.capacity) > 0
