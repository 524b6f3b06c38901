"""What a destination should hold: what the vendor shows, and what it lost without a word."""

from datetime import timedelta
from pathlib import Path

from mpm_pipeline.faults.bench import BENCHES, NOW, write
from mpm_pipeline.faults.changes import CHANGES
from mpm_pipeline.faults.truth import Wanted, gone, shown
from mpm_pipeline.simulator.world import World, load_world

BENCH = BENCHES["salesforce"]
DEALS: Wanted = {"Opportunity": ("Name",)}
LATER = NOW + timedelta(hours=2)


def world(root: Path, change: str) -> World:
    """The bench's world with a change."""
    lines = BENCH.lines()
    CHANGES[change](BENCH, lines)
    return load_world(write(BENCH, lines, root))


def test_a_row_that_vanishes_is_shown_before_and_gone_after(tmp_path: Path) -> None:
    """The eighth deal vanishes an hour after NOW; what the vendor deletes itself is neither shown nor gone."""
    told = world(tmp_path / "a", "hard_delete")
    (key,) = gone(told, "salesforce", DEALS, LATER)["Opportunity"]
    assert gone(told, "salesforce", DEALS, NOW)["Opportunity"] == {}
    assert shown(told, "salesforce", DEALS, NOW)["Opportunity"][key] == {"Name": "Deal 7"}
    assert key not in shown(told, "salesforce", DEALS, LATER)["Opportunity"]
    deleted = world(tmp_path / "b", "vendor_delete")
    assert gone(deleted, "salesforce", DEALS, LATER)["Opportunity"] == {}
    assert len(shown(deleted, "salesforce", DEALS, LATER)["Opportunity"]) == 450 + 6 - 2


def test_an_id_that_was_given_anew_is_gone_under_an_alias(tmp_path: Path) -> None:
    """Of the deals of five hours that were lost, two have their ids given to others: these two go on as `id~`."""
    told = world(tmp_path, "outage_ids_again")
    lost = gone(told, "salesforce", DEALS, LATER)["Opportunity"]
    aliases = [key for key in lost if key.endswith("~")]
    assert len(aliases) == 2 and len(lost) > 2
    there = shown(told, "salesforce", DEALS, LATER)["Opportunity"]
    for key in aliases:
        assert lost[key] != there[key.rstrip("~")]
