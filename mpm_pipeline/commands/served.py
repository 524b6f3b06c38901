"""What commands that only look share: the published tables of a home, and which tables stand behind a KPI."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mpm_pipeline.commands import options


@contextmanager
def opened(home_text: str | None) -> Iterator[Any]:
    """Yield the published tables of a home (`publish.reader.Served`)."""
    from mpm_pipeline.publish import reader
    from mpm_pipeline.warehouse.home import Home

    root = options.existing(home_text)
    with reader.opened(Home.open(root), url_of(root)) as published:
        yield published


def url_of(root: Path) -> str:
    """Return where a home publishes to, as its settings say."""
    from mpm_pipeline.orchestration.session import world_path
    from mpm_pipeline.settings import load

    return load(root, world=world_path()).publish.url.get_secret_value()


def sources_of(home_text: str | None, kpi_id: str) -> list[str]:
    """Return the tables that the parts of one KPI were made from, as the newest run left them."""
    from mpm_pipeline.orchestration.session import Session
    from mpm_pipeline.orchestration.stages import models

    found: set[str] = set()
    with Session.open(options.existing(home_text)) as session:
        tables = session.latest().tables
        for name, model in models().items():
            if (
                name.startswith("kpis.part_")
                and tables.exists(name)
                and kpi_id in tables.read(name)["kpi_id"].to_pylist()
            ):
                found |= {one for one in model.inputs if not one.startswith(("run.", "reference."))}
    return sorted(found)
