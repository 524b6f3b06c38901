"""The catalogue names what can be done, each fault once, and enough of them."""

from collections import Counter

from mpm_pipeline.faults.alter import EDITS, WHOLE
from mpm_pipeline.faults.bench import BENCHES
from mpm_pipeline.faults.catalogue import FAULTS
from mpm_pipeline.faults.changes import CHANGES
from mpm_pipeline.faults.injection import KINDS
from mpm_pipeline.faults.loaders.mutants import MUTANTS
from mpm_pipeline.faults.verdict import VERDICTS
from mpm_pipeline.vocabulary import VENDORS


def test_there_are_enough_and_each_once() -> None:
    """At least a hundred names, none twice, of every vendor."""
    names = Counter(fault.name for fault in FAULTS)
    assert len(names) >= 100
    assert [name for name, count in names.items() if count > 1] == []
    assert {fault.vendor for fault in FAULTS} == set(VENDORS) == set(BENCHES)


def test_every_fault_does_something_that_is_known() -> None:
    """Kinds, alterations, changes and verdicts are words of the suite; what meets the second run says so."""
    for fault in FAULTS:
        assert fault.injections or fault.change or fault.second, fault.name
        assert fault.change in (*CHANGES, ""), fault.name
        assert fault.expected, fault.name
        assert set(fault.expected) <= set(VERDICTS), fault.name
        for injection in fault.injections:
            assert injection.kind in KINDS, fault.name
            assert injection.alteration in (*EDITS, *WHOLE, ""), fault.name


def test_no_good_loader_may_be_silent_or_stuck() -> None:
    """What the catalogue allows a good loader is to survive or to recover."""
    assert [fault.name for fault in FAULTS if not set(fault.expected) <= set("SR")] == []


def test_every_fault_is_a_sentence() -> None:
    """What happens and what is right end with a full stop."""
    assert [fault.name for fault in FAULTS if not (fault.text.endswith(".") and fault.right.endswith("."))] == []


def test_every_fault_refutes_a_loader_kept_wrong() -> None:
    """The long run shows that it does; here stands which."""
    assert [fault.name for fault in FAULTS if fault.refutes not in MUTANTS] == []
