"""Resolution's widest steps on Spark: the closure over shared keys, the blocks of likeness, and Splink's weights by its Spark backend.

What is estimated (chance agreement, the prior) comes from the same sample, here as there, and is handed over as a document, so that
both engines weigh alike. Reading, normalising, contradictions, ids and golden records stay where they are.
"""

import logging
from typing import Any

import numpy as np
import pyarrow as pa

from mpm_pipeline.customer.components import Numbers, components
from mpm_pipeline.customer.resolution import chance, similar
from mpm_pipeline.customer.resolution.names import jaro_winkler
from mpm_pipeline.warehouse import engine, spark

NEAREST = """
WITH smallest AS (
  SELECT b.key, min(l.label) AS label FROM bearer b JOIN label l ON l."row" = b."row" GROUP BY b.key
), near AS (
  SELECT b."row", min(s.label) AS label FROM bearer b JOIN smallest s ON s.key = b.key GROUP BY b."row"
)
SELECT n."row", h.label FROM near n JOIN near h ON h."row" = n.label
"""
WEIGHED = "SELECT least(unique_id_l, unique_id_r) AS one, greatest(unique_id_l, unique_id_r) AS other, match_weight AS bits FROM weighed ORDER BY one, other"


class Here:
    """This process and its engine."""

    components = staticmethod(components)
    weigh = staticmethod(similar.weigh)


def settling(session: Any) -> "Here | OnSpark":
    """Return what settles: Spark where a session is given."""
    return OnSpark(session) if session is not None else Here()


class OnSpark:
    """Does on a Spark session what `components.components` and `similar.weigh` do here."""

    def __init__(self, session: Any) -> None:
        self.session = session

    def components(self, count: int, member: Numbers, key: Numbers) -> Numbers:
        """Label `count` records by their component's smallest number; labels spread by joins until their sum stays."""
        label = np.arange(count, dtype=np.int64)
        if not len(member):
            return label
        spark.put(self.session, "bearer", pa.table({"row": member, "key": key}))
        found = spark.run(self.session, "label", 'SELECT DISTINCT "row", "row" AS label FROM bearer')
        before, total = None, _total(found)
        while total != before:
            found = spark.run(self.session, "label", NEAREST)
            before, total = total, _total(found)
        settled = found.toArrow()
        label[settled["row"].to_numpy()] = settled["label"].to_numpy()
        return label

    def weigh(self, connection: Any, count: int) -> pa.Table:
        """Find and weigh the pairs of `candidate`: `one`, `other`, `bits`."""
        from splink import Linker, SparkAPI

        settings = similar.trained(connection, "SELECT *, CAST([] AS VARCHAR[]) AS block_keys FROM candidate", count).misc.save_model_to_json()  # fmt: skip
        spark.put(self.session, "candidate", engine.fetch(connection, "FROM candidate"))
        blocked = spark.run(self.session, "block", (similar.MODEL.parent / "block.sql").read_text())
        spark.teach(self.session, "jaro_winkler_of", jaro_winkler_of)
        api = SparkAPI(spark_session=self.session, break_lineage_method="persist")
        rows = api.register(blocked.withColumnRenamed("row", "unique_id"))
        linker = Linker(rows, _in_its_words(settings), log_level=logging.ERROR, validate_settings=False)
        if count < chance.UNSEEN:
            chance.tell(linker, api, chance.terms(connection, settings, count))
        linker.inference.predict(threshold_match_weight=similar.FLOOR).as_spark_dataframe().createOrReplaceTempView(
            "weighed"
        )
        return (
            spark.run(self.session, "pair", WEIGHED).toArrow().sort_by([("one", "ascending"), ("other", "ascending")])
        )


def jaro_winkler_of(one: str | None, other: str | None) -> float | None:
    """Return the Jaro-Winkler likeness that the engine here finds, byte by byte; the library that Splink brings for Spark finds another."""
    if one is None or other is None:
        return None
    return jaro_winkler(one.encode().decode("latin-1"), other.encode().decode("latin-1"))


def _in_its_words(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the model's document with its conditions in Spark's dialect."""
    told: dict[str, Any] = settings | {"sql_dialect": "spark"}
    told["blocking_rules_to_generate_predictions"] = [one | {"sql_dialect": "spark"} for one in told["blocking_rules_to_generate_predictions"]]  # fmt: skip
    for comparison in told["comparisons"]:
        for level in comparison["comparison_levels"]:
            if level["sql_condition"] != "ELSE":
                level["sql_condition"] = spark.translated(level["sql_condition"])
    return told


def _total(labelled: Any) -> int:
    return int(labelled.agg({"label": "sum"}).collect()[0][0])
