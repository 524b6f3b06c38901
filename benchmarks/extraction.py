"""Records per second of our extraction, dlt's rest_api source and requests + json: same server, same run, same rows.

`python benchmarks/extraction.py [--records N] [--rounds K] [--other PYTHON] [--json]`. One process for each loader and round, one
after the other; time and CPU start after its imports and end when the rows can be queried from disk. Ours lands every stream
of the connector in the raw log and stages it with contracts and quarantine; `requests_json_staged` comes to the same end state in a
plain loop, `requests_json` and dlt fill one table. A server that answers from memory stands between, so that the simulator is not
what is measured. `--other` names a Python that has dlt and requests.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.replay import Replay
from mpm_pipeline.simulator.server import Simulator

NOW = "2026-06-01T00:00:00Z"
FIELDS = (
    "Id", "FirstName", "LastName", "Email", "Phone", "Title", "AccountId", "LeadSource", "MailingCountry", "CreatedDate", "LastModifiedDate",
    "SystemModstamp",
)  # fmt: skip
QUIET = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}
"""What dlt is told before it is imported."""
LOADERS = {"ours": False, "requests_json": True, "requests_json_staged": True, "dlt_rest_api": True}


def world(folder: Path, records: int) -> Path:
    """Write an org with so many contacts, changed evenly over May."""
    (folder / "salesforce").mkdir(parents=True)
    card = f'name = "bench"\ncurrency = "USD"\ntime_zone = "UTC"\nstarts_at = "2026-01-01T00:00:00Z"\nnow = "{NOW}"\nseed = 1\n'
    (folder / "world.toml").write_text(card)
    with (folder / "salesforce" / "Contact.jsonl").open("w") as file:
        for number in range(records):
            second = number * 30 * 86_400 // records
            stamp = f"2026-05-{1 + second // 86_400:02d}T{second // 3600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}.000+0000"
            row = dict(zip(FIELDS, (
                f"003{number:015d}", f"First{number}", f"Last{number}", f"p{number}@company{number % 999}.test", f"+1 212 555 {number % 9999:04d}",
                "Director of Data", f"001{number % 999:015d}", "Web", "United States", stamp, stamp, stamp,
            ), strict=True))  # fmt: skip
            file.write(json.dumps({"record": row}) + "\n")
    return folder


def measure(loader: str, python: str, given: dict[str, Any]) -> dict[str, Any]:
    """Run one loader in a process of its own in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(__file__).parent / "loaders" / f"{loader}.py"
        document = json.dumps(given | {"folder": folder})
        done = subprocess.run(
            [python, str(script), document], capture_output=True, text=True, env=os.environ | QUIET, check=False
        )
    if done.returncode:
        raise SystemExit(f"{loader} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Print records per second and CPU microseconds per record of each, median of the rounds, and the ratios to ours."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--records", type=int, default=100_000)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--other", default=sys.executable)
    asked.add_argument("--json", action="store_true")
    options = asked.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        Simulator(world(Path(folder) / "world", options.records)) as simulator,
    ):
        state = simulator.state()["sources"]["salesforce"]
        with Replay(state["url"]) as replay:
            query = f"SELECT {', '.join(FIELDS)} FROM Contact"  # noqa: S608
            given = {"url": replay.url, "query": query, "fields": FIELDS, "now": NOW, **state["credentials"]}
            found: dict[str, list[dict[str, Any]]] = {name: [] for name in LOADERS}
            for turn in range(options.rounds + 1):
                for name, is_other in LOADERS.items():
                    one = measure(name, options.other if is_other else sys.executable, given)
                    if one["rows"] != options.records:
                        raise SystemExit(f"{name} loaded {one['rows']:,} of {options.records:,} rows")
                    found[name] += [one] if turn else []
    report = {
        name: {
            "records_per_second": round(options.records / statistics.median(one["seconds"] for one in rounds)),
            "cpu_microseconds_per_record": round(
                1e6 * statistics.median(one["cpu"] for one in rounds) / options.records, 1
            ),
        }
        for name, rounds in found.items()
    }
    for row in report.values():
        row["ours_is_faster"] = round(report["ours"]["records_per_second"] / row["records_per_second"], 1)
    if options.json:
        print(json.dumps(report))
    else:
        for name, row in report.items():
            print(
                f"{name:20} {row['records_per_second']:>9,} records/s {row['cpu_microseconds_per_record']:>8.1f} us CPU/record   ours x{row['ours_is_faster']}"
            )


if __name__ == "__main__":
    main()
