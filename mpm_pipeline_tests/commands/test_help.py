"""Help answers at once and lists everything: nothing heavy is imported before a command does its work."""

import os
import subprocess
import sys

import pytest

from mpm_pipeline.cli import COMMANDS

GROUPS = {
    "kpi": ["list", "show", "explain"],
    "explain": ["lead", "customer"],
    "leads": ["assign"],
    "customer": ["resolve", "as-of"],
    "quarantine": ["list", "release", "show"],
    "review": ["list", "decide"],
    "world": ["generate"],
}
PAGES = [[], *([name] for name in COMMANDS), *([group, name] for group, names in GROUPS.items() for name in names)]
MOST_CPU_SECONDS = 0.5


def _cpu_seconds(command: list[str]) -> tuple[float, int, str]:
    read, write = os.pipe()
    process = subprocess.Popen(command, stdout=write, stderr=write)
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as pipe:
        text = pipe.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime, process.returncode, text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: " ".join(page) or "mpm")
def test_help_costs_less_than_half_a_second_of_processor(page: list[str]) -> None:
    """Every help page, subcommands' too, is printed with exit 0 in under half a second of CPU (the best of three)."""
    found = [_cpu_seconds([sys.executable, "-m", "mpm_pipeline.cli", *page, "--help"]) for _ in range(3)]
    assert {status for _, status, _ in found} == {0}
    assert min(seconds for seconds, _, _ in found) < MOST_CPU_SECONDS


def test_the_front_page_lists_every_command(mpm) -> None:
    """`mpm --help` names each command with one line of words."""
    text = mpm("--help").out
    for name, (_, words) in COMMANDS.items():
        assert name in text and words.split()[0] in text


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_lists_its_commands(mpm, group: str) -> None:
    """The help of a group names exactly its subcommands."""
    told = mpm(group, "--help")
    listed = [line.split()[0] for line in told.out.split("Commands:")[1].strip().splitlines()]
    assert sorted(listed) == sorted(GROUPS[group])


def test_what_touches_a_home_takes_one_and_answers_in_json(mpm) -> None:
    """Every command that works on a home takes `--home`, and all but the simulator take `--json`."""
    for page in PAGES:
        if not page or page[0] in GROUPS and len(page) == 1 or page == ["simulator"]:
            continue
        text = mpm(*page, "--help").out
        assert "--json" in text, page
        assert ("--home" in text) == (
            page
            not in (["world", "generate"], ["kpi", "list"], ["faults"], ["customer", "resolve"], ["customer", "as-of"])
        ), page
