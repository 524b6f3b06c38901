"""Whatever happens between a source and its loader: after a quiet run nothing is lost silently, nothing doubled, nothing deleted unasked."""

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from datetime import timedelta

import pytest

from mpm_pipeline_tests.model_check.lean import lean
from mpm_pipeline_tests.model_check.loaders import Ours
from mpm_pipeline_tests.model_check.machine import AGO, check
from mpm_pipeline_tests.model_check.spoilt import DAILY, SPOILT, WITHOUT, Spoilt
from mpm_pipeline_tests.model_check.textbook import RIGHT, WRONG, Habits, Textbook

SEQUENCES, LOT = 10_000, 250
AS_SHIPPED = 20
"""Of so many lots one is run with the engine as it is shipped, the others cheaply (`lean`)."""
A_MINUTE = 60.0
BASES = sorted({(base, AGO[-1] if latest is None else latest) for base, _, latest in WRONG.values()}, key=repr)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One thread is enough for a handful of rows, and a source that breaks off on purpose need not be logged."""
    monkeypatch.setenv("MPM_ENGINE_THREADS", "1")
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize(("habits", "latest"), BASES, ids=lambda one: "" if one == RIGHT else None)
def test_a_loader_of_right_habits_holds(habits: Habits, latest: timedelta) -> None:
    """The model does not ask for the impossible: what is wrong below differs from these in one habit."""
    check(lambda shop: Textbook(shop, habits), 30, latest)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_habit_is_refuted(name: str) -> None:
    """Each of them within a minute."""
    base, habit, latest = WRONG[name]
    began = time.process_time()
    with pytest.raises(AssertionError, match="lost|gone|named|deleted|twice"):
        check(lambda shop: Textbook(shop, replace(base, **habit)), 3_000, AGO[-1] if latest is None else latest)
    assert time.process_time() - began < A_MINUTE


def test_our_loader_holds() -> None:
    """Some sequences; ten thousand in the long run."""
    check(Ours, 10)


def spoilt(latest: timedelta, *more: Spoilt) -> ExitStack:
    """Return the context in which our loader runs cheaply, is spoilt, and lacks what would make it good."""
    stack = ExitStack()
    stack.enter_context(lean())
    for spoil in (*WITHOUT[latest], *more):
        stack.enter_context(spoil())
    return stack


@pytest.mark.long
@pytest.mark.parametrize("name", SPOILT)
def test_our_loader_spoilt_is_refuted(name: str) -> None:
    """Each of the ways within a minute."""
    spoil, latest = SPOILT[name]
    began = time.process_time()
    with spoilt(latest, spoil), pytest.raises(AssertionError, match="lost|gone|named|deleted|twice"):
        check(Ours, 1_000, latest, daily=latest in DAILY)
    seconds = time.process_time() - began
    print(f"\n{name}: refuted in {seconds:.0f} s")
    assert seconds < A_MINUTE


@pytest.mark.long
@pytest.mark.parametrize("latest", WITHOUT, ids=str)
def test_our_loader_holds_without_what_it_does_not_need(latest: timedelta) -> None:
    """So that what is refuted is the spoilt place, and not what was left out besides."""
    with spoilt(latest):
        check(Ours, 100, latest, daily=latest in DAILY)


@pytest.mark.long
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("lot", range(1, SEQUENCES // LOT + 1))
def test_our_loader_holds_for_ten_thousand_sequences(lot: int) -> None:
    """By chance that begins elsewhere in each lot; every twentieth lot with the engine as it is shipped."""
    began = time.process_time()
    with nullcontext() if lot % AS_SHIPPED == 0 else lean():
        ended = check(Ours, LOT, first=lot)
    print(f"\nlot {lot}: {ended} sequences held in {time.process_time() - began:.0f} s of CPU")
    assert ended >= LOT
