"""Average linkage over sparse evidence: groups merge while the mean of bits over all pairs of their members is above nothing.

A pair without evidence counts with a fixed number of bits against it, so chains fall apart. Groups that are foes, or hold names
that cannot be one, never merge.
Only what is contradictory or merely alike comes here; records that plain keys settle are components.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import starmap

from mpm_pipeline.customer.resolution.names import Face, contradiction


@dataclass(frozen=True)
class Refused:
    """A merge that evidence asked for and a contradiction forbade, by the oldest record of each side; no `reason`: a person's no."""

    one: int
    other: int
    bits: float
    reason: str | None


@dataclass
class Group:
    """One side of a merge: how it stands to others, in sums of bits over pairs of its members, and who must not come to it."""

    size: int
    bits: dict[int, float] = field(default_factory=dict)
    pairs: dict[int, int] = field(default_factory=dict)
    foes: set[int] = field(default_factory=set)
    faces: set[Face] = field(default_factory=set)


def note(groups: dict[int, Group], left: int, right: int, bits: float) -> None:
    """Note evidence that speaks for every pair of members of two groups."""
    pairs = groups[left].size * groups[right].size
    for one, other in ((left, right), (right, left)):
        groups[one].bits[other] = groups[one].bits.get(other, 0.0) + bits * pairs
        groups[one].pairs[other] = pairs


def agglomerate(groups: dict[int, Group], unrelated: float) -> tuple[dict[int, int], list[Refused]]:
    """Merge the pair with the most evidence per pair of members until none is above nothing; say what was refused."""
    home = {node: node for node in groups}
    heap: list[tuple[float, int, int, int, int]] = [
        (-bits / group.pairs[other], node, other, group.size, groups[other].size)
        for node, group in groups.items()
        for other, bits in group.bits.items()
        if node < other and bits > 0
    ]
    heapq.heapify(heap)
    refused = []
    while heap:
        negative, left, right, left_size, right_size = heapq.heappop(heap)
        if (
            left not in groups
            or right not in groups
            or (groups[left].size, groups[right].size) != (left_size, right_size)
        ):
            continue
        is_said = right in groups[left].foes
        reason = None if is_said else _apart(groups[left], groups[right])
        if is_said or reason:
            refused.append(Refused(left, right, -negative, reason))
            continue
        for moved in _merge(groups, left, right, unrelated):
            heapq.heappush(heap, moved)
        home[right] = left
    return {node: _head(home, node) for node in home}, refused


def _apart(one: Group, other: Group) -> str | None:
    """Say why one group can not be one person with the other, by the first names that contradict each other; None when it can."""
    faces = ((left, right) for left in sorted(one.faces) for right in sorted(other.faces))
    return next((reason for reason in starmap(contradiction, faces) if reason), None)


def _head(home: dict[int, int], node: int) -> int:
    while home[node] != node:
        node = home[node]
    return node


def _merge(
    groups: dict[int, Group], left: int, right: int, unrelated: float
) -> Iterable[tuple[float, int, int, int, int]]:
    """Take the younger group into the older one; yield the pairs that are still above nothing."""
    gone, kept = groups.pop(right), groups[left]
    kept.size += gone.size
    for side in (kept, gone):
        side.bits.pop(left, None), side.bits.pop(right, None), side.pairs.pop(left, None), side.pairs.pop(right, None)
    for other, bits in gone.bits.items():
        kept.bits[other] = kept.bits.get(other, 0.0) + bits
        kept.pairs[other] = kept.pairs.get(other, 0) + gone.pairs[other]
        groups[other].bits.pop(right), groups[other].pairs.pop(right)
    for foe in gone.foes:
        groups[foe].foes.discard(right)
        groups[foe].foes.add(left)
    kept.foes |= gone.foes - {left}
    kept.faces |= gone.faces
    for other, bits in kept.bits.items():
        groups[other].bits[left], groups[other].pairs[left] = bits, kept.pairs[other]
        every = kept.size * groups[other].size
        mean = (bits + unrelated * (every - kept.pairs[other])) / every
        if mean > 0:
            one, two = sorted((left, other))
            yield -mean, one, two, groups[one].size, groups[two].size
