"""Connected components on arrays against the simplest possible union-find."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mpm_pipeline.customer.components import attach, components, follow

PAIRS = st.lists(st.tuples(st.integers(0, 29), st.integers(0, 14)), max_size=60)


def naive(records: int, pairs: list[tuple[int, int]]) -> list[int]:
    parent = list(range(records))

    def root(one: int) -> int:
        while parent[one] != one:
            one = parent[one]
        return one

    first: dict[int, int] = {}
    for member, key in pairs:
        left, right = sorted((root(member), root(first.setdefault(key, member))))
        parent[right] = left
    return [root(one) for one in range(records)]


@given(PAIRS)
@settings(max_examples=200, deadline=None)
def test_labels_are_those_of_a_union_find(pairs):
    """Whatever the keys, every record bears the number of the oldest record that it is connected to."""
    member = np.array([one for one, _ in pairs], dtype=np.int64)
    key = np.array([other for _, other in pairs], dtype=np.int64)
    assert components(30, member, key).tolist() == naive(30, pairs)


def test_a_long_chain_is_one_component():
    """Ten thousand records in one chain end under their oldest."""
    records = 10_000
    member = np.repeat(np.arange(records), 2)[1:-1]
    key = np.repeat(np.arange(records - 1), 2)
    assert not components(records, member, key).any()


def test_merges_are_followed_to_the_end():
    """A merged into B, B into C: both end at C; a ring, which no vendor should show, does not hang."""
    assert follow(np.array([1, 2, 2])).tolist() == [2, 2, 2]
    assert set(follow(np.array([1, 2, 0])).tolist()) <= {0, 1, 2}


def test_a_deleted_record_joins_but_does_not_bridge():
    """Record 2 is deleted and shares a key with 0 and one with 1: it goes to 0, and 1 stays apart."""
    member, key = np.array([0, 2, 1, 2]), np.array([0, 0, 1, 1])
    alive = np.array([True, True, False])
    label = components(3, member[alive[member]], key[alive[member]])
    assert attach(label, member, key, alive).tolist() == [0, 1, 0]
