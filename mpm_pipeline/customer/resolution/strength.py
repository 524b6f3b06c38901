"""How sure it is that a record is its customer: the weakest key on the best path to the customer's oldest record (identity 8)."""

from typing import Any

import numpy as np
import pyarrow as pa

from mpm_pipeline.customer.components import Numbers, components
from mpm_pipeline.customer.resolution.settle import put

CERTAIN = 20

SIMPLE = """
CREATE OR REPLACE TABLE tie AS
WITH whole AS (
  SELECT number, count(*) AS records FROM member GROUP BY number HAVING count(*) > 1
)
SELECT e.number, max(CASE WHEN e.records = w.records THEN e.bits END) AS bits, max(e.bits) = max(CASE WHEN e.records = w.records THEN e.bits END) AS is_simple
FROM evidence e JOIN whole w ON w.number = e.number GROUP BY e.number
"""
REST = """
SELECT e."row", e.number AS whose, e.bits, e.key, e.kind = 'person' AS is_person
FROM evidence e JOIN tie t ON t.number = e.number WHERE NOT coalesce(t.is_simple, false)
"""


def measure(connection: Any) -> None:
    """Make `strength`: kind, row and bits of every record that shares a key with another one of its customer."""
    connection.execute(SIMPLE)
    rest = connection.sql(REST).fetchnumpy()
    row, whose = (np.asarray(rest[name], dtype=np.int64) for name in ("row", "whose"))
    person = np.asarray(rest["is_person"], dtype=bool)
    node, member = np.unique(row * 2 + person, return_inverse=True)
    number = np.asarray(rest["key"], dtype=np.int64)
    lowest = int(number.min(initial=0))
    shared = whose * (int(number.max(initial=0)) - lowest + 1) + number - lowest
    _, key = np.unique(shared, return_inverse=True)
    owner = np.zeros(len(node), dtype=np.int64)
    owner[member] = np.unique(whose, return_inverse=True)[1]
    bits = bottleneck(len(node), member, key, np.asarray(rest["bits"], dtype=np.float64), owner)
    put(connection, "weakest", pa.table({"node": node, "bits": bits}))
    connection.execute(
        "CREATE OR REPLACE TABLE strength AS SELECT CASE node % 2 WHEN 1 THEN 'person' ELSE 'account' END AS kind, node // 2 AS \"row\", bits FROM weakest"
        ' UNION ALL SELECT m.kind, m."row", t.bits FROM member m JOIN tie t ON t.number = m.number WHERE t.is_simple'
    )


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
