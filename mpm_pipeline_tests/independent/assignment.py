"""The best assignment of leads to reps under capacity, found by the Hungarian method on slots, for checking optimality.

Maximises the sum of values; a lead left over is worth the reserve. Says what the best total is, not who must get whom:
several assignments may be equally good.
"""

from collections.abc import Mapping
from itertools import product

import numpy as np


def best_total(values: Mapping[tuple[str, str], int], capacity: Mapping[str, int], reserve: int = 0) -> int:
    """Give the greatest total for values by (lead, rep), whole places per rep, and a reserve per unassigned lead."""
    leads = sorted({lead for lead, _ in values})
    if not leads:
        return 0
    slots = [rep for rep in sorted(capacity) for _ in range(min(capacity[rep], len(leads)))]
    gain = np.full((len(leads), len(slots) + len(leads)), float(reserve))
    for row, lead in enumerate(leads):
        for column, rep in enumerate(slots):
            gain[row, column] = values.get((lead, rep), -1e15)
    chosen = _hungarian(-gain)
    return int(sum(round(gain[row, column]) for row, column in enumerate(chosen)))


def best_total_by_trying_all(
    values: Mapping[tuple[str, str], int], capacity: Mapping[str, int], reserve: int = 0
) -> int:
    """Give the same by trying every assignment (a handful of leads only)."""
    leads = sorted({lead for lead, _ in values})
    best = None
    for choice in product([None, *sorted(capacity)], repeat=len(leads)):
        pairs = [(lead, rep) for lead, rep in zip(leads, choice, strict=True) if rep is not None]
        if any(pair not in values for pair in pairs):
            continue
        if any(sum(rep == name for _, rep in pairs) > places for name, places in capacity.items()):
            continue
        worth = sum(values[pair] for pair in pairs) + reserve * (len(leads) - len(pairs))
        best = worth if best is None else max(best, worth)
    return best or 0


def _hungarian(cost: np.ndarray) -> list[int]:
    """Assign every row a column at least total cost, with potentials (rows <= columns)."""
    height, width = cost.shape
    row_price, column_price = np.zeros(height + 1), np.zeros(width + 1)
    owner = np.full(width + 1, -1)
    for row in range(height):
        owner[width] = row
        here, parent = width, np.full(width + 1, -1)
        least, used = np.full(width, np.inf), np.zeros(width + 1, dtype=bool)
        while owner[here] != -1:
            used[here] = True
            current = owner[here]
            reduced = cost[current] - row_price[current] - column_price[:width]
            better = ~used[:width] & (reduced < least)
            least[better] = reduced[better]
            parent[:width][better] = here
            free = np.where(used[:width], np.inf, least)
            nearest = int(np.argmin(free))
            step = free[nearest]
            row_price[owner[used]] += step
            column_price[used] -= step
            least[~used[:width]] -= step
            here = nearest
        while here != width:
            owner[here] = owner[parent[here]]
            here = int(parent[here])
    result = [0] * height
    for column in range(width):
        if owner[column] != -1:
            result[int(owner[column])] = column
    return result
