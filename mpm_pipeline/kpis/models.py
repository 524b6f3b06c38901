"""The models of the KPI layer, in an order in which they can be built.

SQL files beside this module are found by name. `part_*` and `violation_*` files deliver to one table each, which is made of
all of them here: a new measure is a new file and an entry in the catalogue.
"""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from mpm_pipeline.contracts.kpis import Part
from mpm_pipeline.kpis.catalogue import catalogue
from mpm_pipeline.kpis.kpi_scorecard import kpi_scorecard
from mpm_pipeline.kpis.violations import violations
from mpm_pipeline.warehouse.models import Model, in_order, sql_models
from mpm_pipeline.warehouse.validate import conform, empty

FOLDER = Path(__file__).parent


def parts(tables: Mapping[str, pa.Table]) -> pa.Table:
    """Unite what all measures deliver; columns that a measure has nothing to say about are null."""
    return pa.concat_tables([empty(Part), *(conform(Part, table) for table in tables.values())])


def _models() -> list[Model]:
    found = sql_models(FOLDER, "kpis")
    named = [model.name for model in found]
    measures = tuple(name for name in named if name.startswith("kpis.part_"))
    rules = tuple(name for name in named if name.startswith("kpis.violation_"))
    return in_order(
        [
            *found,
            Model("kpis.part", "kpis.part", measures, function=parts, purpose="All contributions to all figures."),
            Model(
                "kpis.meta_violation",
                "kpis.meta_violation",
                (*rules, "staged.standard_exception", "run.setting"),
                function=violations,
                purpose="Every breach of a standard, with the exception that allows it.",
            ),
            Model(
                "kpis.catalogue",
                "kpis.catalogue",
                ("reference.source_role",),
                function=catalogue,
                purpose="What each KPI is called, how it is computed and what it needs.",
            ),
            Model(
                "kpis.kpi_scorecard",
                "kpis.kpi_scorecard",
                ("kpis.fct_kpi", "kpis.catalogue", "kpis.period", "kpis.kpi_period", "reference.source_role"),
                function=kpi_scorecard,
                purpose="The scorecard in words: newest complete quarter, benchmark, trend, and whether it can be trusted.",
            ),
        ]
    )


MODELS = _models()
