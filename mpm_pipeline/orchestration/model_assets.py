"""Assets of everything after raw: staged tables per source, and one asset per model of customer, kpis, leads; then publish.

The assets are made from the models: keys, dependencies, columns, lineage and descriptions all come from the SQL and the
contracts, so adding a SQL file adds an asset.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pyarrow.compute as pc

from mpm_pipeline.contracts.registry import table as contract_of
from mpm_pipeline.customer.gates import INPUTS as CUSTOMER_INPUTS
from mpm_pipeline.customer.gates import stop
from mpm_pipeline.errors import Halt
from mpm_pipeline.kpis.identities import INPUTS as COMPARED
from mpm_pipeline.orchestration.metadata import asset_key, chart, code_version, description, lineage, static
from mpm_pipeline.orchestration.resources import MpmHome
from mpm_pipeline.orchestration.session import STAGED_FOLDERS, Session
from mpm_pipeline.orchestration.stages import (
    STAGED,
    build_model,
    check_identities,
    customer_sizes,
    customer_verdicts,
    models,
    publish,
    stage_source,
    staged_tables,
)
from mpm_pipeline.publish.catalog import grain, served
from mpm_pipeline.publish.publisher import LAST as PUBLISHED
from mpm_pipeline.scorecard.page import write_page
from mpm_pipeline.warehouse.models import Model

Result = dg.MaterializeResult | dg.AssetCheckResult
HOLDS = "contract_holds"
TRUSTED = "customers_can_be_trusted"
REGISTRY = "customer.id_registry"
AGREE = "figures_agree"
RECONCILED = "rows_in_equal_rows_out_plus_quarantined"
FIGURES = "kpis.fct_kpi"
COUNTED = ("rows_in", "rows_out", "rows_quarantined")
BOOKKEEPING = ("meta_quarantine", "meta_reconciliation", "meta_freshness")


def model_assets() -> list[dg.AssetsDefinition]:
    """Return the assets of all layers after raw."""
    return [
        *(_staged(folder) for folder in STAGED_FOLDERS),
        *(_model(group) for group in _made_together()),
        _served(),
        _page(),
    ]


def _staged(folder: str) -> dg.AssetsDefinition:
    names = (*staged_tables(folder), *BOOKKEEPING)
    specs = {
        name: dg.AssetSpec(
            asset_key(f"staged.{folder}.{name}"),
            deps=[dg.AssetKey(["raw", folder])],
            group_name="staged",
            description=grain(contract_of(f"staged.{name}")),
            kinds={"duckdb", "deltalake"},
            owners=["team:data"],
            metadata=static(f"staged.{folder}.{name}", f"staged.{name}"),
            code_version="1" if name in BOOKKEEPING else code_version(STAGED / folder / f"{name}.sql"),
        )
        for name in names
    }
    reconciled = dg.AssetCheckSpec(RECONCILED, asset=specs["meta_reconciliation"].key, blocking=True)
    holds = [dg.AssetCheckSpec(HOLDS, asset=spec.key, blocking=True) for spec in specs.values()]

    @dg.multi_asset(
        name=f"stage_{folder}", specs=list(specs.values()), check_specs=[reconciled, *holds], can_subset=False
    )
    def stage(context: dg.AssetExecutionContext, mpm: MpmHome) -> Iterator[Result]:
        with mpm.session(context) as session:
            try:
                stage_source(session, folder, context.run.run_id)
            except Halt:
                yield _reconciliation(session, folder, reconciled)
                raise
            for name, spec in specs.items():
                metadata = {**_rows(session, f"staged.{folder}.{name}"), **_staged_lineage(folder, name)}
                yield dg.MaterializeResult(asset_key=spec.key, metadata=metadata)
                yield dg.AssetCheckResult(passed=True, check_name=HOLDS, asset_key=spec.key)
            yield _reconciliation(session, folder, reconciled)

    return stage


def _reconciliation(session: Session, folder: str, check: dg.AssetCheckSpec) -> dg.AssetCheckResult:
    """Hold what came in against what went on and what was refused, over all streams of a folder."""
    name = f"staged.{folder}.meta_reconciliation"
    tables = session.tables
    rows = tables.read(name) if tables.exists(name) else None
    counts = {column: int(pc.sum(rows[column]).as_py() or 0) if rows else 0 for column in COUNTED}
    came, went, refused = counts.values()
    return dg.AssetCheckResult(
        passed=came == went + refused, check_name=check.name, asset_key=check.asset_key, metadata=counts
    )


def _rows(session: Session, name: str) -> dict[str, Any]:
    """Return the row count of a table as it was just written, and a chart of those before."""
    history = session.tables.row_history(name)
    return {"dagster/row_count": history[-1] if history else 0, "rows by run": chart(history, "rows by run")}


def _staged_lineage(folder: str, name: str) -> dict[str, Any]:
    return {} if name in BOOKKEEPING else dict(lineage(f"staged.{name}", STAGED / folder / f"{name}.sql"))


def _upstream(model: Model) -> list[dg.AssetKey]:
    """Return the assets that a model reads; `run.*` and `reference.*` are none."""
    found: list[dg.AssetKey] = []
    for name in model.inputs:
        schema, table = name.split(".", 1)
        if schema == "staged":
            found += [
                asset_key(f"staged.{f}.{table}") for f in STAGED_FOLDERS if table in (*staged_tables(f), *BOOKKEEPING)
            ]
        elif name in models() and name != model.name:
            found.append(asset_key(name))
    return found


def _made_together() -> list[tuple[Model, ...]]:
    """Return all models, those that one function makes side by side."""
    groups: dict[object, list[Model]] = {}
    for model in models().values():
        groups.setdefault((model.function, model.inputs) if model.function else model.name, []).append(model)
    return [tuple(group) for group in groups.values()]


def _model(group: tuple[Model, ...]) -> dg.AssetsDefinition:
    """Return the assets of tables that are made together, one step: mostly of one table."""
    specs = {model.name: _spec(model) for model in group}
    holds = [dg.AssetCheckSpec(HOLDS, asset=spec.key, blocking=True) for spec in specs.values()]

    @dg.multi_asset(name=_step(group), specs=list(specs.values()), check_specs=holds, can_subset=False)
    def build(context: dg.AssetExecutionContext, mpm: MpmHome) -> Iterator[Result]:
        with mpm.session(context) as session:
            for model in group:
                key = specs[model.name].key
                try:
                    build_model(session, model.name, context.run.run_id)
                except Halt as broken:
                    yield dg.AssetCheckResult(
                        asset_key=key, check_name=HOLDS, passed=False, metadata={"broken": str(broken)}
                    )
                    raise
                told = lineage(model.contract, model.sql) if model.sql else {}
                yield dg.MaterializeResult(asset_key=key, metadata={**_rows(session, model.name), **told})
                yield dg.AssetCheckResult(asset_key=key, check_name=HOLDS, passed=True)

    return build


def _step(group: tuple[Model, ...]) -> str:
    """Return the name of a step: its table's, or of several tables their layer's and that of what makes them."""
    first = group[0]
    name = first.name if len(group) == 1 else f"{first.layer}.{getattr(first.function, '__name__', '')}"
    return name.replace(".", "__")


def _spec(model: Model) -> dg.AssetSpec:
    return dg.AssetSpec(
        asset_key(model.name),
        deps=_upstream(model),
        group_name=model.layer,
        description=description(model),
        kinds={"duckdb" if model.sql else "python", "deltalake"},
        owners=["team:data"],
        metadata=static(model.name, model.contract),
        code_version=code_version(model.sql),
    )


def identity_check() -> dg.AssetChecksDefinition:
    """Return the check that holds figures against each other; what is below the figures, publishing too, waits for it."""

    @dg.asset_check(  # type: ignore[arg-type]
        asset=asset_key(FIGURES),
        name=AGREE,
        additional_deps=[asset_key(name) for name in COMPARED if name in models() and name != FIGURES],
        blocking=True,
        description="Sums add up, bridges close, shares are given away whole; else nothing is published.",
    )
    def figures_agree(context: dg.AssetCheckExecutionContext, mpm: MpmHome) -> Iterator[dg.AssetCheckResult]:
        with mpm.session(context) as session:
            try:
                check_identities(session, context.run.run_id)
            except Halt as broken:
                yield dg.AssetCheckResult(passed=False, metadata={"broken": str(broken)})
                raise
            yield dg.AssetCheckResult(passed=True)

    return figures_agree


def customer_check() -> dg.AssetChecksDefinition:
    """Return the check that holds the unified customer against its limits; all that rests on it waits."""

    @dg.asset_check(  # type: ignore[arg-type]
        asset=asset_key(REGISTRY),
        name=TRUSTED,
        additional_deps=[asset_key(name) for name in CUSTOMER_INPUTS if name in models() and name != REGISTRY],
        blocking=True,
        description="No giant customer, few keys set aside, no id changed without need, every decision kept, labelled pairs right; else nothing is published.",
    )
    def customers_can_be_trusted(context: dg.AssetCheckExecutionContext, mpm: MpmHome) -> Iterator[dg.AssetCheckResult]:
        with mpm.session(context) as session:
            found = customer_verdicts(session, context.run.run_id)
            drawn = customer_sizes(session, context.run.run_id)
        figures = {one.name: one.found for one in found}
        charts = {
            f"people with 1, 2, 3, 4, 5 to 9, 10 and more records, {when}": chart(counts, when)
            for when, counts in drawn.items()
        }
        yield dg.AssetCheckResult(passed=all(one.holds for one in found), metadata={**figures, **charts})
        stop(found)

    return customers_can_be_trusted


def _served() -> dg.AssetsDefinition:
    wanted = [contract.Config.name for contract in served().values()]
    deps = [asset_key(name) for name in wanted if name in models()]
    deps += [asset_key(f"staged.{folder}.{name}") for folder in STAGED_FOLDERS for name in BOOKKEEPING]

    @dg.asset(
        key=["publish", "served_tables"],
        deps=deps,
        group_name="publish",
        kinds={"sqlalchemy"},
        owners=["team:data"],
        description="All served tables, replaced in one transaction, with the record of changed figures and the BI file.",
        code_version="1",
    )
    def publish_served(context: dg.AssetExecutionContext, mpm: MpmHome) -> dg.MaterializeResult:
        with mpm.session(context) as session:
            done = publish(session, context.run.run_id)
            figures = session.tables.row_history(PUBLISHED)
        return dg.MaterializeResult(
            metadata={
                "tables": len(done.tables),
                "restated figures": done.restated,
                "figures by run": chart(figures, "figures by run"),
            }
        )

    return publish_served


def _page() -> dg.AssetsDefinition:
    @dg.asset(
        key=["publish", "scorecard_page"],
        deps=[dg.AssetKey(["publish", "served_tables"])],
        group_name="publish",
        kinds={"html"},
        owners=["team:marketing"],
        description="The scorecard as one self-contained page in the home folder.",
        code_version="1",
    )
    def write_scorecard(context: dg.AssetExecutionContext, mpm: MpmHome) -> dg.MaterializeResult:
        with mpm.session(context) as session:
            file = write_page(session.home, session.settings.publish.url.get_secret_value())
            session.ledger.end_run(context.run.run_id, "done")
        return dg.MaterializeResult(metadata={"file": dg.MetadataValue.path(file.name), "bytes": file.stat().st_size})

    return write_scorecard
