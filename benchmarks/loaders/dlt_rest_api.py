"""dlt's rest_api source into DuckDB, as its documentation sets it up. Argument: a JSON document; see extraction.py."""

import json
import sys
import time

import dlt
import requests
from dlt.sources.rest_api import rest_api_source

given = json.loads(sys.argv[1])
began, cpu = time.perf_counter(), time.process_time()
form = {"grant_type": "client_credentials", "client_id": given["client_id"], "client_secret": given["client_secret"]}
token = requests.post(f"{given['url']}/services/oauth2/token", data=form).json()["access_token"]
source = rest_api_source(
    {
        "client": {
            "base_url": f"{given['url']}/services/data/v66.0/",
            "auth": {"type": "bearer", "token": token},
            "paginator": {"type": "json_link", "next_url_path": "nextRecordsUrl"},
        },
        "resource_defaults": {"primary_key": "Id", "write_disposition": "merge"},
        "resources": [
            {
                "name": "contact",
                "endpoint": {"path": "query", "params": {"q": given["query"]}, "data_selector": "records"},
            }
        ],
    }
)
pipeline = dlt.pipeline(
    "bench", destination=dlt.destinations.duckdb(f"{given['folder']}/bench.duckdb"), dataset_name="loaded", pipelines_dir=given["folder"]
)  # fmt: skip
pipeline.run(source)
with pipeline.sql_client() as client:
    count = client.execute_sql("SELECT count(*) FROM contact")[0][0]
print(json.dumps({"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu, "rows": count}))
