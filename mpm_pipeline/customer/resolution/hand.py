"""Which customers a run has to tell anew: those that news reach, as they were and as they are; all others are taken over.

A record is reached when it is new or changed, when the keys that join it are others than before (each record's are kept as one
number, `digest`), or when a stamp of it has come of age. With one record its customers are reached whole, before and after.
"""

from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.customer.components import Numbers
from mpm_pipeline.customer.resolution.delta import Delta
from mpm_pipeline.customer.resolution.sharing import Keys

DIGEST = "SELECT hash(key_type, key_value) AS digest FROM words"
ODD = np.uint64(0x9E3779B97F4A7C15)
FAMILY = """
WITH parent AS (
  SELECT DISTINCT crm_key(parent_account_key) AS key FROM feature WHERE is_company AND parent_account_key <> ''
), own AS (
  SELECT "row", record_key AS key FROM feature WHERE is_company
  UNION ALL SELECT "row", crm_key(unnest(account_key)) FROM feature WHERE is_company
)
SELECT "row" FROM feature WHERE is_company AND parent_account_key <> '' UNION SELECT o."row" FROM own o JOIN parent p ON p.key = o.key
"""


def digests(connection: Any, keys: dict[str, Keys], count: int) -> Any:
    """Return one number for the keys that join each record, and for the domains that were taken from it (`lodger`)."""
    digest = np.zeros(count, dtype=np.uint64)
    for turn, one in enumerate(keys.values()):
        connection.register("words", one.words)
        told = np.asarray(connection.sql(DIGEST).fetchnumpy()["digest"], dtype=np.uint64)
        connection.unregister("words")
        mixed = (told[one.key] + (one.bits * 2 + turn).astype(np.uint64)) * ODD
        np.bitwise_xor.at(digest, one.row, mixed ^ (mixed >> np.uint64(29)))
    taken = connection.sql('SELECT "row", mark FROM lodger').fetchnumpy()
    np.bitwise_xor.at(digest, np.asarray(taken["row"], dtype=np.int64), np.asarray(taken["mark"], dtype=np.uint64))
    return digest.view(np.int64)


def family(connection: Any, count: int) -> Any:
    """Mark the records of companies that have or are a parent."""
    found = np.zeros(count, dtype=bool)
    found[np.asarray(connection.sql(FAMILY).fetchnumpy()["row"], dtype=np.int64)] = True
    return found


def come_of_age(alive: pa.Table, since: datetime | None) -> Any:
    """Mark records with a stamp that was ahead of the run before and is not now."""
    found = np.zeros(alive.num_rows, dtype=bool)
    if since is not None:
        for name in ("created_at", "updated_at"):
            late = pc.greater(alive[name], pa.scalar(since, pa.timestamp("us", tz="UTC")))
            found |= np.asarray(pc.fill_null(late, False), dtype=bool)
    return found


def returned(registry: pa.Table, redirect: pa.Table, news: Delta) -> set[str]:
    """Return the ids that records bore which come back, and what stands for these now."""
    names = ["source", "object", "record_id"]
    absent = registry.select([*names, "id"]).filter(pc.invert(registry["is_present"]))
    absent = absent.cast(pa.schema([(name, pa.string()) for name in absent.column_names]))
    if not absent.num_rows or not news.now.num_rows:
        return set()
    back = set(absent.join(news.now.select(names), names, join_type="left semi")["id"].to_pylist())
    led = redirect.filter(pc.is_in(redirect["old_id"], pa.array(sorted(back), pa.string())))
    return back | set(led["new_id"].drop_null().to_pylist())


def reached(label: Numbers, was: Any, dirty: Any, gone: set[str]) -> Any:
    """Mark the records of every customer that is reached.

    `label`: customers now, -1 for none; `was`: ids of before, null for none; `dirty`: records that are reached themselves; `gone`:
    ids of customers that lost a record or that one may come back to.
    """
    coded = pc.dictionary_encode(was)
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    code = np.asarray(pc.fill_null(coded.indices, -1), dtype=np.int64)
    names = coded.dictionary
    lost = np.zeros(len(names) + 1, dtype=bool)
    lost[:-1] = np.asarray(pc.is_in(names, pa.array(sorted(gone), pa.string())), dtype=bool)
    _, now = np.unique(label, return_inverse=True)
    nobody = label < 0
    marked = dirty | lost[code] | _differs(now, code) | (_differs(code, now) & (code >= 0))
    while True:
        now_marked, was_marked = np.zeros(now.max(initial=0) + 1, dtype=bool), np.zeros(len(names) + 1, dtype=bool)
        now_marked[now[marked & ~nobody]] = True
        was_marked[code[marked]] = True
        was_marked[-1] = False
        further = marked | (now_marked[now] & ~nobody) | was_marked[code]
        if np.array_equal(further, marked):
            return marked & (dirty | ~nobody | (code >= 0))
        marked = further


def _differs(group: Numbers, value: Numbers) -> Any:
    """Mark the members of groups that hold more than one value; a group of -1 is none."""
    count = int(group.max(initial=-1)) + 2
    low, high = np.full(count, np.iinfo(np.int64).max), np.full(count, -2)
    np.minimum.at(low, group, value)
    np.maximum.at(high, group, value)
    return (low != high)[group]
