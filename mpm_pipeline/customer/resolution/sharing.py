"""Why a record is its customer, and how sure that is: the keys that it shares with other records of the same customer (identity 8).

Each member of a customer and each key is a place in a list; pairs of both are packed into one whole number and sorted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from mpm_pipeline.customer.components import Numbers
from mpm_pipeline.customer.resolution.customers import Customers, Whole, coded, packed, ranked, same, starts
from mpm_pipeline.customer.resolution.strength import bottleneck

MOST_BITS = 64


@dataclass(frozen=True)
class Keys:
    """Keys in words (`key_type`, `key_value`), and which records bear which of them, with how many bits of evidence."""

    words: pa.Table
    row: Whole
    key: Whole
    bits: Whole

    @cached_property
    def type(self) -> tuple[Numbers, Any]:
        """Return the type of each key as a place among all types, which come in order."""
        return ranked(self.words["key_type"])


@dataclass(frozen=True)
class Shared:
    """Keys that members share, by member and type of key: the member's place, the key, its bits, how many bear it, one other of these."""

    member: Whole
    key: Whole
    bits: Whole
    records: Whole
    other: Whole


def shared(customers: Customers, keys: Keys, count: int) -> Shared:
    """Return what members of the same customer share; `count`: how many records there are."""
    places = len(customers.row)
    place = np.full(count, -1, dtype=np.int64)
    place[customers.row] = np.arange(places)
    member = place[keys.row]
    told = member >= 0
    every = (keys.key[told].astype(np.int64) * places + member[told]) * MOST_BITS + keys.bits[told]
    every.sort()
    borne = every // MOST_BITS
    last = np.append(borne[1:] != borne[:-1], True)[: len(borne)]
    bits = (every[last] % MOST_BITS).astype(np.int8)
    key, member = (one.astype(np.int32) for one in np.divmod(borne[last], max(places, 1)))
    start = starts(key, customers.number[member])
    size = np.diff(np.append(start, len(key)))
    kept = np.repeat(size > 1, size)
    first, records = np.repeat(start, size)[kept], np.repeat(size, size)[kept].astype(np.int32)
    key, own, bits = key[kept], member[kept], bits[kept]
    other = np.where(own == member[first], member[np.minimum(first + 1, len(member) - 1)], member[first])
    return _in_order(Shared(own, key, bits, records, other), keys)


def _in_order(found: Shared, keys: Keys) -> Shared:
    """Sort by member, then by key as it is written."""
    count, (kind, types) = len(found.key), keys.type
    if not count:
        return found
    turn = (found.member.astype(np.int64) * len(types) + kind[found.key]) * count + np.arange(count)
    turn.sort()
    order, group = turn % count, turn // count
    tied = np.zeros(count, dtype=bool)
    tied[1:] = group[1:] == group[:-1]
    tied[:-1] |= tied[1:]
    where = np.flatnonzero(tied)
    if len(where):
        words = keys.words["key_value"].take(pa.array(found.key[order[where]]))
        order[where] = order[where[np.lexsort((ranked(words)[0], group[where]))]]
    return Shared(*(one[order] for one in (found.member, found.key, found.bits, found.records, found.other)))


def sure(customers: Customers, found: Shared) -> Any:
    """Return for each member the bits of the weakest key on the best path to its customer's oldest record; not a number where it shares none."""
    number, size = customers.number[found.member], customers.size
    most = np.zeros(len(size), dtype=np.int64)
    by_all = np.zeros(len(size), dtype=np.int64)
    begin = starts(number)
    if len(begin):
        most[number[begin]] = np.maximum.reduceat(found.bits, begin)
        by_all[number[begin]] = np.maximum.reduceat(np.where(found.records == size[number], found.bits, 0), begin)
    simple = (most == by_all) & (most > 0)
    bits = np.where(simple, most, np.nan)[customers.number]
    rest = ~simple[number]
    if rest.any():
        node, member = np.unique(found.member[rest], return_inverse=True)
        whose = np.unique(customers.number[node], return_inverse=True)[1]
        packed = number[rest] * (int(found.key.max()) + 1) + found.key[rest]
        key = np.unique(packed, return_inverse=True)[1]
        bits[node] = bottleneck(len(node), member, key, found.bits[rest].astype(np.float64), whose)
    return bits


def evidence(customers: Customers, keys: Keys, found: Shared, records: pa.Table, most: int = 250_000) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Yield, some at a time, one row per record and shared key: what it shares with which other record of the same customer."""
    names = {name: coded(records[name]) for name in ("source", "object")}
    for low in range(0, len(found.key), most):
        part = slice(low, low + most)
        key, own, other = (found.key[part], customers.row[found.member[part]], customers.row[found.other[part]])
        yield {
            "kind": same(customers.kind, len(key)),
            "customer_id": customers.ids.take(pa.array(customers.number[found.member[part]])),
            **{name: packed(one, own) for name, one in names.items()},
            "record_id": records["record_id"].take(pa.array(own)),
            "key_type": packed(keys.type, key),
            "key_value": keys.words["key_value"].take(pa.array(key)),
            "bits": found.bits[part].astype(np.float64),
            "records": found.records[part],
            **{f"other_{name}": packed(one, other) for name, one in names.items()},
            "other_record_id": records["record_id"].take(pa.array(other)),
        }


def strongest(customers: Customers, keys: Keys, found: Shared) -> tuple[Numbers, Numbers, Any]:
    """Return for each member the type and bits of its strongest key, -1 and 0 where it shares none, and the types."""
    kind, types = keys.type
    kinds, bits = np.full(len(customers.row), -1, dtype=np.int64), np.zeros(len(customers.row), dtype=np.int64)
    begin = starts(found.member)
    if len(begin):
        best = np.maximum.reduceat(found.bits * np.int64(len(types)) + kind[found.key], begin)
        bits[found.member[begin]], kinds[found.member[begin]] = np.divmod(best, len(types))
    return kinds, bits, types
