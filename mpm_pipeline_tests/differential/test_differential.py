"""Whatever a vendor shows and however a company sets it: what is served is what is computed apart.

That a wrong figure is told stands in e2e, which has a home that was run.
"""

import os
from pathlib import Path

import pytest

from mpm_pipeline_tests.differential import draw
from mpm_pipeline_tests.differential.book import Book, Edit, write
from mpm_pipeline_tests.differential.reduce import reduce
from mpm_pipeline_tests.differential.trial import Trial
from mpm_pipeline_tests.e2e.company import LIVE

SEEDS = int(os.environ.get("MPM_TEST_DIFFERENTIAL_SEEDS", "10"))
"""How many seeds the long run takes; `MPM_TEST_DIFFERENTIAL_FIRST` is the first."""
FIRST = int(os.environ.get("MPM_TEST_DIFFERENTIAL_FIRST", "1001"))
RATES = (0.03, 0.06, 0.1)


@pytest.fixture
def small(tmp_path: Path) -> Book:
    """A small world that is edited."""
    return Book(draw.world(tmp_path / "world", 1), LIVE)


def test_a_seed_draws_the_same_edits_and_settings_again(small: Book) -> None:
    """So that a difference can be looked at again; another seed draws others."""
    first, again, other = (draw.edits(small.root, seed, 0.02) for seed in (1, 1, 2))
    assert len(first) > 20
    assert [str(edit) for edit in first] == [str(edit) for edit in again] != [str(edit) for edit in other]
    assert draw.settings(1) == draw.settings(1) != draw.settings(2)


def test_an_edit_is_stamped_and_comes_after_what_it_changes(small: Book, tmp_path: Path) -> None:
    """As its vendor would do it: the newest version shows the change from the instant that its stamp says."""
    line = next(iter(small.live("salesforce/Lead")))
    stream, changed = small.changed("salesforce/Lead", line, LIVE, Status="MQL")
    assert changed["record"]["SystemModstamp"] == "2026-07-03T00:00:00.000+0000" and changed["at"] > line["at"]
    folder = write(small.root, tmp_path / "edited", [Edit("status", ((stream, changed),))])
    edited = Book(folder, LIVE).streams[stream][line["record"]["Id"]]
    assert edited[-1]["record"] == line["record"] | {
        name: changed["record"][name] for name in ("Status", "SystemModstamp", "LastModifiedDate")
    }


def test_a_difference_is_reduced_to_the_edits_that_it_needs() -> None:
    """Of a hundred, the two that only together differ."""
    edits = [Edit(str(number), ()) for number in range(100)]
    assert reduce(edits, lambda kept: {"13", "77"} <= {edit.kind for edit in kept}) == [edits[13], edits[77]]


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_what_is_served_is_what_is_computed_apart(seed: int, tmp_path: Path) -> None:
    """An edited world under drawn settings, run in a fresh home."""
    trial = Trial(seed, RATES[seed % len(RATES)], tmp_path)
    assert trial.found(trial.edits) == {}, f"python -m mpm_pipeline_tests.differential --seeds {seed} --rate {trial.rate} --reduce"  # fmt: skip


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(FIRST, FIRST + max(1, SEEDS // 5)))
def test_three_runs_serve_what_one_does(seed: int, tmp_path: Path) -> None:
    """While the edits happen: the last serves what is computed apart, and what a fresh home serves."""
    trial = Trial(seed, 0.03, tmp_path, thrice=True)
    assert trial.found(trial.edits) == {}, f"python -m mpm_pipeline_tests.differential --seeds {seed} --rate 0.03 --thrice --reduce"  # fmt: skip
