"""Lead distribution of the independent computation: the worked examples to the digit, and the optimum."""

import random
from functools import cache

from mpm_pipeline_tests.independent import assignment, compute, leads
from mpm_pipeline_tests.independent.expected import EXAMPLES, table

ANA, BEN = "005000000000001AAA", "005000000000002AAA"


@cache
def examples() -> leads.Distribution:
    """The world of the worked examples."""
    inside = compute.model(EXAMPLES / "lead_examples")
    return leads.Distribution(inside.snapshot, inside.calendar, inside.rates)


def test_points_are_those_worked_out_by_hand() -> None:
    """Every eligible pair, dimension by dimension, with 83.9 and 32.9 for the two examples; no other pair."""
    have = [
        {"lead_id": p.lead_id, "rep_id": p.rep_id, **{k: str(v) for k, v in p.points.items()}}
        | {"score": str(p.score), "value_minor": str(p.value_minor)}
        for p in examples().pairs
    ]
    assert sorted(have, key=lambda p: (p["lead_id"], p["rep_id"])) == table("lead_examples", "expected_points.csv")


def test_free_places_are_those_worked_out_by_hand() -> None:
    """Ana 5 x 4/5 - 1, Ben half of 3 rounded down."""
    assert examples().capacity == {ANA: 3, BEN: 1}


def test_the_hand_made_assignment_is_the_best_one() -> None:
    """The expected assignment keeps to the places and its sum is the optimum, by two ways of looking for it."""
    want = table("lead_examples", "expected_leads.csv")
    given = {(one["lead_id"], one["rep_id"]): int(one["value_minor"]) for one in want if one["outcome"] == "assigned"}
    values = {(p.lead_id, p.rep_id): p.value_minor for p in examples().pairs}
    assert all(values[pair] == worth for pair, worth in given.items())
    assert sum(given.values()) == assignment.best_total(values, examples().capacity) == 1_259_000
    assert assignment.best_total_by_trying_all(values, examples().capacity) == 1_259_000
    held = {lead.lead_id: lead.held for lead in examples().leads if lead.held}
    assert held == {one["lead_id"]: one["outcome_reason"] for one in want if one["outcome"] == "held"}


def test_the_fast_optimum_agrees_with_trying_all() -> None:
    """On 60 small random cases, with forbidden pairs, full reps and a reserve."""
    draw = random.Random(7)  # noqa: S311
    for _ in range(60):
        people = [f"r{k}" for k in range(draw.randint(1, 3))]
        wanted = [f"l{k}" for k in range(draw.randint(1, 5))]
        values = {(a, b): draw.randint(0, 20) for a in wanted for b in people if draw.random() < 0.8}
        capacity = {rep: draw.randint(0, 3) for rep in people}
        reserve = draw.choice([0, 0, 9])
        expected = assignment.best_total_by_trying_all(values, capacity, reserve)
        assert assignment.best_total(values, capacity, reserve) == expected
