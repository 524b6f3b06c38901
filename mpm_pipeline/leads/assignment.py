"""The assignment: the best total value that respects every rep's free places, solved exactly as a min-cost flow.

A lead may stay unassigned at the reserve value. Among equal totals the higher scores win, then a hash of lead and rep, so that the same
input gives the same answer everywhere. The price of a rep's place is what one more place would be worth (the smallest feasible dual), found on the residual
graph, because the solver gives none.
"""

import hashlib

import numpy as np
import numpy.typing as npt
from ortools.graph.python import min_cost_flow

from mpm_pipeline.errors import Halt

HASHES = 16
SCORES = (2048, 128, 1)
"""Steps of score that ties can tell apart, finest first; where the numbers would grow too large the next is taken."""
LIMIT = 2**62
Ints = npt.NDArray[np.int64]


def assign(values: Ints, scores: Ints, places: Ints, reserve: int, names: list[str], reps: list[str]) -> Ints:
    """Return the rep's index per lead, or -1.

    `values` (leads x reps) are minor units, negative where the pair is not eligible; `scores` are tenths of points of the same
    pairs; `places` are free places per rep; `reserve` is the value of leaving a lead unassigned, which wins a tie only when it
    is higher.
    """
    leads, width = values.shape
    if not leads or not width:
        return np.full(leads, -1, dtype=np.int64)
    rows, columns = np.nonzero(values >= max(reserve, 0))
    ties, worst = _ties(scores, names, reps, max(int(values.max()), reserve, 1))
    scale = worst * leads + 1
    cost = ties[rows, columns] - values[rows, columns] * scale
    flow = min_cost_flow.SimpleMinCostFlow()
    source, sink, rep0 = leads + width, leads + width + 1, leads
    every = np.arange(leads)
    flow.add_arcs_with_capacity_and_unit_cost(np.full(leads, source), every, np.ones(leads, int), np.zeros(leads, int))
    first = flow.add_arcs_with_capacity_and_unit_cost(rows, rep0 + columns, np.ones(len(rows), int), cost)
    flow.add_arcs_with_capacity_and_unit_cost(
        rep0 + np.arange(width), np.full(width, sink), places, np.zeros(width, int)
    )
    flow.add_arcs_with_capacity_and_unit_cost(
        every, np.full(leads, sink), np.ones(leads, int), np.full(leads, worst - reserve * scale)
    )
    flow.set_nodes_supplies(np.array([source, sink]), np.array([leads, -leads]))
    if flow.solve() != flow.OPTIMAL:
        raise Halt(
            "leads.lead_distribution: the assignment has no optimal solution; look at the values in lead_score_point"
        )
    chosen = np.full(leads, -1, dtype=np.int64)
    used = flow.flows(first) > 0 if len(rows) else np.zeros(0, bool)
    chosen[rows[used]] = columns[used]
    return chosen


def prices(values: Ints, places: Ints, reserve: int, chosen: Ints) -> Ints:
    """Return what one more place of each rep would be worth in minor units, 0 while places are free.

    gain(j) = max(0, best over leads i of value(i, j) - value of i today + gain of the place that i leaves).
    """
    leads, width = values.shape
    if not leads or not width:
        return np.zeros(width, dtype=np.int64)
    taken = np.bincount(chosen[chosen >= 0], minlength=width)
    today = np.where(chosen >= 0, values[np.arange(leads), np.maximum(chosen, 0)], reserve)
    better = np.where(values >= 0, values - today[:, None], np.iinfo(np.int64).min // 4)
    move = np.full((width, width + 1), np.iinfo(np.int64).min // 4, dtype=np.int64)
    for place in range(width + 1):
        at_place = chosen == (place if place < width else -1)
        if at_place.any():
            move[:, place] = better[at_place].max(axis=0)
    gain = np.zeros(width, dtype=np.int64)
    full = taken >= places
    for _ in range(width + 1):
        fresh = np.where(full, np.maximum((move + np.append(gain, 0)[None, :]).max(axis=1), 0), 0)
        if (fresh == gain).all():
            break
        gain = fresh
    return gain


def _ties(scores: Ints, names: list[str], reps: list[str], most: int) -> tuple[Ints, int]:
    """Return a number per pair, lower for a higher score, then by a hash of nothing but the two names; and a number above all.

    Values are scaled so that the ties of all leads together stay below one minor unit; `most` is the largest value.
    """
    leads, width = scores.shape
    room = LIMIT // (leads + width + 3) // most
    steps = next((one for one in SCORES if one * HASHES * leads + 1 <= room), None)
    if steps is None:
        return np.zeros_like(scores), 0
    lost = steps - 1 - np.minimum(np.maximum(scores, 0) * steps // SCORES[0], steps - 1)
    hashes = [
        [int.from_bytes(hashlib.blake2s(f"{name}|{rep}".encode()).digest()[:4]) % HASHES for rep in reps]
        for name in names
    ]
    return lost * HASHES + np.array(hashes, dtype=np.int64).reshape(leads, width), steps * HASHES
