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
    from mpm_pipeline.settings import load
    from mpm_pipeline.warehouse.home import world_path

    return load(root, world=world_path()).publish.url.get_secret_value()


def sources_of(home_text: str | None, kpi_id: str) -> list[str]:
    """Return the tables that the parts of one KPI were made from, as the newest run left them."""
    from mpm_pipeline import kpis
    from mpm_pipeline.warehouse.home import Home
    from mpm_pipeline.warehouse.models import references
    from mpm_pipeline.warehouse.tables import Tables

    tables = Tables(Home.open(options.existing(home_text)))
    found: set[str] = set()
    for file in Path(kpis.__path__[0]).glob("part_*.sql"):
        name = f"kpis.{file.stem}"
        if tables.exists(name) and kpi_id in tables.read(name)["kpi_id"].to_pylist():
            found |= {one for one in references(file) if not one.startswith(("run.", "reference."))}
    return sorted(found)
