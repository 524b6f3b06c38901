"""Runs many seeds by hand: `python -m mpm_pipeline_tests.differential --seeds 1-50 --rate 0.05 [--thrice] [--reduce]`."""

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path

from mpm_pipeline_tests.differential.reduce import reduce
from mpm_pipeline_tests.differential.trial import Trial


def main() -> int:
    """Run the seeds, print what differs, and return 1 if anything does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="1-10", help="one, or a first and a last one")
    parser.add_argument("--rate", type=float, default=0.05, help="edits per record of the world")
    parser.add_argument("--thrice", action="store_true", help="three runs in one home while the edits happen")
    parser.add_argument("--reduce", action="store_true", help="find the edits that each first difference needs")
    parser.add_argument("--only", default="", help="reduce this difference instead of the first")
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    first, _, last = given.seeds.partition("-")
    failed = [seed for seed in range(int(first), int(last or first) + 1) if not _holds(seed, given)]
    print(f"seeds that differ: {failed}" if failed else "all seeds agree")
    return 1 if failed else 0


def _holds(seed: int, given: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory(prefix="differential-") as folder:
        trial = Trial(seed, given.rate, Path(folder), given.thrice)
        began = time.monotonic()
        found = trial.found(trial.edits)
        print(f"seed {seed}: {len(trial.edits)} edits, {sorted(found) or 'agrees'}, {time.monotonic() - began:.0f} s")
        for name, texts in found.items():
            print(f"  {name}: {len(texts)}", *texts[:3], sep="\n      ")
        if found and given.reduce:
            wanted = given.only or next(iter(found))
            kept = reduce(trial.edits, lambda edits: wanted in trial.found(edits))
            print(f"  {wanted} needs", *kept, *trial.found(kept).get(wanted, [])[:5], sep="\n    ")
            print("  " + trial.settings.replace("\n", "; "))
        sys.stdout.flush()
    return not found


if __name__ == "__main__":
    raise SystemExit(main())
