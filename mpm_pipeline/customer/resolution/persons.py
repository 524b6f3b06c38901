"""Which records are one person (identity 2 to 5): guarded keys, decisions, contradictions, and likeness where it may speak."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mpm_pipeline.customer.components import Numbers, components
from mpm_pipeline.customer.resolution import clusters, settle
from mpm_pipeline.customer.resolution.similar import similar_rows

KEYED = """
SELECT k."row", dense_rank() OVER (ORDER BY k.key_type, k.key_value) - 1 AS key, k.bits
FROM person_key k ANTI JOIN person_guard g ON g.key_type = k.key_type AND g.key_value = k.key_value
ORDER BY key, k."row"
"""


def settle_persons(connection: Any, count: int, told: pd.DataFrame) -> tuple[Numbers, pa.Table]:
    """Label `count` records; return the refused merges (`one`, `other`, `bits`, `reason`) beside."""
    settle.make(connection, "person_key")
    settle.put(connection, "decision", pa.Table.from_pandas(told, preserve_index=False))
    connection.execute(
        "INSERT INTO person_key SELECT unnest([one, other]), 'decision', one || '|' || other, 40 FROM decision WHERE decision = 'yes'"
    )
    connection.execute("DELETE FROM person_key WHERE key_value IS NULL OR key_value = ''")
    settle.make(connection, "person_guard")
    keyed = connection.sql(KEYED).to_arrow_table()
    label = components(count, keyed["row"].to_numpy().astype(np.int64), keyed["key"].to_numpy().astype(np.int64))
    rows = pa.table(
        {
            "row": np.arange(count),
            "label": label,
            "size": np.bincount(label, minlength=count)[label] if count else label,
        }
    )
    settle.put(connection, "component", rows)
    settle.make(connection, "person_foe")
    foes = connection.sql(
        "SELECT one, other, bool_or(said) AS said FROM (SELECT one, other, false AS said FROM person_foe UNION ALL SELECT one, other, true FROM decision WHERE decision = 'no') GROUP BY ALL"
    ).to_arrow_table()
    label, refused = clusters.settle(count, keyed, foes)
    alike = similar_rows(connection, is_company=False)
    label = _with_likeness(label, alike, foes)
    connection.execute(
        "CREATE OR REPLACE TABLE joined_key AS SELECT 'person' AS kind, k.* FROM person_key k"
        " ANTI JOIN person_guard g ON g.key_type = k.key_type AND g.key_value = k.key_value"
        " UNION ALL SELECT 'account', \"row\", split_part(key, '|', 1), key, [20, 20, 10, 10, 6][rank + 1] FROM account_key"
    )
    if alike.num_rows:
        settle.put(connection, "alike_person", alike)
        connection.execute(
            "INSERT INTO joined_key SELECT 'person', \"row\", 'likeness', CAST(head AS VARCHAR), 6 FROM alike_person"
        )
    return label, _refused(refused)


def _with_likeness(label: Numbers, alike: pa.Table, foes: pa.Table) -> Numbers:
    """Join clusters whose records are alike."""
    if not alike.num_rows:
        return label
    count = len(label)
    row, head = (alike[name].to_numpy().astype(np.int64) for name in ("row", "head"))
    rows = np.concatenate([np.arange(count, dtype=np.int64), row])
    joined = components(count, rows, np.concatenate([label, head + count]))
    one, other = (foes[name].to_numpy().astype(np.int64) for name in ("one", "other"))
    torn = joined[one[(joined[one] == joined[other]) & (label[one] != label[other])]]
    return np.where(np.isin(joined, torn), label, joined)


def _refused(found: list[clusters.Refused]) -> pa.Table:
    return pa.table(
        {
            "one": pa.array([one.one for one in found], pa.int64()),
            "other": pa.array([one.other for one in found], pa.int64()),
            "bits": pa.array([one.bits for one in found], pa.float64()),
        }
    )
