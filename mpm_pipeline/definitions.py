"""What Dagster loads: the definitions of one home (MPM_HOME, else ./mpm-home)."""

from mpm_pipeline.orchestration.build import definitions

defs = definitions()
