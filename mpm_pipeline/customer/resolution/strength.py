"""How sure it is that a record is its customer: the weakest key on the best path to the customer's oldest record (identity 8)."""

from typing import Any

import numpy as np

from mpm_pipeline.customer.components import Numbers, components


def bottleneck(count: int, member: Numbers, key: Numbers, bits: Any, whose: Numbers) -> Any:
    """Return for each of `count` records the bits at which it first hangs together with its customer's oldest (its lowest number)."""
    found = np.zeros(count)
    if not count:
        return found
    oldest = np.full(int(whose.max()) + 1, count, dtype=np.int64)
    np.minimum.at(oldest, whose, np.arange(count))
    best = np.zeros(count)
    np.maximum.at(best, member, bits)
    home = oldest[whose]
    for level in np.unique(bits)[::-1]:
        strong = bits >= level
        label = components(count, member[strong], key[strong])
        found[(found == 0) & (label == label[home])] = level
    heads = home == np.arange(count)
    found[heads] = best[heads]
    return np.minimum(found, best)
