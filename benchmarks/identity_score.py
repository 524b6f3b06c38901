"""How well a partition of records is the true one: by pairs, B-cubed, and the largest cluster beside the truly largest."""

from pathlib import Path
from typing import TypedDict

import duckdb

SQL = """
WITH cell AS (
  SELECT coalesce(c.{kind}_id, 'alone ' || row_number() OVER ()) AS found, t.truth_{kind} AS truth
  FROM '{truth}' t LEFT JOIN '{crosswalk}' c ON c.source = t.source AND c.record_id = t.record_id WHERE t.truth_{kind} IS NOT NULL
), met AS (SELECT found, truth, count(*) AS n FROM cell GROUP BY ALL
), cross_met AS (SELECT n, sum(n) OVER (PARTITION BY found) AS found_n, sum(n) OVER (PARTITION BY truth) AS truth_n FROM met
), pairs AS (
  SELECT (SELECT sum(n * (n - 1) / 2) FROM met) AS hit, (SELECT sum(n * (n - 1) / 2) FROM (SELECT sum(n) AS n FROM met GROUP BY found)) AS found,
    (SELECT sum(n * (n - 1) / 2) FROM (SELECT sum(n) AS n FROM met GROUP BY truth)) AS truth
)
SELECT hit / greatest(found, 1), hit / truth, 2 * hit / (found + truth), (SELECT sum(n * n / found_n) / sum(n) FROM cross_met), (SELECT sum(n * n / truth_n) / sum(n) FROM cross_met),
  (SELECT max(found_n) FROM cross_met), (SELECT max(truth_n) FROM cross_met)
FROM pairs"""


class Score(TypedDict):
    """What is told of one partition."""

    precision: float
    recall: float
    f1: float
    bcubed: float
    largest: int
    truly_largest: int


def score(truth: Path, crosswalk: Path, kind: str) -> Score | None:
    """Compare the `kind`_id of a crosswalk with the truth beside the records; None where there is no truth of that kind."""
    with duckdb.connect() as connection:
        described = connection.execute(f"DESCRIBE FROM '{truth}'").fetchall()
        if f"truth_{kind}" not in {row[0] for row in described}:
            return None
        told = connection.execute(SQL.format(kind=kind, truth=truth, crosswalk=crosswalk)).fetchall()[0]
    precision, recall, f1, bcubed_precision, bcubed_recall, largest, truly_largest = (float(one) for one in told)
    bcubed = 2 * bcubed_precision * bcubed_recall / (bcubed_precision + bcubed_recall)
    return Score(
        precision=precision, recall=recall, f1=f1, bcubed=bcubed, largest=int(largest), truly_largest=int(truly_largest)
    )
