"""A plain loop: requests and json into one SQLite table. Argument: a JSON document; see extraction.py."""

import json
import sqlite3
import sys
import time
from pathlib import Path

import requests

given = json.loads(sys.argv[1])
began, cpu = time.perf_counter(), time.process_time()
web = requests.Session()
form = {"grant_type": "client_credentials", "client_id": given["client_id"], "client_secret": given["client_secret"]}
token = web.post(f"{given['url']}/services/oauth2/token", data=form).json()["access_token"]
web.headers["Authorization"] = f"Bearer {token}"
table = sqlite3.connect(Path(given["folder"]) / "loaded.sqlite")
fields = given["fields"]
table.execute(f"CREATE TABLE contact ({', '.join(fields)}, PRIMARY KEY (Id))")
answer = web.get(f"{given['url']}/services/data/v66.0/query", params={"q": given["query"]}).json()
while True:
    rows = [tuple(row.get(name) for name in fields) for row in answer["records"]]
    table.executemany(f"INSERT OR REPLACE INTO contact VALUES ({', '.join('?' * len(fields))})", rows)  # noqa: S608
    table.commit()
    if answer["done"]:
        break
    answer = web.get(given["url"] + answer["nextRecordsUrl"]).json()
count = table.execute("SELECT count(*) FROM contact").fetchone()[0]
print(json.dumps({"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu, "rows": count}))
