"""The assignment is optimal, keeps everybody's places, answers the same every time, and prices places as what one more is worth."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpm_pipeline.leads.assignment import assign, prices

VALUES = st.integers(min_value=1, max_value=4).flatmap(
    lambda width: st.lists(st.lists(st.integers(-1, 50), min_size=width, max_size=width), min_size=1, max_size=5)
)


def total(values: np.ndarray, chosen: tuple[int, ...], reserve: int) -> int:
    """Return what an assignment is worth."""
    return sum(int(values[lead, rep]) if rep >= 0 else reserve for lead, rep in enumerate(chosen))


def best_by_trying(values: np.ndarray, places: list[int], reserve: int) -> int:
    """Return the best total over all assignments that keep the places."""
    leads, width = values.shape
    found = -1
    for chosen in product(range(-1, width), repeat=leads):
        if any(rep >= 0 and values[lead, rep] < 0 for lead, rep in enumerate(chosen)):
            continue
        if any(chosen.count(rep) > places[rep] for rep in range(width)):
            continue
        found = max(found, total(values, chosen, reserve))
    return found


def run(values: np.ndarray, places: list[int], reserve: int) -> np.ndarray:
    """Assign with names that are only numbers."""
    names = [f"lead{i}" for i in range(values.shape[0])]
    reps = [f"rep{i}" for i in range(values.shape[1])]
    return assign(values, np.zeros_like(values), np.array(places), reserve, names, reps)


@settings(max_examples=60, deadline=None)
@given(values=VALUES, places=st.lists(st.integers(0, 2), min_size=4, max_size=4), reserve=st.integers(0, 20))
def test_no_other_assignment_is_worth_more(values: list[list[int]], places: list[int], reserve: int) -> None:
    """Trying every assignment of a small case finds nothing better."""
    grid = np.array(values, dtype=np.int64)
    free = places[: grid.shape[1]]
    chosen = run(grid, free, reserve)
    assert all(rep < 0 or grid[lead, rep] >= 0 for lead, rep in enumerate(chosen))
    assert all((chosen == rep).sum() <= free[rep] for rep in range(grid.shape[1]))
    assert total(grid, tuple(chosen), reserve) == best_by_trying(grid, free, reserve)


@settings(max_examples=60, deadline=None)
@given(values=VALUES, places=st.lists(st.integers(0, 2), min_size=4, max_size=4), reserve=st.integers(0, 20))
def test_the_price_is_what_one_more_place_is_worth(values: list[list[int]], places: list[int], reserve: int) -> None:
    """Giving one rep one more place raises the best total by exactly that rep's price."""
    grid = np.array(values, dtype=np.int64)
    free = places[: grid.shape[1]]
    chosen = run(grid, free, reserve)
    price = prices(grid, np.array(free), reserve, chosen)
    today = best_by_trying(grid, free, reserve)
    for rep in range(grid.shape[1]):
        more = [*free]
        more[rep] += 1
        assert best_by_trying(grid, more, reserve) - today == price[rep]


def test_greedy_would_be_worse() -> None:
    """Lead 1 fits both reps, lead 2 only the first: the optimum gives lead 1 to the second rep (90 + 80), not 100 + nothing."""
    values = np.array([[100, 90], [80, -1]], dtype=np.int64)
    assert run(values, [1, 1], 0).tolist() == [1, 0]


def test_ties_never_cost_a_minor_unit() -> None:
    """Three equal pairs and one that is worth one more: the optimum is 201, whatever the names hash to."""
    values = np.array([[100, 100], [100, 101]], dtype=np.int64)
    for number in range(50):
        names, reps = [f"00Q{number}a", f"00Q{number}b"], [f"005{number}A", f"005{number}B"]
        assert total(values, tuple(assign(values, np.zeros_like(values), np.array([1, 1]), 0, names, reps)), 0) == 201


@pytest.mark.parametrize("most", [0, 10**9, 10**13])
def test_among_equal_values_the_higher_score_wins(most: int) -> None:
    """Nobody won a deal yet, so all is worth the same: each lead still goes to the rep whom it fits better."""
    values = np.full((3, 3), most, dtype=np.int64)
    scores = np.array([[240, 300, 250], [240, 310, 230], [900, 100, 100]], dtype=np.int64)
    for number in range(20):
        names, reps = [f"{number}-{i}" for i in range(3)], [f"r{number}-{i}" for i in range(3)]
        assert assign(values, scores, np.array([5, 5, 5]), 0, names, reps).tolist() == [1, 1, 0]


def test_a_lead_worth_less_than_nurturing_stays_unassigned() -> None:
    """The reserve value of 50 beats a pair worth 49, not one worth 50."""
    values = np.array([[49], [50]], dtype=np.int64)
    assert run(values, [2], 50).tolist() == [-1, 0]


def test_equal_pairs_fall_the_same_way_in_any_order() -> None:
    """With all values equal, the same lead meets the same rep whatever the order of the rows."""
    names, reps = [f"lead{i}" for i in range(6)], ["a", "b", "c"]
    values = np.full((6, 3), 10, dtype=np.int64)
    straight = assign(values, np.zeros_like(values), np.array([2, 2, 2]), 0, names, reps)
    turned = assign(values, np.zeros_like(values), np.array([2, 2, 2]), 0, names[::-1], reps)
    assert straight.tolist() == turned[::-1].tolist()


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_nothing_to_do_is_no_error(shape: tuple[int, int]) -> None:
    """No leads or no reps: nobody is assigned."""
    values = np.zeros(shape, dtype=np.int64)
    assert run(values, [1] * shape[1], 0).tolist() == [-1] * shape[0]
