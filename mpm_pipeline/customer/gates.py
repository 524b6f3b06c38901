"""What must hold of the unified customer before anything rests on it: no giant customer, few keys set aside, ids that stay, people's word kept.

Each gate compares one figure with a limit; a setting or zero. A gate that fails stops the run before anything is published.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pyarrow as pa

from mpm_pipeline.errors import Halt
from mpm_pipeline.warehouse import engine

INPUTS: Final = (
    "customer.id_registry", "customer.identity_record", "customer.identity_key", "customer.key_guard_report",
    "customer.review_queue", "customer.person_decision", "run.identity_label", "run.setting",
)  # fmt: skip


@dataclass(frozen=True)
class Gate:
    """One figure and its limit: the figure may not be above it. `sql` gives figure and limit; no figure: nothing to judge, `unless` says why."""

    name: str
    sentence: str
    sql: str
    unless: str = "there is nothing to judge"


@dataclass(frozen=True)
class Verdict:
    """What a gate found."""

    name: str
    sentence: str
    figure: float | None
    limit: float | None
    unless: str = "there is nothing to judge"

    @property
    def found(self) -> float | str:
        """The figure, or why there is none."""
        return self.unless if self.figure is None else self.figure

    @property
    def holds(self) -> bool:
        return self.figure is None or self.limit is None or self.figure <= self.limit

    def __str__(self) -> str:
        return f"{self.name}: {_plain(self.figure)} where at most {_plain(self.limit)} may be ({self.sentence})"


PRECISION: Final = """
WITH label AS (
  SELECT DISTINCT ON (least(one, other), greatest(one, other)) one, other, decision = 'yes' AS is_one
  FROM (SELECT row(source, object, record_id) AS one, row(other_source, other_object, other_record_id) AS other, decision FROM run.identity_label)
  WHERE decision <> 'unsure' AND one <> other
  ORDER BY least(one, other), greatest(one, other), is_one
), said AS (
  SELECT row(source, object, record_id) AS one, row(other_source, other_object, other_record_id) AS other FROM customer.person_decision
), now AS (
  SELECT row(source, object, record_id) AS name, id FROM customer.id_registry WHERE kind = 'person' AND is_present AND NOT is_deleted
), held AS (
  SELECT l.is_one FROM label l JOIN now a ON a.name = l.one JOIN now b ON b.name = l.other AND b.id = a.id
  WHERE NOT EXISTS (SELECT 1 FROM said s WHERE (s.one = l.one AND s.other = l.other) OR (s.one = l.other AND s.other = l.one))
)
SELECT CASE WHEN count(*) >= any_value(s.identity_min_labels) THEN 1 - count_if(h.is_one) / count(*) END, 1 - any_value(s.identity_min_precision)
FROM run.setting s LEFT JOIN held h ON true WHERE h.is_one IS NOT NULL
"""
"""A decided pair proves nothing, because a decision is kept whatever evidence says; of two labels of one pair the *no* counts."""
GATES: Final = (
    Gate(
        "names_of_one_person",
        "the person with the most different names; raise identity.max_names when it is right, else look at `mpm explain customer`",
        """SELECT max(names), any_value(s.identity_max_names)
          FROM run.setting s, (SELECT count(DISTINCT r.name_key) AS names FROM customer.id_registry o
            JOIN customer.identity_record r ON r.own_id = o.own_id
            WHERE o.kind = 'person' AND o.is_present AND NOT o.is_deleted AND NOT o.is_merged GROUP BY o.id)""",
    ),
    Gate(
        "keys_set_aside",
        "keys that join nobody as a share of these and all declared ids, mailboxes and domains; what they are stands in customer.key_guard_report",
        """SELECT aside * 1e0 / nullif(keys + aside, 0), s.identity_max_set_aside_rate
          FROM run.setting s, (SELECT count(*) AS keys FROM (SELECT DISTINCT kind, key_type, key_value FROM customer.identity_key k
              ANTI JOIN customer.key_guard_report g ON g.kind = k.kind AND g.key_value = k.key_value)) k,
            (SELECT count(*) AS aside FROM customer.key_guard_report) a""",
    ),
    Gate(
        "ids_changed_without_need",
        "customers who have an id of today, an id of before and the same records under both",
        """WITH known AS (
            SELECT kind, own_id, id, CASE WHEN recorded_from_at = s.as_of AND previous_id IS NOT NULL THEN previous_id ELSE id END AS old_id
            FROM customer.id_registry, run.setting s
            WHERE (NOT is_present OR NOT is_deleted) AND first_seen_at < s.as_of
          ), part AS (
            SELECT kind, old_id, id, count(*) AS records FROM known GROUP BY ALL
          ), fresh AS (
            SELECT own_id FROM customer.id_registry, run.setting s WHERE first_seen_at >= s.as_of
          )
          SELECT count(*), 0 FROM (
            SELECT * FROM part
            QUALIFY count(*) OVER (PARTITION BY kind, old_id) = 1 AND count(*) OVER (PARTITION BY kind, id) = 1)
          WHERE old_id <> id AND id NOT IN (SELECT own_id FROM fresh)""",
    ),
    Gate(
        "decisions_not_kept",
        "pairs that somebody decided and that are otherwise today, but for decisions that contradict each other; `mpm review list --all` lists them",
        """SELECT CASE WHEN count(*) > 0 THEN count(*) FILTER ((t.decision = 'yes') <> (a.id = b.id)) END, 0
          FROM customer.person_decision t
          JOIN customer.id_registry a ON a.kind = 'person' AND a.source = t.source AND a.object = t.object AND a.record_id = t.record_id AND a.is_present AND NOT a.is_deleted
          JOIN customer.id_registry b ON b.kind = 'person' AND b.source = t.other_source AND b.object = t.other_object AND b.record_id = t.other_record_id AND b.is_present AND NOT b.is_deleted
          WHERE t.decision <> 'unsure' AND NOT EXISTS (SELECT 1 FROM customer.review_queue q WHERE q.reason LIKE 'decisions contradict%'
            AND (q.source, q.object, q.record_id, q.other_source, q.other_object, q.other_record_id) IN (
              (t.source, t.object, t.record_id, t.other_source, t.other_object, t.other_record_id),
              (t.other_source, t.other_object, t.other_record_id, t.source, t.object, t.record_id)))""",
    ),
    Gate(
        "labelled_pairs_wrong",
        "1 - precision: of the pairs of identity.labels_file that evidence alone holds as one person, the share that are two (identity.min_precision); `mpm review decide` parts such a pair, and it counts no more",
        PRECISION,
        "fewer than identity.min_labels of the labelled pairs are held as one person",
    ),
)


SIZES = """
WITH own AS (
  SELECT 'after' AS phase, id AS customer FROM registry WHERE kind = 'person' AND is_present
  UNION ALL
  SELECT 'before', CASE WHEN recorded_from_at = TIMESTAMPTZ $as_of AND previous_id IS NOT NULL THEN previous_id ELSE id END
  FROM registry WHERE kind = 'person' AND is_present AND first_seen_at < TIMESTAMPTZ $as_of
), sized AS (
  SELECT phase, customer, least(count(*), 10) AS records FROM own GROUP BY ALL
)
SELECT a.phase, g.low, count(s.customer) AS people
FROM (VALUES ('before'), ('after')) a(phase) CROSS JOIN (VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 9), (10, 10)) g(low, high)
LEFT JOIN sized s ON s.phase = a.phase AND s.records BETWEEN g.low AND g.high
GROUP BY ALL ORDER BY a.phase, g.low
"""


def judge(tables: Mapping[str, pa.Table]) -> list[Verdict]:
    """Return what every gate found."""
    with engine.connect() as connection:
        engine.show(connection, tables)
        return [Verdict(gate.name, gate.sentence, *_figures(connection, gate), gate.unless) for gate in GATES]


def hold(tables: Mapping[str, pa.Table]) -> None:
    """Raise Halt naming every gate that fails on the tables of `INPUTS`."""
    stop(judge(tables))


def stop(verdicts: Iterable[Verdict]) -> None:
    """Raise Halt naming every gate that failed."""
    broken = [verdict for verdict in verdicts if not verdict.holds]
    if broken:
        raise Halt(
            f"the unified customer is not to be trusted, so nothing is published and what was published before stays: {'; '.join(map(str, broken))}"
        )


def sizes(registry: pa.Table, as_of: datetime) -> dict[str, list[int]]:
    """Return how many people have 1, 2, 3, 4, 5 to 9 and 10 or more records, `before` this run and `after` it."""
    with engine.connect() as connection:
        connection.register("registry", registry)
        found = engine.fetch(connection, SIZES.replace("$as_of", engine.literal(as_of.isoformat()))).to_pylist()
    return {when: [row["people"] for row in found if row["phase"] == when] for when in ("before", "after")}


def _figures(connection: Any, gate: Gate) -> tuple[float | None, float | None]:
    figure, limit = engine.fetch(connection, gate.sql).to_pylist()[0].values()
    return (None if figure is None else float(figure)), (None if limit is None else float(limit))


def _plain(figure: float | None) -> str:
    return "nothing" if figure is None else f"{figure:g}"
