"""Assembles the definitions: a table of contents of everything that Dagster loads.

The executor is in-process by default, because every step of the multiprocess one costs seconds to start; `MPM_EXECUTOR=multiprocess`
switches to processes made by spawn (deltalake panics after a fork).
"""

import os
import warnings
from datetime import timedelta

import dagster as dg

from mpm_pipeline.orchestration import automation
from mpm_pipeline.orchestration.model_assets import customer_check, identity_check, model_assets
from mpm_pipeline.orchestration.partitions import daily
from mpm_pipeline.orchestration.raw_assets import raw_assets
from mpm_pipeline.orchestration.resources import MpmHome

HOURLY = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=26), warn_window=timedelta(hours=3))


def definitions() -> dg.Definitions:
    """Return the definitions of one home (MPM_HOME, else ./mpm-home)."""
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    warnings.filterwarnings("ignore", category=dg.PreviewWarning)
    days = daily()
    assets = [*raw_assets(days), *model_assets()]
    refresh, rebuild = automation.refresh_job(days), automation.rebuild_job()
    defs = dg.Definitions(
        assets=assets,
        asset_checks=[customer_check(), identity_check()],
        jobs=[refresh, rebuild, automation.probe_job],
        schedules=automation.schedules(days, refresh),
        sensors=[
            automation.sensor(assets, days, refresh),
            automation.landed_sensor(rebuild),
            automation.failed_sensor(),
        ],
        resources={"mpm": MpmHome()},
        executor=_executor(),
    )
    return defs.map_asset_specs(func=lambda spec: dg.apply_freshness_policy(spec, HOURLY, overwrite_existing=False))


def _executor() -> dg.ExecutorDefinition:
    if os.environ.get("MPM_EXECUTOR") == "multiprocess":
        return dg.multiprocess_executor.configured({"start_method": {"spawn": {}}})
    return dg.in_process_executor
