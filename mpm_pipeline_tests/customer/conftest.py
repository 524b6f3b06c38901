"""The literal worlds of the KPI tests serve the customer layer too."""

from mpm_pipeline_tests.kpis.conftest import World, world

__all__ = ["World", "world"]
