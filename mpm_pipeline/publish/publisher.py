"""Publishes one consistent state: reads the checked tables, records what changed, writes database and BI file.

Order matters: the database is written first, in one transaction; only then is the new state remembered as published, so that
a kill in between makes the next run compare with what readers really saw.
"""

from dataclasses import dataclass

import pyarrow as pa

from mpm_pipeline.publish import database, restatement
from mpm_pipeline.publish.catalog import dictionary, served
from mpm_pipeline.warehouse.bi import write_bi_file
from mpm_pipeline.warehouse.build import Warehouse
from mpm_pipeline.warehouse.validate import validate

LAST = "publish.published_figures"
CHANGES = "publish.fct_kpi_restatement"


@dataclass(frozen=True)
class Published:
    """What a publication did: served tables and the number of figures that changed."""

    tables: list[str]
    restated: int


def publish(warehouse: Warehouse, url: str) -> Published:
    """Publish all served tables to `url` (empty: the home's own file) and to the BI file; raise Halt before writing anything wrong."""
    contracts = served()
    rows = {
        name: warehouse.read(contract.Config.name)
        for name, contract in contracts.items()
        if not _made_here(contract.Config.name)
    }
    last = warehouse.tables.read(LAST) if warehouse.tables.exists(LAST) else None
    fresh = restatement.changes(rows["fct_kpi"], last)
    rows["fct_kpi"] = restatement.mark(rows["fct_kpi"], last)
    rows["kpi_scorecard"] = _scorecard_states(rows["kpi_scorecard"], rows["fct_kpi"])
    history = warehouse.read(CHANGES)
    rows["fct_kpi_restatement"] = pa.concat_tables([history, fresh.cast(history.schema)])
    rows |= dictionary()
    checked = {name: validate(contract, rows[name]) for name, contract in contracts.items()}
    names = database.publish(warehouse.home, url, checked, contracts)
    write_bi_file(warehouse.home, checked)
    warehouse.tables.replace(CHANGES, checked["fct_kpi_restatement"])
    warehouse.tables.replace(LAST, checked["fct_kpi"])
    return Published(names, fresh.num_rows)


def _made_here(name: str) -> bool:
    return name.startswith("publish.")


def _scorecard_states(scorecard: pa.Table, figures: pa.Table) -> pa.Table:
    """Carry `restated` from the figures to the flat table for beginners."""
    keys = set(
        zip(
            figures["kpi_id"].to_pylist(),
            figures["state"].to_pylist(),
            figures["period_grain"].to_pylist(),
            strict=True,
        )
    )
    restated = {kpi for kpi, state, grain in keys if state == "restated" and grain == "quarter"}
    states = [
        "restated" if kpi in restated and state == "final" else state
        for kpi, state in zip(scorecard["kpi_id"].to_pylist(), scorecard["state"].to_pylist(), strict=True)
    ]
    place = scorecard.column_names.index("state")
    return scorecard.set_column(place, "state", pa.array(states, pa.string()))
