"""Bad records and bad pages mixed among good ones, by a seed: every good one served, every bad one quarantined under its code."""

from pathlib import Path

import pytest

from mpm_pipeline_tests.poison.poisons import POISONS
from mpm_pipeline_tests.poison.stream_of_pages import Poisoned, run
from mpm_pipeline_tests.poison.streams import BY_NAME, TARGETS

LONG = 100_000


def check(root: Path, source: Poisoned) -> None:
    """Hold what became of each record against what must, page by page."""
    _, found = run(root, source)
    wrong = {
        (name, wanted, got)
        for name, wanted, got in zip(source.names, source.expected, found.reasons, strict=True)
        if wanted != got
    }
    assert wrong == set()
    assert source.taken == 0, "a bad page was taken for a page"
    good = sum(one is None for one in source.expected)
    assert (len(found.served), found.held) == (good, len(source.expected) - good)
    assert [page[0] for page in found.pages] == source.sizes
    assert all(rows_in == rows_out + quarantined for rows_in, rows_out, quarantined in found.pages)
    assert sum(page[2] for page in found.pages) == source.bad_rows


@pytest.mark.parametrize("name", BY_NAME)
def test_each_record_goes_where_it_must(tmp_path: Path, name: str) -> None:
    """Some hundred bad records and pages of each stream, each poison that fits at least once."""
    check(tmp_path, Poisoned(BY_NAME[name], 500, seed=10))


def test_the_costly_ones(tmp_path: Path) -> None:
    """Twenty megabytes of text, and brackets a million deep, cost their own record only."""
    check(tmp_path, Poisoned(BY_NAME["salesforce/Opportunity"], 150, seed=11, with_rare=True))


def test_every_poison_fits_a_stream() -> None:
    """No poison is on the list without being tried."""
    assert [one.name for one in POISONS if not any(one.applies(target) for target in TARGETS)] == []


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", BY_NAME)
def test_a_hundred_thousand(tmp_path: Path, name: str) -> None:
    """The same for a hundred thousand bad records and pages over all streams."""
    source = Poisoned(BY_NAME[name], LONG // len(TARGETS) + 1, seed=12, with_rare=True)
    check(tmp_path, source)
    print(f"{name}: {len(source.expected)} rows on {len(source.sizes)} pages, {source.bad_rows} bad, {source.bad_pages} bad pages")  # fmt: skip
