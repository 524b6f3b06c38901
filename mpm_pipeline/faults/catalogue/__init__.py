"""All faults, by the class of what goes wrong; a fault is data, see `fault.Fault`."""

from mpm_pipeline.faults.catalogue import answers, rows, transport, world
from mpm_pipeline.faults.catalogue.build import ALL, over
from mpm_pipeline.faults.fault import Fault

BASELINES = over(ALL, "baseline", "none", "Nothing happens.", "Every row is there.")

FAULTS: tuple[Fault, ...] = (*transport.FAULTS, *answers.FAULTS, *rows.FAULTS, *world.FAULTS)
"""Every fault; names are unique."""
