"""Killed or refused at any operation, the pipeline serves the same bytes after one more run; a disk that refuses is told in words."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mpm_pipeline_tests.independent.expected import EXAMPLES
from mpm_pipeline_tests.kill_sweep.disk import again, small_disk
from mpm_pipeline_tests.kill_sweep.steps import Steps, apart
from mpm_pipeline_tests.kill_sweep.sweep import Sweep, Zygote, company

REMEDIES = ("free some space", "make it writable", "look at the disk", "run again", "run the same")
WHOLE_EVERY = 100
"""One point in so many of building and serving is struck in a whole run, and everything is run again."""


@pytest.fixture(scope="module")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    """A warm process beside a small company's vendors."""
    with company(tmp_path_factory.mktemp("company"), EXAMPLES) as vendors, Zygote(vendors.environment) as warm:
        yield warm


def evenly(sweep: Sweep, part: str, number: int, first: int = 1) -> range:
    """Return so many points of a part, evenly spread."""
    points = len(sweep.points[part])
    return range(first, points + 1, max(points // number, 1))


def test_a_landing_cut_off_or_refused_is_finished_by_the_next(zygote: Zygote, tmp_path: Path) -> None:
    """At some of its operations: every row is in the raw log once, and every day counts as read."""
    sweep = Sweep(zygote, tmp_path, ("land",))
    sweep.prepare()
    assert len(sweep.points["land"]) > 300
    sweep.strike("land", "kill", evenly(sweep, "land", 5, 31))
    sweep.strike("land", "fail", evenly(sweep, "land", 5, 7))
    assert sweep.wrong == []
    assert_told(sweep)


def test_no_step_reads_what_a_later_one_makes() -> None:
    """So a step that is run again alone finds what it finds in a whole re-run."""
    assert apart() == []


@pytest.mark.long
@pytest.mark.timeout(14_400)
def test_landing_killed_or_refused_at_every_operation_is_finished_by_the_next_run(
    zygote: Zygote, tmp_path: Path
) -> None:
    """The same bytes are served after one more run; a real kill leaves what its image shows."""
    sweep = Sweep(zygote, tmp_path)
    sweep.prepare("land")
    every = range(1, len(sweep.points["land"]) + 1)
    sweep.images("land", every)
    print(f"\n{sweep.report()}", flush=True)
    sweep.strike("land", "kill", every[3::20])
    sweep.strike("land", "fail", every)
    print(f"\n{sweep.report()}", flush=True)
    assert sweep.wrong == []
    assert_told(sweep)


@pytest.mark.long
@pytest.mark.timeout(14_400)
def test_building_and_serving_killed_or_refused_at_every_operation_is_finished_by_the_next_run(
    zygote: Zygote, tmp_path: Path
) -> None:
    """Step by step, and some points in whole runs: the same bytes are served."""
    sweep = Sweep(zygote, tmp_path)
    sweep.prepare()
    by_step = Steps(sweep)
    by_step.strike()
    for part in ("build", "serve"):
        every = range(WHOLE_EVERY // 2, len(sweep.points[part]), WHOLE_EVERY)
        sweep.strike(part, "kill", every)
        sweep.strike(part, "fail", every)
    print(f"\n{sweep.report()}\nstep by step: {by_step.report()}")
    assert sum(by_step.struck.values()) > 2 * 1_000
    assert sweep.wrong == []
    assert_told(sweep)


def assert_told(sweep: Sweep) -> None:
    """What ended a run says what to do next."""
    silent = [words for words in sweep.told if words != "went on" and not any(one in words for one in REMEDIES)]
    assert silent == []


@pytest.mark.parametrize("size", [4_096, 65_536])
def test_a_disk_that_takes_no_more_is_told_and_heals(zygote: Zygote, tmp_path: Path, size: int) -> None:
    """No file may grow beyond a size, whichever library writes it: status 3 and words; without that the rows land."""
    home = tmp_path / "home"
    told = zygote.run(home, ["land"], "limit", size)
    assert (told["ended"], told.get("code")) == ("told", 3), told
    assert str(home) in told["text"] and any(one in told["text"] for one in REMEDIES)
    assert zygote.run(home, ["land"])["served"] == zygote.run(tmp_path / "other", ["land"])["served"]


@pytest.mark.long
def test_a_small_disk_fills_is_made_larger_and_the_same_bytes_are_served(zygote: Zygote, tmp_path: Path) -> None:
    """A disk of 0.25 to 8 MB, then read-only, then large enough; where none can be mounted, files of limited size instead."""
    whole = zygote.run(tmp_path / "whole", ["land", "build", "serve"])["served"]
    for number, kilobytes in enumerate((256, 512, 1024, 2048, 4096, 8192)):
        place = tmp_path / f"disk-{number}"
        with small_disk(place, f"{kilobytes}k") as is_there:
            home = place / "home"
            mode = ("clean", 0) if is_there else ("limit", kilobytes * 128)
            told = [zygote.run(home, ["land", "build", "serve"], *mode)]
            if is_there:
                again(place, "size=64m,ro")
                told.append(zygote.run(home, ["land", "build", "serve"]))
                again(place, "rw")
            assert [(one["ended"], one.get("code")) for one in told] == [("told", 3)] * len(told), told
            assert all(any(one in words["text"] for one in REMEDIES) for words in told)
            assert zygote.run(home, ["land", "build", "serve"])["served"] == whole
