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
  SELECT kind, customer_id, count(*) AS records FROM customer GROUP BY kind, customer_id HAVING count(*) > 1
), top AS (
  SELECT e.kind, e.customer_id, max(e.bits) AS bits, max(CASE WHEN e.records = w.records THEN e.bits END) AS shared_by_all
  FROM evidence e JOIN whole w USING (kind, customer_id) GROUP BY e.kind, e.customer_id
)
SELECT kind, customer_id, shared_by_all AS bits, bits = shared_by_all AS is_simple FROM top
"""
REST = """
SELECT e."row", dense_rank() OVER (ORDER BY e.kind, e.customer_id) - 1 AS whose, e.bits,
  dense_rank() OVER (ORDER BY e.kind, e.customer_id, e.key_type, e.key_value) - 1 AS key, e.kind = 'person' AS is_person
FROM evidence e JOIN tie t USING (kind, customer_id) WHERE NOT coalesce(t.is_simple, false)
ORDER BY key, e."row"
"""


def measure(connection: Any) -> None:
    """Make `strength`: kind, row and bits of every record that shares a key with another one of its customer."""
    connection.execute(SIMPLE)
    rest = connection.sql(REST).fetchnumpy()
    row, whose, key = (np.asarray(rest[name], dtype=np.int64) for name in ("row", "whose", "key"))
    nodes, member = np.unique(np.column_stack([row, whose]), axis=0, return_inverse=True)
    member = member.reshape(-1)
    bits = bottleneck(len(nodes), member, key, np.asarray(rest["bits"], dtype=np.float64), nodes[:, 1])
    person = np.zeros(len(nodes), dtype=bool)
    person[member] = np.asarray(rest["is_person"], dtype=bool)
    kind = np.where(person, "person", "account")
    put(connection, "weakest", pa.table({"kind": pa.array(kind, pa.string()), "row": nodes[:, 0], "bits": bits}))
    connection.execute(
        'CREATE OR REPLACE TABLE strength AS FROM weakest UNION ALL SELECT c.kind, c."row", t.bits FROM customer c'
        " JOIN tie t USING (kind, customer_id) WHERE t.is_simple"
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
