"""A named fault as data: what happens where, what is right, and which verdicts a good loader may get."""

from dataclasses import dataclass

from mpm_pipeline.faults.injection import Injection


@dataclass(frozen=True)
class Fault:
    """One fault of one vendor.

    `change` names what is different in the world (see `changes`); `second` makes the fault meet the second run, a day after a
    clean first one; `stays`: the bad data or the refusal is still there at the re-run; `lost`: the source itself loses rows.
    `settles`: what happens during the run may stand in either state after it, but a run an hour later must be exact.
    `refutes` names the loader kept wrong on purpose that must fall over it.
    """

    name: str
    kind: str
    vendor: str
    text: str
    right: str
    injections: tuple[Injection, ...] = ()
    change: str = ""
    second: bool = False
    stays: bool = False
    lost: bool = False
    settles: bool = False
    expected: str = "S"
    refutes: str = ""
    follows_links: bool = False
