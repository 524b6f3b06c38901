"""Marketo's bulk extract, as far as it is needed: the ids of all leads, in windows of creation of 31 days each.

Ids alone are small against the daily 500 MB, and the records themselves then come over REST, with their types. Jobs run two
at a time whoever made them and move once a minute at best, so a few are queued ahead and asked about with patience.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from mpm_pipeline.errors import SourceUnavailable
from mpm_pipeline.sources.client import Client, Limits
from mpm_pipeline.sources.marketo.answers import BUSY, Refused, listed
from mpm_pipeline.sources.reply import Reply, Transient, judge_status

SPAN = timedelta(days=31)
AHEAD = 8
ENDED = frozenset({"Failed", "Canceled", "Cancelled"})
JSON = {"Content-Type": "application/json"}


def patient(limits: Limits) -> Limits:
    """Return bounds for jobs that take minutes: an hour of patience, polls up to a minute apart."""
    return replace(limits, budget=limits.budget * 60, wait_first=limits.wait_first / 4, wait_most=limits.wait_most * 30)


def lead_ids(client: Client, root: str, first: datetime, last: datetime) -> Iterator[set[str]]:
    """Yield the ids of all leads that were created in [first, last], a few windows at a time.

    `client` must be a patient one. SourceUnavailable when a job fails twice or the daily quota of bytes is used up.
    """
    windows = list(_windows(first, last))
    for place in range(0, len(windows), AHEAD):
        jobs = [(window, _queued(client, root, window)) for window in windows[place : place + AHEAD]]
        found: set[str] = set()
        for window, job in jobs:
            ids = _ids(client, root, job)
            if ids is None:
                ids = _ids(client, root, _queued(client, root, window))
            if ids is None:
                raise SourceUnavailable("marketo: a bulk extract of lead ids failed twice; run again later")
            found |= ids
        yield found


def _windows(first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime]]:
    start = first
    while start < last:
        yield start, min(start + SPAN, last)
        start += SPAN


def _queued(client: Client, root: str, window: tuple[datetime, datetime]) -> str:
    """Make a job and queue it; return its id."""
    start, end = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in window)
    wish = {"format": "CSV", "fields": ["id"], "filter": {"createdAt": {"startAt": start, "endAt": end}}}
    content = msgspec.json.encode(wish)
    made = client.post(f"{root}create.json", lambda reply: _job(reply, "exportId"), content=content, headers=JSON)
    client.post(f"{root}{made}/enqueue.json", _enqueued, headers=JSON)
    return made


def _enqueued(reply: Reply) -> None:
    """Read the answer to queueing; a full queue is waited for, a job that is queued already is fine."""
    try:
        listed(reply)
    except Refused as error:
        said = error.said.lower()
        if error.code == BUSY and "already" in said:
            return
        if error.code == BUSY and "quota" not in said:
            raise Transient("the queue of bulk extracts is full") from None
        raise


def _ids(client: Client, root: str, job: str) -> set[str] | None:
    """Wait for a job and read its file; None when the job did not end well."""
    status = client.get(f"{root}{job}/status.json", _ended)
    if status.get("status") in ENDED:
        return None
    return client.get(f"{root}{job}/file.json", lambda reply: _file(reply, status), judge=_judge_file)


def _ended(reply: Reply) -> dict[str, Any]:
    job = _first(reply)
    if job.get("status") != "Completed" and job.get("status") not in ENDED:
        raise Transient("a bulk extract is not ready")
    return job


def _judge_file(reply: Reply) -> None:
    """Judge the file's answer: 404 is what a file that is not yet there says, whatever the job says."""
    if reply.status == 404:
        raise Transient("the file of a bulk extract is not there yet")
    judge_status(reply)


def _file(reply: Reply, status: dict[str, Any]) -> set[str]:
    told = str(status.get("fileChecksum") or "")
    if told.startswith("sha256:") and hashlib.sha256(reply.body).hexdigest() != told.removeprefix("sha256:"):
        raise Transient("the file of a bulk extract is not the one that was promised")
    cells = (line.strip().strip('"') for line in reply.text().splitlines())
    return {cell for cell in cells if cell.isdigit()}


def _job(reply: Reply, name: str) -> str:
    found = _first(reply).get(name)
    if not isinstance(found, str) or not found:
        raise Transient("the answer names no bulk extract")
    return found


def _first(reply: Reply) -> dict[str, Any]:
    rows = listed(reply).rows
    found = msgspec.json.decode(rows[0]) if rows else None
    if not isinstance(found, dict):
        raise Transient("the answer describes no bulk extract")
    return found
