"""The whole catalogue, for the long run: our loader gets good verdicts only, and each fault refutes the loader that it names."""

import pytest

from mpm_pipeline.faults.catalogue import FAULTS
from mpm_pipeline.faults.fault import Fault
from mpm_pipeline.faults.loaders.mutants import MUTANTS
from mpm_pipeline.faults.runner import run_fault

ENOUGH = 0.9
"""The share of all faults that must cost no operator anything."""


@pytest.mark.long
def test_our_loader_is_never_silent_and_mostly_survives() -> None:
    """No verdict but those that are good, and nine of ten faults survived in the run itself; failures are listed by name."""
    results = [run_fault(fault, "ours") for fault in FAULTS]
    assert [(one.fault.name, one.verdict, one.words) for one in results if one.verdict not in one.fault.expected] == []
    assert sum(one.verdict == "S" for one in results) >= ENOUGH * len(results)


@pytest.mark.long
@pytest.mark.parametrize("name", MUTANTS)
def test_every_fault_refutes_the_loader_that_it_names(name: str) -> None:
    """Each wrong loader gets a bad verdict from every fault that is meant for it; faults that let it pass are listed."""
    meant: list[Fault] = [fault for fault in FAULTS if fault.refutes == name]
    assert meant
    results = [run_fault(fault, f"mutant:{name}") for fault in meant]
    assert [(one.fault.name, one.verdict, one.words) for one in results if one.verdict not in "WUKH"] == []
