"""A warm process that has imported everything and does nothing: for each job it forks a child that runs parts of the pipeline.

`python -m mpm_pipeline_tests.kill_sweep.zygote` reads lists of jobs as JSON lines and answers each with one. It never opens an engine,
a table or a connection itself, because their threads do not survive a fork.
"""

import json
import os
import resource
import sys
import traceback
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from mpm_pipeline.errors import MpmError
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline_tests.e2e.company import only
from mpm_pipeline_tests.e2e.harness import Outcome
from mpm_pipeline_tests.e2e.river import through
from mpm_pipeline_tests.kill_sweep.points import Points, watch


def run(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Run jobs in this process, one after the other, each on a home of its own; say how each ended and what it passed."""
    points = Points(Path())
    if jobs[0]["mode"] == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (jobs[0]["at"], resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    elif jobs[0]["mode"] != "clean":
        watch(points)
    return [_run(job, points) for job in jobs]


def _run(job: dict[str, Any], points: Points) -> dict[str, Any]:
    home = Path(job["home"])
    points.begin(home, job["mode"], job["at"], Path(job["images"]), job["only"])
    try:
        with only(job["environment"]):
            through(home, job["environment"], job["parts"], points.enter)
    except MpmError as error:
        return {"ended": "told", "kind": type(error).__name__, "code": error.exit_code, "text": str(error)}
    except BaseException as error:
        told = "".join(traceback.format_exception(error))[-3000:]
        return {"ended": "broke", "kind": type(error).__name__, "code": 1, "text": told}
    points.busy = True
    told = {"ended": "done", "points": points.seen, "places": points.places, "states": points.states}
    if not {"land", "serve"} & set(job["parts"]):
        return told
    came = Outcome(home, 0, "", "").export() if "serve" in job["parts"] else landed(Home(home))
    return told | {"served": repr(sorted(came.items()))}


def landed(home: Home) -> dict[str, list[str]]:
    """Return all rows of the raw log by stream, and the days that were read; a row that landed twice is there twice."""
    found: dict[str, list[str]] = {}
    with Ledger(home) as ledger:
        for name in sorted(ledger.batch_names()):
            rows = pq.read_table(home.raw / name, columns=["key", "stamp", "is_deleted", "payload"]).to_pylist()
            found.setdefault(name.rsplit("/", 1)[0], []).extend(map(repr, rows))
        done = {f"{row['source']} {row['partition']}" for row in ledger.windows() if row["state"] == "done"}
    return {stream: sorted(rows) for stream, rows in found.items()} | {"days": sorted(done)}


def main() -> None:
    """Answer jobs until there are none."""
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.close(reading)
            sys.stdout = sys.stderr
            with os.fdopen(writing, "w") as out:
                json.dump(run(json.loads(line)), out)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as answer:
            told = answer.read()
        os.waitpid(child, 0)
        print(told or json.dumps([{"ended": "killed"}]), flush=True)


if __name__ == "__main__":
    main()
