"""Stages one folder: accepts its streams from the raw log, runs its SQL models, and accounts for every row.

A folder is a vendor, or `files` for all file folders. Tables become `staged.<folder>.<table>`; the folder's share of
quarantine, reconciliation and freshness is written first, so that one can look at what stopped a run.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.contracts.record import Record
from mpm_pipeline.contracts.registry import table as contract_of
from mpm_pipeline.errors import Halt
from mpm_pipeline.staged.freshness import freshness
from mpm_pipeline.warehouse import losses, withheld
from mpm_pipeline.warehouse.accept import Accepted, accept, reconcile_sql, refused_sql
from mpm_pipeline.warehouse.build import Warehouse, select
from mpm_pipeline.warehouse.engine import connect, fetch
from mpm_pipeline.warehouse.ledger_pages import pages as pages_of
from mpm_pipeline.warehouse.ledger_pages import releases as releases_of
from mpm_pipeline.warehouse.models import references
from mpm_pipeline.warehouse.quarantine import PLACE, SET_ASIDE, crowded, with_releases
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline.warehouse.validate import empty, validate

FOLDER = Path(__file__).parent
SMALL_STREAM = 100
"""A smaller stream never stops a run by its share of refused rows: one bad row of five says little."""

GIVEN = ("run.", "reference.")
"""What a model may read besides the records of its vendor."""

log = logging.getLogger(__name__)


def stage(warehouse: Warehouse, raw: RawLog, folder: str) -> list[str]:
    """Make all staged tables of one folder as known at the warehouse's as-of; return the names of the tables.

    Raises Halt when rows got lost on the way, a stream has too many refused rows, or a table breaks its contract; the
    canonical tables of the last good run then stay as they were.
    """
    files = sorted((FOLDER / folder).glob("*.sql"))
    inputs = sorted({name for file in files for name in references(file) if name.startswith(GIVEN)})
    with connect() as connection:
        warehouse.bring(connection, inputs)
        contracts = import_module(f"mpm_pipeline.contracts.{folder}").RECORDS
        accepted = [accept(connection, raw, contract, warehouse.as_of) for contract in contracts]
        gone = vanished(raw, accepted, warehouse.as_of)
        releases = releases_of(raw.ledger.engine, warehouse.as_of)
        sources = {one.stream.source for one in accepted}
        told: dict[str, Any] = {"vanished": gone, "lost": {}, "withheld": {}}
        for source in sources:
            told["lost"] |= losses.open_by_stream(raw.ledger, source, warehouse.as_of)
            told["withheld"] |= withheld.open_by_stream(raw, source, warehouse.as_of)
        tables = _accounts(connection, contracts, accepted, warehouse, told, releases)
        for name, rows in tables.items():
            warehouse.tables.replace(f"staged.{folder}.{name}", rows)
        refused = tables["meta_quarantine"]
        check(accepted, _setting(warehouse, "quality_max_quarantined_rate"), _set_aside(refused, releases))
        check_pages(connection, refused, raw, _setting(warehouse, "quality_max_quarantined_page_rate"))
        bare = {f"{one.stream.source}.{one.stream.name}" for one in accepted if not one.rows_in}
        made = {file.stem: _made(connection, folder, file, bare) for file in files}
    for name, rows in made.items():
        warehouse.tables.replace(f"staged.{folder}.{name}", rows)
    return [f"staged.{folder}.{name}" for name in (*made, *tables)]


def check(
    accepted: Iterable[Accepted], most_refused: float, set_aside: Mapping[tuple[str, str], int] | None = None
) -> None:
    """Raise Halt when a stream lost rows or has too many refused ones; those set aside by an exception do not count.

    A file without a required column is refused whole and was told by its source (exit 3): the others are published all the same.
    """
    for one in accepted:
        name = f"{one.stream.source}/{one.stream.name}"
        if one.rows_in != one.rows_out + one.rows_quarantined:
            raise Halt(
                f"{name}: of {one.rows_in} keys {one.rows_out} were accepted and {one.rows_quarantined} refused, "
                "so some were lost or doubled; nothing is published"
            )
        refused = one.rows_quarantined - one.rows_in_headless_file
        refused -= (set_aside or {}).get((one.stream.source, one.stream.name), 0)
        if refused and refused > most_refused * one.rows_in:
            words = (
                f"{name}: {refused} of {one.rows_in} rows are refused, more than "
                f"quality.max_quarantined_rate ({most_refused:g}) allows"
            )
            if one.rows_in >= SMALL_STREAM:
                raise Halt(f"{words}; see `mpm quarantine list`, nothing is published")
            log.warning("%s; the stream is small, so the run goes on", words)


def vanished(raw: RawLog, accepted: Iterable[Accepted], as_of: datetime) -> dict[tuple[str, str], datetime]:
    """Return the files that hold rows but were not there at the newest reading of their folder, with the instant of that reading."""
    found = {}
    for one in accepted:
        if one.stream.kind == "snapshot" and one.rows_in:
            reading = raw.ledger.streams_read(one.stream.source, as_of)
            if reading is not None and one.stream.name not in reading[1]:
                found[one.stream.source, one.stream.name] = reading[0]
                log.warning("%s/%s has vanished; its last content is still served", one.stream.source, one.stream.name)
    return found


def check_pages(connection: Any, quarantine: pa.Table, raw: RawLog, most_refused: float) -> None:
    """Raise Halt when of one page, or one file, too many rows stand refused: its source has changed, they are no accidents."""
    pages = pages_of(raw.ledger.engine, quarantine["batch"].to_pylist())
    for page in crowded(connection, quarantine, pages, most_refused, SMALL_STREAM)[:1]:
        raise Halt(
            f"{page.batch}: {page.refused} of the {page.rows} rows of page {page.page_no} are refused, more than "
            f"quality.max_quarantined_page_rate ({most_refused:g}) allows; see `mpm quarantine list`, nothing is published"
        )


def _set_aside(quarantine: pa.Table, releases: Iterable[Mapping[str, Any]]) -> Counter[tuple[str, str]]:
    """Count by stream the refused rows that an exception sets aside."""
    waived = {tuple(row[name] for name in PLACE) for row in releases if row["cause"].startswith(SET_ASIDE)}
    marked = quarantine.filter(pc.is_valid(quarantine["resolved_at"])).select(PLACE).to_pylist()
    return Counter((row["source"], row["stream"]) for row in marked if tuple(row.values()) in waived)


def _made(connection: Any, folder: str, file: Path, bare: Set[str]) -> pa.Table:
    """Run one model; one that reads nothing but streams in which nothing has landed has no rows, and planning it costs the most."""
    read = {name.removesuffix("$versions") for name in references(file) if not name.startswith(GIVEN)}
    if read and read <= bare:
        return empty(contract_of(f"staged.{file.stem}"))
    rows = select(connection, f"staged.{folder}.{file.stem}", file.read_text())
    return validate(contract_of(f"staged.{file.stem}"), rows)


def _accounts(
    connection: Any,
    contracts: Sequence[type[Record]],
    accepted: Sequence[Accepted],
    warehouse: Warehouse,
    told: Mapping[str, Any],
    releases: Iterable[Mapping[str, Any]],
) -> dict[str, pa.Table]:
    """Return the folder's rows of quarantine, reconciliation and freshness."""
    streams = [(one.stream.source, one.stream.name) for one in accepted]
    refused = " UNION ALL ".join(refused_sql(*stream) for stream in streams)
    counts = " UNION ALL ".join(map(reconcile_sql, contracts))
    own = [row for row in releases if (row["source"], row["stream"]) in set(streams)]
    made = {
        "meta_quarantine": with_releases(connection, refused, own),
        "meta_reconciliation": fetch(connection, f"{counts} ORDER BY ALL"),
        "meta_freshness": freshness(accepted, warehouse.read("run.source"), warehouse.as_of, **told),
    }
    return {name: validate(contract_of(f"staged.{name}"), rows) for name, rows in made.items()}


def _setting(warehouse: Warehouse, name: str) -> Any:
    return warehouse.read("run.setting")[name][0].as_py()
