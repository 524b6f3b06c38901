"""Our loader: every stream of the connector into the raw log, then the staged tables. Argument: a JSON document; see extraction.py."""

import json
import os
import sys
import time
from datetime import date
from pathlib import Path

from mpm_pipeline.orchestration import stages
from mpm_pipeline.orchestration.session import Session

given = json.loads(sys.argv[1])
os.environ |= {
    "MPM_SALESFORCE__URL": given["url"],
    "MPM_SALESFORCE__CLIENT_ID": given["client_id"],
    "MPM_SALESFORCE__CLIENT_SECRET": given["client_secret"],
    "MPM_SALESFORCE__START_AT": "2026-05-01",
    "MPM_AS_OF": given["now"],
}
began, cpu = time.perf_counter(), time.process_time()
with Session.open(Path(given["folder"]) / "home") as session:
    session.as_of("run")
    stages.fetch_days(session, "salesforce", date(2026, 5, 1), session.last_day(), "run")
    landed = time.perf_counter() - began, time.process_time() - cpu
    found = stages.stage_source(session, "salesforce", "run")
print(
    json.dumps(
        {
            "seconds": time.perf_counter() - began,
            "cpu": time.process_time() - cpu,
            "rows": found["contact"] if "contact" in found else max(found.values()),
            "landed_seconds": landed[0],
            "landed_cpu": landed[1],
        }
    )
)
