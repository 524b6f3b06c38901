"""Mutation score of the code that nothing may slip through: `python tools/mutate.py client`, or cursor, landing, quarantine.

mutmut (`.venv/bin/pip install mutmut==3.8.1`; nothing else needs it) makes the mutants and runs them in a folder of their own,
each against the group's tests that call its function, the quickest first. What survives is printed, and judged in
`docs/mutation.md`. A decorated function has no mutants, nor has code that stands outside of functions.
"""

import os
import random
import sys
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = "mpm_pipeline_tests"
GROUPS = {
    "client": (
        ("sources/client", "sources/transport", "sources/reply", "sources/auth", "sources/hosts"),
        (
            "sources/test_client.py",
            "sources/test_client_asks.py",
            "sources/test_client_words.py",
            "sources/test_transport.py",
            "sources/test_reply.py",
            "sources/test_auth.py",
            "sources/test_hosts.py",
        ),
        (),
    ),
    "cursor": (
        ("sources/fetch", "sources/page", "sources/sweep", "sources/late"),
        (
            "sources/test_fetch.py",
            "sources/test_page.py",
            "sources/test_sweep.py",
            "sources/test_sweep_of_late_records.py",
            "sources/test_late.py",
            "sources/test_client_asks.py",
        ),
        ("test_every_cut_of_a_page_is_noticed",),
    ),
    "landing": (
        (
            "warehouse/rawlog",
            "warehouse/accept",
            "warehouse/arrived",
            "warehouse/heads",
            "warehouse/entered",
            "warehouse/lock",
            "warehouse/nested",
            "warehouse/withheld",
        ),
        (
            "warehouse/test_rawlog.py",
            "warehouse/test_heads.py",
            "warehouse/test_accept.py",
            "warehouse/test_accept_shortcuts.py",
            "warehouse/test_stampless.py",
            "warehouse/test_lock.py",
            "warehouse/test_nested.py",
            "warehouse/test_entered.py",
            "warehouse/test_losses.py",
            "sources/test_sweep_of_late_records.py",
        ),
        ("test_long_records_are_read_in_bounded_memory",),
    ),
    "quarantine": (
        ("warehouse/quarantine", "warehouse/judge", "warehouse/validate", "warehouse/refused"),
        (
            "warehouse/test_quarantine.py",
            "warehouse/test_judge.py",
            "warehouse/test_validate.py",
            "warehouse/test_accept.py",
            "warehouse/test_accept_shortcuts.py",
        ),
        ("test_long_records_are_read_in_bounded_memory",),
    ),
}
"""Of each group the files that are mutated, the tests that must notice, and those of them that are left out as too long."""

SETTINGS = """
[tool.mutmut]
source_paths = ["mpm_pipeline"]
only_mutate = [{files}]
also_copy = ["{tests}"]
pytest_add_cli_args_test_selection = [{selection}]
pytest_add_cli_args = ["-p", "no:cacheprovider", "-k", "{kept}"]
process_isolation = "forkserver"
use_git_change_detection = false
timeout_multiplier = 6.0
timeout_constant = 2.0
"""


def main() -> int:
    """Make a workplace for the group, run its mutants there and print what survives."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("group", choices=GROUPS)
    parser.add_argument("names", nargs="*", help="only these mutants (wildcards do)")
    parser.add_argument("--sample", type=int, default=0, help="so many of them by chance; default: all")
    parser.add_argument("--seed", type=int, default=10)
    parser.add_argument("--children", type=int, default=2)
    parser.add_argument("--into", type=Path, default=ROOT / "build" / "mutation")
    asked = parser.parse_args()
    place = asked.into / asked.group
    _workplace(place, asked.group)
    os.chdir(place)
    names = asked.names or _names(GROUPS[asked.group][0])
    print(f"{asked.group}: {len(names)} mutants", flush=True)
    if asked.sample and asked.sample < len(names):
        names = sorted(random.Random(asked.seed).sample(names, asked.sample))
    _run(names, asked.children)
    return 0


def _workplace(place: Path, group: str) -> None:
    """Lay out package and tests as links, and the settings beside them: mutmut copies what it changes."""
    files, tests, left_out = GROUPS[group]
    place.mkdir(parents=True, exist_ok=True)
    for name in ("mpm_pipeline", TESTS):
        if not (place / name).exists():
            (place / name).symlink_to(ROOT / name)
    present = [f"{TESTS}/{test}" for test in tests if (ROOT / TESTS / test).exists()]
    settings = SETTINGS.format(
        files=", ".join(f'"mpm_pipeline/{file}.py"' for file in files),
        tests=TESTS,
        selection=", ".join(f'"{test}"' for test in present),
        kept=" and ".join(f"not {name}" for name in left_out) or "test",
    )
    (place / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text() + settings)


def _names(files: tuple[str, ...]) -> list[str]:
    """Return all mutants of some files, as mutmut names them."""
    from mutmut.mutation.file_mutation import mutate_file_contents

    found = []
    for file in files:
        path = Path(f"mpm_pipeline/{file}.py")
        made = mutate_file_contents(str(path), path.read_text(), None, None)
        found += [f"mpm_pipeline.{file.replace('/', '.')}.{name}" for name in made.mutant_names]
    return found


def _run(names: list[str], children: int) -> None:
    """Run mutants and print the state of each that was not killed, and how many there are of each state."""
    from mutmut.__main__ import _run as run
    from mutmut.__main__ import collect_source_file_mutation_data
    from mutmut.state import state
    from mutmut.stats import status_by_exit_code
    from mutmut.workers.isolation import ForkServerRunner

    submit = ForkServerRunner.submit

    def quickest_first(self: ForkServerRunner, name: str, tests: list[str], cpu_seconds: int, estimated: float) -> None:
        submit(self, name, sorted(tests, key=lambda test: state().duration_by_test[test]), cpu_seconds, estimated)

    ForkServerRunner.submit = quickest_first
    run(names, children)
    mutants, _ = collect_source_file_mutation_data(mutant_names=names)
    states = {name: status_by_exit_code[data.exit_code_by_key[name]] for data, name, _ in mutants}
    for name, verdict in sorted(states.items()):
        if verdict != "killed":
            print(f"{verdict}: {name}")
    counts = Counter(states.values())
    killed = counts["killed"] + counts["timeout"]
    print(f"{killed} of {len(states)} noticed, {killed / len(states):.1%} ({dict(counts)})")


if __name__ == "__main__":
    sys.exit(main())
