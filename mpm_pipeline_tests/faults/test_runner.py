"""A short selection of faults run for real, against our own loader and against loaders kept wrong on purpose."""

import os
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from mpm_pipeline.errors import ConfigError
from mpm_pipeline.faults.bench import NOW
from mpm_pipeline.faults.catalogue import BASELINES, FAULTS
from mpm_pipeline.faults.fault import Fault
from mpm_pipeline.faults.loader import Held, Order, Outcome
from mpm_pipeline.faults.loaders import find
from mpm_pipeline.faults.report import document, is_good, page
from mpm_pipeline.faults.runner import Result, run_fault
from mpm_pipeline.faults.verdict import Attempt


def fault(name: str) -> Fault:
    return next(one for one in FAULTS if one.name == name)


class Sleeper:
    """A loader that never ends."""

    name = "sleeper"

    def streams(self, source: str) -> tuple[str, ...]:
        return ("charges",)

    def load(self, order: Order) -> Outcome:
        time.sleep(60)
        return Outcome(0)

    def held(self, order: Order) -> Held:
        return Held({})


class Dying(Sleeper):
    """A loader whose process dies."""

    def load(self, order: Order) -> Outcome:
        os._exit(1)


sleeper, dying = Sleeper(), Dying()


@pytest.mark.parametrize(
    "name", ["reset-salesforce", "empty-page-stripe", "error-in-200-marketo", "number-nan-stripe", "gzip-cut-linkedin"]
)
def test_our_loader_survives(name: str) -> None:
    """The destination equals the world, in the run itself, and the injection is logged as having happened."""
    result = run_fault(fault(name), "ours")
    assert (result.verdict, result.words) in (("S", "exact"), ("S", "1 refused"))
    assert result.struck == (1,)


@pytest.mark.parametrize(
    ("name", "mutant", "verdict"),
    [
        ("error-in-200-marketo", "trusting", "W"),
        ("reset-salesforce", "lenient", "W"),
        ("redirect-stripe", "follows", "W"),
        ("late-5-days-stripe", "trusting", "W"),
        ("outage-with-loss-salesforce", "drops-vanished", "U"),
        ("number-nan-stripe", "skips-odd", "W"),
        ("hard-delete-linkedin", "trusting", "W"),
        ("emoji-salesforce", "tidies", "W"),
        ("inserted-while-paging-stripe", "marks-end", "W"),
    ],
)
def test_a_wrong_loader_is_refuted(name: str, mutant: str, verdict: str) -> None:
    """Each bad habit is found out by the fault that is meant for it."""
    assert run_fault(fault(name), f"mutant:{mutant}").verdict == verdict


def test_a_change_that_never_shows_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that vanish in a month have not vanished in this test: no verdict, however well the loader did."""
    monkeypatch.setattr("mpm_pipeline.faults.changes.SOON", NOW + timedelta(days=30))
    result = run_fault(replace(fault("hard-delete-stripe"), second=False), "mutant:trusting")
    assert (result.verdict, result.changes_shown) == ("-", 0)


def test_a_loader_that_never_ends_is_hung() -> None:
    """It is killed at its limit."""
    began = time.monotonic()
    result = run_fault(replace(fault("next-day-stripe"), second=False), f"{__name__}:sleeper", limit=0.5)
    assert result.verdict == "H"
    assert time.monotonic() - began < 20


def test_a_loader_that_dies_has_failed() -> None:
    """A process that is gone is a failed run, twice: stuck."""
    assert run_fault(replace(fault("next-day-stripe"), second=False), f"{__name__}:dying").verdict == "K"


def test_the_report_tells_what_came_out() -> None:
    """JSON counts verdicts by loader, the page shows them, and a wrong loader is not good."""
    result = run_fault(fault("reset-stripe"), "mutant:lenient")
    told = document([result])
    assert told["counts"] == {"mutant:lenient": {"W": 1}}
    assert told["results"][0]["injections_struck"] == [1]
    written = page([result])
    assert "| `reset-stripe` | The connection is reset in the middle of a page." in written
    assert "| `lenient` | S | W |" in written
    assert not is_good([result], "mutant:lenient")


def test_a_loader_that_is_not_there_is_told() -> None:
    """The message says what there is."""
    with pytest.raises(ConfigError, match="known are ours, httpx, dlt"):
        find("nobody.at_home:loader")
    with pytest.raises(ConfigError, match="there are trusting"):
        find("mutant:nobody")


def test_the_page_counts_faults_and_no_baselines() -> None:
    """A run without any fault is shown by nothing: one fault survived is one, beside a baseline that survived too."""
    told = page([Result(one, "ours", "S", Attempt(None)) for one in (BASELINES[0], fault("reset-stripe"))])
    assert "| S survived | 1 |" in told
