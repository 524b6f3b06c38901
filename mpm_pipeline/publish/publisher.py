"""Publishes one consistent state: reads the checked tables, records what changed, writes database and BI file.

What changed is told against what readers really saw: the home remembers its last publication, and where the database holds
another one (a run was killed after writing it, or the database was put back from a backup), the database is asked instead.
A look back at a past as-of changes no record: it shows the changes up to then, and the next publication is told against the newest.
"""

import hashlib
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.contracts.registry import table as contract_of
from mpm_pipeline.publish import basis, database, restatement
from mpm_pipeline.publish.catalog import dictionary, package_version, served
from mpm_pipeline.publish.reader import NothingPublished, OlderShape, opened
from mpm_pipeline.publish.restatement import KEY
from mpm_pipeline.staged.freshness import freshness_of_off
from mpm_pipeline.warehouse.bi import write_bi_file
from mpm_pipeline.warehouse.build import Warehouse
from mpm_pipeline.warehouse.validate import arrow_schema, validate

LAST = "publish.published_figures"
CHANGES = "publish.fct_kpi_restatement"


@dataclass(frozen=True)
class Published:
    """What a publication did: served tables, the number of figures that changed, and how fresh the sources are."""

    tables: list[str]
    restated: int
    freshness: pa.Table


def publish(warehouse: Warehouse, url: str, *, looks_back: bool = False) -> Published:
    """Publish all served tables to `url` (empty: the home's own file) and to the BI file; raise Halt before writing anything wrong."""
    contracts = served()
    rows = {
        name: warehouse.read(contract.Config.name)
        for name, contract in contracts.items()
        if not contract.Config.name.startswith("publish.")
    }
    last, history = _seen(warehouse, url)
    seen = None if looks_back else last
    rests_on = basis.basis_of(warehouse)
    fresh = restatement.changes(rows["fct_kpi"], seen, basis.cause_of(_basis(warehouse, seen), rests_on))
    rows["fct_kpi"] = restatement.mark(rows["fct_kpi"], seen)
    setting = warehouse.read("run.setting").to_pylist()[0]
    rows["kpi_scorecard"] = restatement.mark_scorecard(rows["kpi_scorecard"], rows["fct_kpi"], setting["as_of_date"])
    changes = restatement.joined(history, fresh.cast(history.schema))
    known = pc.less_equal(changes["changed_at"], pa.scalar(warehouse.as_of, changes["changed_at"].type))
    rows["fct_kpi_restatement"] = changes.filter(known) if looks_back else changes
    rows["meta_freshness"] = _freshness(warehouse, rows["meta_freshness"])
    rows["meta_kpi"] = warehouse.read("kpis.catalogue").select(arrow_schema(contracts["meta_kpi"]).names)
    publication = _fingerprint(warehouse, rows["fct_kpi"], rows["fct_kpi_restatement"])
    rows["meta_publication"] = pa.Table.from_pylist(
        [
            {
                "publication_id": publication,
                "as_of_at": warehouse.as_of,
                "as_of_date": setting["as_of_date"],
                "time_zone": setting["company_time_zone"],
                "reporting_currency": setting["company_reporting_currency"],
                "fiscal_year_start_month": setting["company_fiscal_year_start_month"],
                "package_version": package_version(),
            }
        ],
        schema=arrow_schema(contracts["meta_publication"]),
    )
    rows |= dictionary()
    checked = {name: validate(contract, rows[name]) for name, contract in contracts.items()}
    names = database.publish(warehouse.home, url, checked, contracts, publication)
    write_bi_file(warehouse.home, checked)
    warehouse.tables.replace(CHANGES, changes)
    if not (looks_back and last is not None):  # before the figures: after a kill between them nobody trusts the basis
        warehouse.tables.replace(basis.NAME, rests_on)
    warehouse.tables.replace(LAST, _named(last if looks_back and last is not None else checked["fct_kpi"], publication))
    return Published(names, fresh.num_rows, checked["meta_freshness"])


def _seen(warehouse: Warehouse, url: str) -> tuple[pa.Table | None, pa.Table]:
    """Return the figures that readers saw last, None when there are none, and the record of all changes before."""
    last = warehouse.tables.read(LAST) if warehouse.tables.exists(LAST) else None
    known = last["publication"][0].as_py() if last is not None and last.num_rows else None
    try:
        with opened(warehouse.home, url) as version:
            if version.publication == known:
                return last, warehouse.read(CHANGES)
            found = [
                pa.Table.from_pylist(version.rows(name), schema=arrow_schema(served()[name]))
                for name in ("fct_kpi", "fct_kpi_restatement")
            ]
            return found[0], found[1]
    except (NothingPublished, OlderShape):
        return last, warehouse.read(CHANGES)


def _basis(warehouse: Warehouse, seen: pa.Table | None) -> pa.Table | None:
    """Return what the figures that readers saw last rest on; None where another home, or an older version, wrote them."""
    is_ours = seen is not None and "publication" in seen.column_names and warehouse.tables.exists(basis.NAME)
    return warehouse.tables.read(basis.NAME) if is_ours else None


def _named(figures: pa.Table, publication: str) -> pa.Table:
    names = [name for name in figures.column_names if name != "publication"]
    return figures.select(names).append_column("publication", pa.array([publication] * figures.num_rows, pa.string()))


def _fingerprint(warehouse: Warehouse, *tables: pa.Table) -> str:
    """Hash what readers compare: the same state published twice is the same publication."""
    digest = hashlib.sha256(warehouse.as_of.isoformat().encode())
    for table in tables:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table.sort_by([(name, "ascending") for name in KEY.split(", ")]).combine_chunks())
        digest.update(sink.getvalue())
    return digest.hexdigest()[:32]


def _freshness(warehouse: Warehouse, rows: pa.Table) -> pa.Table:
    """Add one row for every source that is off, and leave out streams that it had while it was on."""
    off = freshness_of_off(warehouse.read("run.source"), warehouse.as_of)
    on = rows.filter(pc.invert(pc.is_in(rows["source"], off["source"])))
    return pa.concat_tables([on, off.cast(arrow_schema(contract_of("staged.meta_freshness")))])
