"""Constrained clustering: what shared evidence joins, unless names or a person's decision say that it must not.

Components over keys are the first answer. Only those that hold a contradiction (two given names that are not one, a pair that
somebody said are two) are parted again: declared ids and a person's yes stay joined, and the rest is agglomerated by average
evidence in bits, no merge crossing a contradiction (identity 5). Chains fall apart, because pairs without evidence count too.
"""

import numpy as np
import pyarrow as pa

from mpm_pipeline.customer.components import Numbers, components
from mpm_pipeline.customer.resolution.linkage import Group, Refused, agglomerate, note

UNRELATED = -4.0
"""Bits of a pair that shares no key: two records are more likely two people than one."""
MUST, YES = 20, 40
"""Bits from which on a key is a must-link."""


def settle(count: int, keyed: pa.Table, foes: pa.Table) -> tuple[Numbers, list[Refused]]:
    """Label `count` records; `keyed` has row, key and bits, `foes` pairs (one, other) that must not be one unless declared."""
    row, key, bits = (keyed[name].to_numpy() for name in ("row", "key", "bits"))
    label = components(count, row.astype(np.int64), key.astype(np.int64))
    one, other = (foes[name].to_numpy().astype(np.int64) for name in ("one", "other"))
    said = foes["said"].to_numpy(zero_copy_only=False)
    torn = np.unique(label[one[label[one] == label[other]]])
    if not len(torn):
        return label, []
    inside = np.isin(label, torn)
    declared = inside[row] & (bits >= MUST)
    node = components(count, row[declared].astype(np.int64), key[declared].astype(np.int64))
    broken = np.unique(node[one[inside[one] & (node[one] == node[other]) & said]])
    declared &= ~np.isin(node[row], broken) | (bits >= YES)
    node = components(count, row[declared].astype(np.int64), key[declared].astype(np.int64))
    soft = inside[row] & ~declared
    groups = _groups(node[inside], node[row[soft]], key[soft], bits[soft])
    apart = inside[one] & inside[other] & (node[one] != node[other])
    for left, right in zip(node[one[apart]].tolist(), node[other[apart]].tolist(), strict=True):
        groups[left].foes.add(right)
        groups[right].foes.add(left)
    home, refused = agglomerate(groups, UNRELATED)
    found = np.arange(count, dtype=np.int64)
    for member, head in home.items():
        found[member] = head
    return np.where(inside, found[node], label), refused


def _groups(nodes: Numbers, member: Numbers, key: Numbers, bits: Numbers) -> dict[int, Group]:
    """Make a group of every node and note the evidence between those that share a key, the strongest first for each pair."""
    groups = {node: Group(1) for node in np.unique(nodes).tolist()}
    order = np.lexsort((member, key))
    cuts = np.flatnonzero(np.diff(key[order])) + 1
    for part in np.split(order, cuts):
        members = np.unique(member[part]).tolist()
        weight = float(bits[part[0]]) if len(part) else 0.0
        for place, left in enumerate(members):
            for right in members[place + 1 :]:
                note(groups, left, right, weight)
    return groups
