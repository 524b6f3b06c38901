"""Verdicts on cases that can be checked by hand."""

from decimal import Decimal

import pytest

from mpm_pipeline.faults.loader import Held, Outcome
from mpm_pipeline.faults.verdict import Attempt, Difference, compare, judge, plain

TRUTH = {"deals": {"1": {"n": 10.5}, "2": {"n": 20}, "3": {"n": 30}}}
FULL = {"1": {"n": "10.50"}, "2": {"n": Decimal(20)}, "3": {"n": 30.0}}


def held(rows: dict[str, dict[str, object]], *refused: tuple[str, str]) -> Held:
    return Held({"deals": rows}, refused)


def without(key: str) -> dict[str, dict[str, object]]:
    return {name: row for name, row in FULL.items() if name != key}


def test_equal_values_of_other_types_are_exact() -> None:
    """10.5 and the text 10.50 are one value."""
    assert compare(TRUTH, held(FULL), set()) == Difference()


def test_a_lost_a_stale_and_a_ghost_row_are_counted() -> None:
    """One of each is three differences, and they are named."""
    found = compare(TRUTH, held({"1": {"n": 10.5}, "2": {"n": 21}, "9": {"n": 1}}), set())
    assert (found.lost, found.stale, found.ghosts) == (1, 1, 1)
    assert found.named == ("stale 2", "lost 3", "ghost 9")
    assert not found.is_exact


def test_a_refused_row_is_excused_if_it_was_altered() -> None:
    """Quarantine is right for a row that came bad."""
    found = compare(TRUTH, held(without("2"), ("deals", "2")), {"2"})
    assert found.is_exact
    assert found.refused == 1


def test_a_refused_row_without_its_key_excuses_one_altered_row() -> None:
    """One nameless refusal stands for one altered row and not for two."""
    assert compare(TRUTH, held(without("2"), ("deals", "")), {"2"}).is_exact
    assert compare(TRUTH, held({"1": FULL["1"]}, ("deals", "")), {"2", "3"}).lost == 1


def test_a_good_row_must_not_be_refused() -> None:
    """Who refuses everything loses nothing but is wrong all the same."""
    found = compare(TRUTH, held(without("2"), ("deals", "2")), set())
    assert not found.is_exact
    assert found.refused_wrongly == 1


def test_an_altered_row_with_a_wrong_value_is_stale() -> None:
    """A value that was made null is not excused."""
    assert compare(TRUTH, held(FULL | {"2": {"n": None}}), {"2"}).stale == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (None, ""), (1000, "1000"), ("007", "7"), (1e3, "1000"), ("a", "a"), (float("nan"), "nan")],
)
def test_plain_values(value: object, text: str) -> None:
    """Numbers are written one way."""
    assert plain(value) == text


def attempt(status: int | None, *, exact: bool = True, unnoticed: int = 0) -> Attempt:
    outcome = None if status is None else Outcome(status)
    return Attempt(outcome, Difference(lost=0 if exact else 1, unnoticed=unnoticed))


@pytest.mark.parametrize(
    ("first", "again", "verdict"),
    [
        (attempt(0), None, "S"),
        (attempt(0, exact=False), attempt(0), "W"),
        (attempt(3, exact=False), attempt(0), "R"),
        (attempt(3, exact=False), attempt(0, exact=False), "W"),
        (attempt(3, exact=False), attempt(3, exact=False), "K"),
        (attempt(None), attempt(0), "H"),
        (attempt(1), attempt(None), "H"),
    ],
)
def test_verdicts(first: Attempt, again: Attempt | None, verdict: str) -> None:
    """Exit 0 and wrong is W though the next run may heal it; loud and exact after a re-run is R."""
    assert judge(first, again, has_struck=True) == verdict


def test_nothing_is_proven_by_a_fault_that_did_not_happen() -> None:
    """Without a strike there is no verdict."""
    assert judge(attempt(0), None, has_struck=False) == "-"


def test_a_loss_must_be_noticed() -> None:
    """Rows that were kept without a word are a loss unnoticed, one of many too; kept and told is survived."""
    silent, silent_and_wrong = attempt(0, unnoticed=1), attempt(0, exact=False, unnoticed=4)
    assert judge(silent, None, has_struck=True, lost_at_source=True) == "U"
    assert judge(silent_and_wrong, attempt(0), has_struck=True, lost_at_source=True) == "U"
    assert judge(attempt(0), None, has_struck=True, lost_at_source=True) == "S"
    assert judge(attempt(3), None, has_struck=True, lost_at_source=True) == "S"
    assert judge(attempt(0, exact=False), None, has_struck=True, lost_at_source=True) == "W"


GONE = {"deals": {"3": {"n": 30}}}
LEFT = {"deals": {"1": {"n": 10.5}, "2": {"n": 20}}}


def test_a_row_that_vanished_may_stay_if_it_is_named() -> None:
    """Kept and told is right, dropped is right where the source may delete, kept in silence is a ghost."""
    kept = compare(LEFT, held(FULL), set(), None, GONE, ("deals/3",))
    assert kept.is_exact and (kept.told, kept.unnoticed) == (1, 0)
    assert compare(LEFT, held(without("3")), set(), None, GONE).is_exact
    silent = compare(LEFT, held(FULL), set(), None, GONE)
    assert (silent.ghosts, silent.unnoticed) == (1, 1)


def test_another_row_than_the_one_that_vanished_is_no_notice() -> None:
    """Whoever names the wrong record has not noticed, and raises a false alarm."""
    found = compare(LEFT, held(FULL), set(), None, GONE, ("deals/1",))
    assert (found.told, found.unnoticed, found.alarms, found.ghosts) == (0, 1, 1, 1)
    assert not compare(LEFT, held(without("3")), set(), None, {}, ("deals/1",)).is_exact


def test_a_row_that_vanished_is_kept_as_it_was() -> None:
    """The right key with other values is a ghost, told or not."""
    assert compare(LEFT, held(FULL | {"3": {"n": 31}}), set(), None, GONE, ("deals/3",)).ghosts == 1


def test_an_id_that_was_given_anew_stands_for_two_records() -> None:
    """The old record goes on as `id~instant`; to lose it, or to call it by nothing, is a difference."""
    gone = {"deals": {"2~": {"n": 7}}}
    both = {"deals": {**TRUTH["deals"], "2~": {"n": 7}}}
    assert compare(both, held(FULL | {"2~20260330110000": {"n": 7}}), set(), None, gone, ("deals/2",)).is_exact
    assert compare(both, held(FULL), set(), None, gone, ("deals/2",)).lost == 1
    assert compare(both, held(FULL | {"2~20260330110000": {"n": 20}}), set(), None, gone, ("deals/2",)).stale == 1


def test_a_request_to_a_foreign_host_is_wrong_whatever_came_of_it() -> None:
    """A token that left cannot be called back."""
    assert judge(attempt(0), None, has_struck=True, leaked=True) == "W"


def test_what_happens_during_a_run_may_be_there_or_not() -> None:
    """A row that came, went or changed while the loader read may stand in either state, and in no third one."""
    began = {"deals": {"1": {"n": 1}, "2": {"n": 2}}}
    ended = {"deals": {"1": {"n": 7}, "3": {"n": 3}}}
    early, late = held({"1": {"n": 1}, "2": {"n": 2}}), held({"1": {"n": 7}, "3": {"n": 3}})
    assert compare(ended, early, set(), began).is_exact
    assert compare(ended, late, set(), began).is_exact
    assert compare(ended, held({"1": {"n": 5}}), set(), began) == Difference(stale=1, named=("stale 1",))
    assert compare(ended, held({}), set(), began).lost == 1
