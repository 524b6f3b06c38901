"""Which records are one person (identity 2 to 5): guarded keys, decisions, contradictions, and likeness where it may speak."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mpm_pipeline.customer.components import Numbers, components
from mpm_pipeline.customer.resolution import clusters, settle
from mpm_pipeline.customer.resolution.similar import Weigh, similar_rows, weigh
from mpm_pipeline.warehouse import engine

REFUSED = pa.schema({"one": pa.int64(), "other": pa.int64(), "bits": pa.float64(), "reason": pa.string()})
Closure = Callable[[int, Numbers, Numbers], Numbers]
KEYED = 'SELECT k."row", k.key, k.bits FROM shared_key k ANTI JOIN person_guard g ON g.key = k.key'
EVERYBODY = 'SELECT power_of_two(2000 + count(DISTINCT hash(given_key, coalesce(hash(mailbox), "row")))) FROM feature WHERE name_key IS NOT NULL'
"""Bearers of names, and 2,000 unseen people who keep shares of a small file small."""

TORN = (
    'UPDATE person_id SET digest = hash(\'id\', t.digest, t.head) FROM person_id_torn t WHERE person_id."row" = t."row" AND person_id.digest = t.digest',
    "INSERT INTO person_listed SELECT \"row\", false, id, hash('id', digest, head) FROM person_id_torn",
)
"""An id of two people joins the records of each, under a number for each."""
UNTORN = (
    'CREATE OR REPLACE TABLE person_id_torn ("row" BIGINT, digest UBIGINT, id VARCHAR, head BIGINT, is_named BOOLEAN)'
)
FEWEST_TOLD = 16
"""Eight ids that two records bear at least: fewer tell nothing of what an id means (`person_id_torn.sql`)."""
STRANGERS = """
WITH part AS (
  SELECT digest, min("row") AS oldest FROM person_id_torn WHERE is_named GROUP BY digest, head
)
SELECT min(oldest) OVER (PARTITION BY digest) AS one, oldest AS other, 20e0 AS bits, 'one declared id, but neither name nor mailbox in common' AS reason
FROM part QUALIFY one < other ORDER BY ALL
"""

DONE_WITH = (
    "person_key",
    "person_id",
    "person_listed",
    "shared_key",
    "component",
    "hard",
    "person_torn",
    "person_crowd",
    "candidate",
    "block",
    "account_key",
)


def settle_persons(
    connection: Any, count: int, told: pd.DataFrame, closure: Closure = components, weighed: Weigh = weigh
) -> tuple[Numbers, pa.Table]:
    """Label `count` records; return the refused merges (`one`, `other`, `bits`, `reason`) beside.

    `closure` and `weighed`: what closes shared keys and weighs likeness, here or elsewhere.
    """
    settle.put(connection, "decision", pa.Table.from_pandas(told, preserve_index=False))
    for name in ("decided", "person_listed", "person_id"):
        settle.make(connection, name)
    of_one_id = _tear_ids(connection)
    for name in ("person_key", "key_number", "shared_key"):
        settle.make(connection, name)
    ((everybody,),) = connection.execute(EVERYBODY).fetchall()
    settle.make(connection, "person_guard", everybody=everybody)
    _guard_crowds(connection, count)
    keyed = connection.sql(KEYED).to_arrow_table()
    label = closure(count, keyed["row"].to_numpy().astype(np.int64), keyed["key"].to_numpy().astype(np.int64))
    rows = pa.table(
        {
            "row": np.arange(count),
            "label": label,
            "size": np.bincount(label, minlength=count)[label] if count else label,
        }
    )
    settle.put(connection, "component", rows)
    settle.make(connection, "person_torn")
    no = told[told["decision"] == "no"]
    apart = (no["one"].to_numpy(dtype=np.int64), no["other"].to_numpy(dtype=np.int64))
    torn = connection.sql('FROM person_torn ORDER BY "row"').to_arrow_table()
    found, refused = clusters.settle(label, keyed, torn, apart)
    alike, strange = similar_rows(connection, weighed, is_company=False)
    label = _with_likeness(found, alike, label, apart)
    settle.put(connection, "alike_person", alike)
    for name in ("key_name", "joined_key"):
        settle.make(connection, name)
    settle.drop_large(connection, count, *DONE_WITH)
    for name in ("teller", "speaker"):
        connection.unregister(name)
    return label, pa.concat_tables([_refused([*refused, *strange]), of_one_id])


def _tear_ids(connection: Any) -> pa.Table:
    """Make `person_id_torn`; let an id of two people join the records of each alone, and return these pairs as refused merges."""
    ((told,),) = connection.execute("SELECT count(*) FROM person_id").fetchall()
    if told < FEWEST_TOLD:
        connection.execute(UNTORN)
        return REFUSED.empty_table()
    settle.make(connection, "person_id_torn")
    for change in TORN:
        connection.execute(change)
    return engine.fetch(connection, STRANGERS).cast(REFUSED)


def _guard_crowds(connection: Any, count: int) -> None:
    """Set soft keys aside behind which too many people stand that no sure key joins."""
    sure = connection.sql(f"{KEYED} WHERE k.bits >= {clusters.SURE}").to_arrow_table()
    label = components(count, sure["row"].to_numpy().astype(np.int64), sure["key"].to_numpy().astype(np.int64))
    settle.put(connection, "hard", pa.table({"row": np.arange(count), "label": label}))
    settle.make(connection, "person_crowd")
    connection.execute("INSERT INTO person_guard FROM person_crowd ANTI JOIN person_guard USING (key)")


def _with_likeness(label: Numbers, alike: pa.Table, before: Numbers, no: tuple[Numbers, Numbers]) -> Numbers:
    """Join clusters whose records are alike, but not what was one component (`before`) and was parted, nor what is said to be two."""
    if not alike.num_rows:
        return label
    count = len(label)
    row, head = (alike[name].to_numpy().astype(np.int64) for name in ("row", "head"))
    rows = np.concatenate([np.arange(count, dtype=np.int64), row])
    joined = components(count, rows, np.concatenate([label, head + count]))
    parts = np.unique(np.column_stack([joined, before, label]), axis=0)
    twice = (np.diff(parts[:, :2], axis=0) == 0).all(axis=1)
    one, other = no
    torn = np.concatenate([parts[1:][twice, 0], joined[one[joined[one] == joined[other]]]])
    return np.asarray(np.where(np.isin(joined, torn), label, joined))


def _refused(found: list[clusters.Refused]) -> pa.Table:
    return pa.table({name: [getattr(one, name) for one in found] for name in REFUSED.names}, REFUSED)
