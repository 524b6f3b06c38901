"""What changed since the last publication, and which figures count as restated.

Compares the figures about to be published with those published last. Every change of a value becomes a row, with its cause in
words; only a figure that was final becomes `restated`, and it stays so.
"""

from datetime import date

import pyarrow as pa

from mpm_pipeline.warehouse import engine

KEY = "kpi_id, kpi_version, period_grain, period_start, segment_kind, segment"


def mark(figures: pa.Table, published: pa.Table | None) -> pa.Table:
    """Return the figures with state `restated` where a final value changed or was restated before."""
    if published is None or not published.num_rows:
        return figures
    with engine.connect() as connection:
        connection.register("fresh", figures)
        connection.register("old", published)
        return engine.fetch(
            connection,
            f"""
            SELECT fresh.* REPLACE (CASE
                WHEN old.state = 'restated' THEN 'restated'
                WHEN old.state = 'final' AND {_changed()} THEN 'restated'
                ELSE fresh.state END AS state)
            FROM fresh LEFT JOIN old USING ({KEY}) ORDER BY {KEY}
            """,  # noqa: S608
        )


def changes(figures: pa.Table, published: pa.Table | None, switched: str | None = None) -> pa.Table:
    """Return one row per changed figure: key, value before and after, as-of of the change, cause.

    `switched`: what differs from before besides records, in words; another version of the package is named last.
    """
    told = engine.literal(switched or "")
    with engine.connect() as connection:
        connection.register("fresh", figures)
        connection.register("old", published if published is not None else figures.slice(0, 0))
        return engine.fetch(
            connection,
            f"""
            WITH before AS (SELECT max(as_of_at) AS as_of_at FROM old), now AS (SELECT max(as_of_at) AS as_of_at FROM fresh)
            SELECT {KEY}, old.value AS value_before, fresh.value AS value_after, now.as_of_at AS changed_at,
              CASE
                WHEN fresh.kpi_id IS NULL THEN 'withdrawn: nothing is left to compute it from'
                WHEN coalesce(old.null_reason, '') = 'not_covered' OR coalesce(fresh.null_reason, '') = 'not_covered'
                  THEN 'coverage: a source was switched on or off, or covers more than before'
                WHEN coalesce(old.currency_code, '') <> coalesce(fresh.currency_code, '') THEN 'setting: reporting currency'
                WHEN {told} <> '' AND NOT starts_with({told}, 'version:') THEN {told}
                WHEN 'immature_cohort' IN (coalesce(old.null_reason, ''), coalesce(fresh.null_reason, ''))
                  THEN 'maturing: the cohort was still being observed'
                WHEN coalesce(fresh.period_end, old.period_end) > CAST(before.as_of_at AS DATE) THEN 'running: the period had not ended'
                WHEN {told} <> '' THEN {told}
                ELSE 'late: records of the period arrived or changed after it was published' END AS cause
            FROM old FULL JOIN fresh USING ({KEY}), before, now
            WHERE old.kpi_id IS NOT NULL AND (fresh.kpi_id IS NULL OR {_changed()})
            ORDER BY ALL
            """,  # noqa: S608
        )


def joined(history: pa.Table, fresh: pa.Table) -> pa.Table:
    """Return old and new changes; a figure that changed twice under one as-of keeps one row, from the first value to the last."""
    with engine.connect() as connection:
        connection.register("history", history)
        connection.register("fresh", fresh)
        return engine.fetch(
            connection,
            f"""
            WITH known AS (SELECT *, true AS is_known FROM history), new AS (SELECT *, true AS is_new FROM fresh)
            SELECT {KEY}, CASE WHEN is_known THEN known.value_before ELSE new.value_before END AS value_before,
              CASE WHEN is_new THEN new.value_after ELSE known.value_after END AS value_after, changed_at,
              CASE WHEN is_new THEN new.cause ELSE known.cause END AS cause
            FROM known FULL JOIN new USING ({KEY}, changed_at) ORDER BY changed_at, {KEY}
            """,  # noqa: S608
        ).cast(history.schema)


def mark_scorecard(scorecard: pa.Table, figures: pa.Table, as_of_date: date) -> pa.Table:
    """Carry `restated` from the figures to the flat table, which shows the newest complete quarter, else the running one."""
    with engine.connect() as connection:
        connection.register("scorecard", scorecard)
        connection.register("figures", figures)
        return engine.fetch(
            connection,
            f"""
            WITH shown AS (
              SELECT kpi_id, state FROM figures WHERE period_grain = 'quarter' AND segment_kind = 'all'
              QUALIFY row_number() OVER (
                PARTITION BY kpi_id ORDER BY period_end <= DATE '{as_of_date}' DESC, period_start DESC, kpi_version DESC
              ) = 1
            )
            SELECT scorecard.* REPLACE (
              CASE WHEN shown.state = 'restated' THEN 'restated' ELSE scorecard.state END AS state,
              CASE WHEN shown.state = 'restated' AND scorecard.value IS NOT NULL
                THEN 'The figure was final and has changed since, because late records came.' ELSE scorecard.trust_text END AS trust_text
            )
            FROM scorecard LEFT JOIN shown USING (kpi_id) ORDER BY kpi_id
            """,  # noqa: S608
        )


def _changed() -> str:
    """A figure changed when its value, exact money or null reason did."""
    pairs = ("value", "value_minor", "null_reason", "numerator", "denominator")
    return "(" + " OR ".join(f"old.{name} IS DISTINCT FROM fresh.{name}" for name in pairs) + ")"
