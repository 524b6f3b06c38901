"""Why a figure changed: what publications rest on is held against the publication that readers saw, through kills and looks back."""

from collections.abc import Callable
from datetime import date

import pyarrow as pa
import pytest

from mpm_pipeline.publish import basis
from mpm_pipeline.publish.publisher import publish
from mpm_pipeline.publish.reader import read_served
from mpm_pipeline.warehouse.build import Warehouse
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline_tests.publish.literal import figure, setting, warehouse

PLAIN = {"funnel_conversion_window_days": 90, "stripe_start_at": "2024-01-01"}


def made(home: Home, value: float, **more: object) -> Warehouse:
    """Return a warehouse with one figure, computed under these settings."""
    found = warehouse(home, {"kpis.fct_kpi": [figure("mqls", value)]})
    found.given["run.setting"] = setting(**PLAIN | more)
    return found


def causes(home: Home) -> list[str]:
    rows = read_served(home, "", "fct_kpi_restatement")["fct_kpi_restatement"]
    return [row["cause"].split(":")[0] for row in rows]


def killed_at(name: str, replace: Callable[[str, pa.Table], None]) -> Callable[[str, pa.Table], None]:
    """Return what stands for writing a table, and is killed when it comes to this one."""

    def write(table: str, rows: pa.Table) -> None:
        if table == name:
            raise KeyboardInterrupt
        replace(table, rows)

    return write


def test_a_kill_while_remembering_blames_no_setting_twice(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed when the figures of a changed setting are served, the next run calls what came late late: the switch was told before."""
    publish(made(home, 1.0), "")
    switched = made(home, 2.0, funnel_conversion_window_days=30)
    monkeypatch.setattr(switched.tables, "replace", killed_at(basis.NAME, switched.tables.replace))
    with pytest.raises(KeyboardInterrupt):
        publish(switched, "")
    assert causes(home) == ["setting"]
    publish(made(home, 3.0, funnel_conversion_window_days=30), "")
    assert causes(home) == ["late"]


def test_a_look_back_is_no_basis(home: Home) -> None:
    """A setting that held for a look back alone is not what changed the figures."""
    publish(made(home, 1.0), "")
    publish(made(home, 1.0, funnel_conversion_window_days=30), "", looks_back=True)
    publish(made(home, 2.0), "")
    assert causes(home) == ["late"]


def test_where_a_source_begins_is_a_setting_and_the_package_has_a_version(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are told, the setting before the version."""
    publish(made(home, 1.0), "")
    monkeypatch.setattr(basis, "package_version", lambda: "99.0")
    publish(made(home, 2.0), "")
    assert causes(home) == ["version"]
    monkeypatch.setattr(basis, "package_version", lambda: "99.1")
    publish(made(home, 3.0, stripe_start_at="2025-01-01"), "")
    assert causes(home) == ["setting"]


def test_a_running_period_changes_by_itself_whatever_the_version(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """April is not over: what changed there is running, though another version computed it; March, which was over, names the version."""
    april = {"period_start": date(2026, 4, 1), "period_end": date(2026, 5, 1)}
    publish(warehouse(home, {"kpis.fct_kpi": [figure("mqls", 1.0), figure("mqls", 1.0, **april)]}), "")
    monkeypatch.setattr(basis, "package_version", lambda: "99.0")
    publish(warehouse(home, {"kpis.fct_kpi": [figure("mqls", 2.0), figure("mqls", 2.0, **april)]}), "")
    assert sorted(causes(home)) == ["running", "version"]
