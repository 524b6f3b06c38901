"""The models of the KPI layer, in an order in which they can be built.

SQL files beside this module are found by name. `part_*` and `violation_*` files deliver to one table each, which is made of
all of them here: a new measure is a new file and an entry in the catalogue.
"""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from mpm_pipeline.warehouse.models import Model, in_order, sql_models

FOLDER = Path(__file__).parent


def _all_of(tables: Mapping[str, pa.Table]) -> pa.Table:
    return pa.concat_tables(tables.values())


def _whole(name: str, prefix: str, models: list[Model], purpose: str) -> Model:
    parts = tuple(model.name for model in models if model.name.startswith(prefix))
    return Model(name, name, parts, function=_all_of, purpose=purpose)


def _models() -> list[Model]:
    found = sql_models(FOLDER, "kpis")
    return in_order(
        [
            *found,
            _whole("kpis.part", "kpis.part_", found, "All contributions to all figures."),
            _whole("kpis.meta_violation", "kpis.violation_", found, "Every breach of a standard, of all rules."),
        ]
    )


MODELS = _models()
