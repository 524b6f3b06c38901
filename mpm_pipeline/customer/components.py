"""Connected components over shared keys, on arrays: which records are one customer.

Labels spread from each key's smallest member to all its members and jump along until nothing changes; a record's number is
its age, so a component's label is its oldest record. No row is visited in Python.
"""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


def components(records: int, member: Numbers, key: Numbers) -> Numbers:
    """Label `records` records by their component's smallest number; record `member[i]` carries key `key[i]`."""
    label = np.arange(records, dtype=np.int64)
    if not len(member):
        return label
    smallest = np.empty(int(key.max()) + 1, dtype=np.int64)
    while True:
        smallest.fill(records)
        np.minimum.at(smallest, key, label[member])
        fresh = label.copy()
        np.minimum.at(fresh, member, smallest[key])
        np.minimum.at(fresh, label, fresh.copy())
        fresh = _jump(fresh)
        if np.array_equal(fresh, label):
            return label
        label = fresh


def follow(survivor: Numbers) -> Numbers:
    """Return where each chain of merges ends; a ring, which no vendor should show, ends somewhere within itself."""
    label = survivor
    for _ in range(64):
        further = label[label]
        if np.array_equal(further, label):
            return label
        label = further
    return np.minimum(label, label[label])


def attach(label: Numbers, member: Numbers, key: Numbers, alive: NDArray[np.bool_]) -> Numbers:
    """Put each record that is not alive to the oldest living component with which it shares a key; it bridges nothing."""
    if not len(member):
        return label
    none = len(label)
    living = np.full(int(key.max()) + 1, none, dtype=np.int64)
    lives = alive[member]
    np.minimum.at(living, key[lives], label[member[lives]])
    home = np.full(none, none, dtype=np.int64)
    np.minimum.at(home, member[~lives], living[key[~lives]])
    return np.where(home < none, home, label)


def _jump(label: Numbers) -> Numbers:
    while True:
        further = label[label]
        if np.array_equal(further, label):
            return label
        label = further
