"""A home whose served tables hold literal rows, for commands that read what was published."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mpm_pipeline.kpis.catalogue import catalogue
from mpm_pipeline.publish.publisher import publish
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline_tests.publish.literal import AS_OF, warehouse


def served_home(root: Path, *states: Mapping[str, Iterable[Mapping[str, Any]]]) -> Home:
    """Publish one state after the other; each names tables as `layer.table` with their rows."""
    home = Home.open(root)
    with Ledger(home) as ledger:
        ledger.begin_run("run", "run", AS_OF, "setting")
        for tables in states:
            made = warehouse(home, tables)
            made.tables.replace(
                "kpis.catalogue", catalogue({"reference.source_role": made.read("reference.source_role")})
            )
            publish(made, "")
    return home
