"""The plain loop to our end state: every record kept as it came with its hash, typed rows, refused rows. Argument: see extraction.py.

What a careful engineer writes by hand with requests, json and SQLite: verbatim records, of each key the newest version with
its values typed, what cannot be typed set aside with the field's name, counts that agree. Every page is on disk before the next.
"""

import hashlib
import json
import sqlite3
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

given = json.loads(sys.argv[1])
INSTANTS = {"CreatedDate", "LastModifiedDate", "SystemModstamp"}


def typed(name: str, value: Any) -> str | None:
    """Return a value as its column holds it; ValueError when it is none."""
    if value is None or value == "":
        return None
    if not isinstance(value, str) or "\x00" in value or len(value) > 1_048_576:
        raise ValueError(name)
    return datetime.fromisoformat(value).astimezone(UTC).isoformat() if name in INSTANTS else value


def staged(rows: list[dict[str, Any]], extracted_at: str) -> tuple[list[Any], list[Any], list[Any]]:
    """Return what goes into the raw table, the typed one and the one of refused rows."""
    raw, good, refused = [], [], []
    for row in rows:
        payload = json.dumps(row, ensure_ascii=False)
        digest = hashlib.sha256(payload.encode()).hexdigest()
        raw.append((row.get("Id"), row.get("SystemModstamp"), extracted_at, payload, digest))
        try:
            if not row.get("Id"):
                raise ValueError("Id")
            good.append((*(typed(name, row.get(name)) for name in fields), extracted_at))
        except ValueError as error:
            refused.append((row.get("Id"), "bad_type", str(error), digest))
    return raw, good, refused


began, cpu = time.perf_counter(), time.process_time()
web = requests.Session()
form = {"grant_type": "client_credentials", "client_id": given["client_id"], "client_secret": given["client_secret"]}
token = web.post(f"{given['url']}/services/oauth2/token", data=form).json()["access_token"]
web.headers["Authorization"] = f"Bearer {token}"
table = sqlite3.connect(Path(given["folder"]) / "loaded.sqlite")
table.execute("PRAGMA synchronous = FULL")
fields = given["fields"]
table.execute("CREATE TABLE raw (id, stamp, extracted_at, payload, hash)")
table.execute("CREATE TABLE refused (id, reason, field, hash)")
table.execute(f"CREATE TABLE contact ({', '.join(fields)}, extracted_at, PRIMARY KEY (Id))")
newer = f"ON CONFLICT (Id) DO UPDATE SET {', '.join(f'{n} = excluded.{n}' for n in (*fields[1:], 'extracted_at'))} WHERE excluded.SystemModstamp >= SystemModstamp"
answer = web.get(f"{given['url']}/services/data/v66.0/query", params={"q": given["query"]}).json()
while True:
    raw, good, refused = staged(answer["records"], datetime.now(UTC).isoformat())
    table.executemany("INSERT INTO raw VALUES (?, ?, ?, ?, ?)", raw)
    table.executemany(f"INSERT INTO contact VALUES ({', '.join('?' * (len(fields) + 1))}) {newer}", good)  # noqa: S608
    table.executemany("INSERT INTO refused VALUES (?, ?, ?, ?)", refused)
    table.commit()
    if answer["done"]:
        break
    answer = web.get(given["url"] + answer["nextRecordsUrl"]).json()
landed, set_aside, count = (
    table.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608
    for name in ("raw", "refused", "contact")
)
if landed != count + set_aside:
    raise SystemExit("rows were lost or doubled")
print(json.dumps({"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu, "rows": count}))
