"""Ours, Splink with its own documented model, and naive keys, side by side, and ours for 1 % of news: the same raw records, normalisation and evaluator.

Each way runs in a process of its own, one after the other, under the same threads and memory limit; peak memory is VmHWM of that process.
`python -m benchmarks.identity --data FOLDER --out FOLDER [--ways ours splink keys delta] SET ...`, sets as in `identity_sets`; the folder
of labelled sets may come from MPM_TEST_DATA. Results are added to `results.jsonl` in the out folder as they come.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks import identity_sets
from benchmarks.identity_score import score

WAYS = ("ours", "splink", "keys", "delta")


def measure(name: str, way: str, folder: Path, data: Path | None) -> dict[str, object]:
    """Run one way on one set and return what is told of it."""
    raw = identity_sets.write(name, folder, data)
    crosswalk = folder / f"{name}_{way}.parquet"
    ran = subprocess.run([sys.executable, "-m", "benchmarks.identity_ways", way, str(raw), str(crosswalk)], capture_output=True, text=True, check=False)  # fmt: skip
    if ran.returncode:
        return {
            "set": name,
            "way": way,
            "failed": next((line for line in reversed(ran.stderr.splitlines()) if "Error" in line), "without words"),
        }
    told = json.loads(ran.stdout.strip().splitlines()[-1])
    told["records_per_second"] = round(pq.read_metadata(raw).num_rows / told["seconds"])
    told["records_per_cpu_second"] = round(pq.read_metadata(raw).num_rows / told["cpu"])
    found = {kind: score(raw, crosswalk, kind) for kind in ("person", "account")}
    return {"set": name, "way": way, **told} | {kind: one for kind, one in found.items() if one and one["largest"] > 1}


def main() -> None:
    """Measure what was asked for and print a table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("sets", nargs="+", choices=[*identity_sets.SETS, *identity_sets.WORLDS])
    asked.add_argument("--ways", nargs="+", default=WAYS[:3], choices=WAYS)
    asked.add_argument("--data", type=Path, default=os.environ.get(identity_sets.FOLDER))
    asked.add_argument("--out", type=Path, required=True)
    told = asked.parse_args()
    for name in told.sets:
        for way in told.ways:
            found = measure(name, way, told.out, told.data)
            with (told.out / "results.jsonl").open("a") as results:
                results.write(json.dumps(found) + "\n")
            print(_line(found), flush=True)


def _line(found: dict[str, object]) -> str:
    head = f"{found['set']:15} {found['way']:7}"
    if "failed" in found:
        return f"{head} failed: {found['failed']}"
    text = f"{head} {found['seconds']:8} s {found['cpu']:8} CPU s {found['records_per_second']:8} records/s {found['peak_mb']:6} MB"
    for kind in ("person", "account"):
        if isinstance(one := found.get(kind), dict):
            text += f" | {kind} P {one['precision']:.4f} R {one['recall']:.4f} F1 {one['f1']:.4f} B3 {one['bcubed']:.4f} largest {one['largest']} of {one['truly_largest']}"
    return text


if __name__ == "__main__":
    main()
