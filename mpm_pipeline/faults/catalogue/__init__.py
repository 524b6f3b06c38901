"""All faults, by the class of what goes wrong; a fault is data, see `fault.Fault`."""

from dataclasses import replace

from mpm_pipeline.faults.catalogue import answers, rows, transport, world
from mpm_pipeline.faults.catalogue.build import ALL, over
from mpm_pipeline.faults.catalogue.refuted import REFUTED
from mpm_pipeline.faults.fault import Fault

BASELINES = over(ALL, "baseline", "none", "Nothing happens.", "Every row is there.")

FAULTS: tuple[Fault, ...] = tuple(
    replace(one, refutes=REFUTED.get(one.name, ""))
    for one in (*transport.FAULTS, *answers.FAULTS, *rows.FAULTS, *world.FAULTS)
)
"""Every fault; names are unique."""
