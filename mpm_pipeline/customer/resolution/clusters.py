"""Constrained clustering: what shared evidence joins, unless names or a person's decision say that it must not.

Components over keys are the first answer. Only those that hold a contradiction (two given names that are not one, a pair that
somebody said are two) are parted again: declared ids and a person's yes stay joined, so do records of one name and the very same
keys, and the rest is agglomerated by average evidence in bits, no merge crossing a contradiction (identity 5). Chains fall apart,
because pairs without evidence count too. Whether names contradict each other is asked when a merge comes up, never for all pairs.
"""

from dataclasses import fields
from itertools import pairwise

import numpy as np
import pyarrow as pa

from mpm_pipeline.customer.components import Numbers, components
from mpm_pipeline.customer.resolution.linkage import Group, Refused, agglomerate, note
from mpm_pipeline.customer.resolution.names import Face

UNRELATED = -4.0
"""Bits of a pair that shares no key: two records are more likely two people than one."""
SURE, MUST, YES = 12, 20, 40
"""Bits from which on a key speaks for itself, is a must-link, is a person's word."""
SHOWN = tuple(one.name for one in fields(Face))
MOST = 200
"""Of so many groups that share one key all pairs are noted; of more, each one's pairs with that many of the oldest."""


def settle(
    label: Numbers, keyed: pa.Table, torn: pa.Table, no: tuple[Numbers, Numbers]
) -> tuple[Numbers, list[Refused]]:
    """Part components again.

    `label`: the component of each record. `keyed`: row, key and bits. `torn`: the records of components that hold a contradiction,
    with what a `Face` shows. `no`: the pairs that somebody said are two.
    """
    if not torn.num_rows:
        return label, []
    count = len(label)
    row, key, bits = (keyed[name].to_numpy().astype(np.int64) for name in ("row", "key", "bits"))
    inside = np.zeros(count, dtype=bool)
    inside[torn["row"].to_numpy()] = True
    kept = inside[row]
    row, key, bits = row[kept], key[kept], bits[kept]
    node = _nodes(count, (row, key, bits), _signs(torn, (row, key, bits), np.concatenate(no)), no)
    groups = _groups(node[inside], node[row], key, bits)
    faces = zip(*(torn[name].to_pylist() for name in ("row", *SHOWN)), strict=True)
    for one, *words in faces:
        groups[int(node[one])].faces.add(Face(*words))
    for left, right in zip(node[no[0]].tolist(), node[no[1]].tolist(), strict=True):
        if left != right and left in groups and right in groups:
            groups[left].foes.add(right)
            groups[right].foes.add(left)
    home, refused = agglomerate(groups, UNRELATED)
    found = np.arange(count, dtype=np.int64)
    found[np.fromiter(home.keys(), np.int64, len(home))] = np.fromiter(home.values(), np.int64, len(home))
    return np.where(inside, found[node], label), refused


def _signs(torn: pa.Table, borne: tuple[Numbers, Numbers, Numbers], alone: Numbers) -> tuple[Numbers, Numbers]:
    """Return the records that bear a key, each with a number that it shares with those of its name, mailbox and very keys.

    Behind a sure key of more than `MOST` records it shares one with those of its name and mailbox, whatever else they bear.
    A record that somebody said is not another is like none.
    """
    row, key, bits = borne
    rows = torn["row"].to_numpy()
    texts = np.array(["|".join(words) for words in zip(*(torn[one].to_pylist() for one in SHOWN), strict=True)])  # fmt: skip
    name = np.unique(texts, return_inverse=True)[1].astype(np.int64)
    dice = np.random.default_rng(0).integers(1, 2**62, size=int(key.max(initial=0)) + 1, dtype=np.int64)
    print_of = np.zeros(int(rows.max(initial=0)) + 1, dtype=np.int64)
    np.add.at(print_of, row, dice[key])
    number = np.unique(np.column_stack([name, print_of[rows]]), axis=0, return_inverse=True)[1].reshape(-1)
    kept = np.isin(rows, row) & ~np.isin(rows, alone)
    crowded = (np.bincount(key)[key] > MOST) & (bits >= SURE) & ~np.isin(row, alone)
    named = np.zeros(len(print_of), dtype=np.int64)
    named[rows] = name
    behind = np.unique(np.column_stack([named[row], key])[crowded], axis=0, return_inverse=True)[1].reshape(-1)
    offset = int(number.max(initial=0)) + 1
    return np.concatenate([rows[kept], row[crowded]]).astype(np.int64), np.concatenate([number[kept], offset + behind]).astype(np.int64)  # fmt: skip


def _nodes(count: int, keyed: tuple[Numbers, Numbers, Numbers], signs: tuple[Numbers, Numbers], no: tuple[Numbers, Numbers]) -> Numbers:  # fmt: skip
    """Label what is one before anything is weighed: by declared keys and a yes, and records that tell the very same.

    Where that would join two records that somebody said are two, it joins nothing but by a yes.
    """
    row, key, bits = keyed
    declared = bits >= MUST
    node = components(count, row[declared], key[declared])
    declared &= ~_is_broken(node, no)[row] | (bits >= YES)
    node = components(count, row[declared], key[declared])
    offset = int(signs[1].max(initial=0)) + 1
    same = components(count, np.concatenate([signs[0], row[declared]]), np.concatenate([signs[1], offset + key[declared]]))  # fmt: skip
    return np.asarray(np.where(_is_broken(same, no), node, same))


def _is_broken(node: Numbers, no: tuple[Numbers, Numbers]) -> np.ndarray:
    """Say of each record whether its node holds two that are said to be two."""
    one, other = no
    return np.isin(node, node[one[node[one] == node[other]]])


def _groups(nodes: Numbers, member: Numbers, key: Numbers, bits: Numbers) -> dict[int, Group]:
    """Make a group of every node and note the evidence between those that share a key."""
    groups = {node: Group(1) for node in np.unique(nodes).tolist()}
    pairs = np.unique(np.column_stack([key, member]), axis=0)
    weight = dict(zip(key.tolist(), bits.tolist(), strict=True))
    cuts = [0, *(np.flatnonzero(np.diff(pairs[:, 0])) + 1).tolist(), len(pairs)]
    for start, end in pairwise(cuts):
        members = pairs[start:end, 1].tolist()
        for place, right in enumerate(members):
            for left in members[: min(place, MOST)]:
                note(groups, left, right, float(weight[int(pairs[start, 0])]))
    return groups
