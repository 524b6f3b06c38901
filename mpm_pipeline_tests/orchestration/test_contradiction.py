"""Figures that contradict each other stop a run before publishing, and what was published before stays."""

import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pytest

from mpm_pipeline.contracts.registry import table as contract_of
from mpm_pipeline.errors import Halt
from mpm_pipeline.orchestration import model_assets, stages
from mpm_pipeline.orchestration.model_assets import AGREE, FIGURES
from mpm_pipeline.orchestration.runner import _failure
from mpm_pipeline.orchestration.session import Session
from mpm_pipeline.warehouse.validate import arrow_schema

PUBLISH = dg.AssetKey(["publish", "served_tables"])
AS_OF = datetime(2026, 3, 31, 12, tzinfo=UTC)


def figures(cost: int, marketing: int = 100) -> pa.Table:
    """Scorecard KPIs 1 and 2 of February: cost of both, and sales 300 to marketing."""
    told: list[dict[str, Any]] = [
        {"kpi_id": "scorecard_1_marketing_sales_cost_to_revenue", "numerator": cost, "denominator": 1000, "value": cost / 1000},
        {"kpi_id": "scorecard_2_sales_to_marketing_cost", "numerator": 300, "denominator": marketing, "value": 300 / marketing},
    ]  # fmt: skip
    same = {
        "kpi_version": 1, "period_grain": "month", "period_start": date(2026, 2, 1), "period_end": date(2026, 3, 1), "segment_kind": "all",
        "segment": "all", "unit": "rate", "state": "final", "as_of_at": AS_OF,
    }  # fmt: skip
    return pa.Table.from_pylist([same | row for row in told], schema=arrow_schema(contract_of(FIGURES)))


def served(root: Path) -> list[tuple[Any, ...]]:
    """What a reader sees: figures and publication."""
    with sqlite3.connect(root / "served.sqlite") as database:
        return database.execute(
            "SELECT kpi_id, numerator, publication_id FROM fct_kpi, meta_publication ORDER BY 1"
        ).fetchall()


def run(defs: dg.Definitions, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """Make the figures and publish."""
    return defs.resolve_job_def("rebuild").execute_in_process(
        instance=instance, asset_selection=[dg.AssetKey(FIGURES.split(".")), PUBLISH], raise_on_error=False
    )


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the figures be these, whatever is read."""

    def be(rows: pa.Table) -> None:
        def write(session: Session, name: str, run_id: str) -> int:
            session.warehouse(session.as_of(run_id)).tables.replace(name, rows)
            return rows.num_rows

        monkeypatch.setattr(model_assets, "build_model", write)

    return be


def test_a_contradiction_stops_before_publishing(defs, instance, root, build) -> None:
    """300 + 100 is not 401: the check fails with both sides, exit 4, the old version stays; mended, the next run publishes."""
    build(figures(400))
    assert run(defs, instance).success
    before = served(root)
    assert [row[1] for row in before] == [400, 300]

    build(figures(401))
    result = run(defs, instance)
    assert not result.success and PUBLISH not in {
        event.asset_key for event in result.get_asset_materialization_events()
    }
    (told,) = [one for one in result.get_asset_check_evaluations() if one.check_name == AGREE]
    words = "scorecard_agrees in kpis.fct_kpi, month 2026-02-01, KPI 2 and scorecard_1: 400 against 401"
    assert not told.passed and told.blocking and words in str(told.metadata["broken"].value)
    stopped = _failure(result)
    assert isinstance(stopped, Halt) and stopped.exit_code == 4 and words in str(stopped)
    assert served(root) == before

    with Session.open(root) as session, pytest.raises(Halt, match="400 against 401"):
        stages.publish(session, "publishing alone")
    assert served(root) == before

    build(figures(500, 200))
    assert run(defs, instance).success and [row[1] for row in served(root)] == [500, 300]
