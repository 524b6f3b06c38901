"""Marketo's bulk extract jobs: created, enqueued, polled, fetched, cancelled; two run, ten wait.

No time passes by itself here: every status call moves the whole queue one step on, so Queued becomes Processing and
then Completed. A file is what the database held when its job was completed; it is kept seven days.
"""

import hashlib
import itertools
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import PlainTextResponse, Response

from mpm_pipeline.simulator.marketo.answers import (
    Query,
    Record,
    Refusal,
    read_token,
    success,
    write_token,
)
from mpm_pipeline.simulator.marketo.database import Database, seconds
from mpm_pipeline.simulator.marketo.exports import Extract, read_request, write_file

RUNNING, WAITING = 2, 10
DAILY_BYTES = 500 * 1024 * 1024
KEPT = timedelta(days=7)
CENTRAL = ZoneInfo("America/Chicago")
"""Marketo counts its days in US Central time."""


@dataclass
class Job:
    """One extract."""

    id: str
    extract: Extract
    created: datetime
    status: str = "Created"
    queued: datetime | None = None
    started: datetime | None = None
    finished: datetime | None = None
    data: bytes = b""
    records: int = 0

    def described(self) -> Record:
        """Write the job as create, enqueue, status and list do."""
        dates = {"queuedAt": self.queued, "startedAt": self.started, "finishedAt": self.finished}
        body: Record = {"exportId": self.id, "format": self.extract.format, "status": self.status}
        body |= {"createdAt": seconds(self.created)} | {name: seconds(at) for name, at in dates.items() if at}
        if self.status == "Completed":
            checksum = f"sha256:{hashlib.sha256(self.data).hexdigest()}"
            body |= {"numberOfRecords": self.records, "fileSize": len(self.data), "fileChecksum": checksum}
        if self.status == "Failed":
            body |= {"errorMsg": "The export failed for an internal reason"}
        return body


class Exports:
    """All jobs of one subscription, of whatever kind."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.jobs: dict[str, Job] = {}
        self.numbers = itertools.count(1)

    def create(self, kind: str, body: Any) -> Record:
        """Make a job that is not yet queued."""
        self._check_quota()
        extract = read_request(self.database, kind, body)
        key = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.database.site.world.name} {kind} {next(self.numbers)}"))
        self.jobs[key] = Job(key, extract, self.database.now())
        return success([self.jobs[key].described()])

    def enqueue(self, kind: str, key: str) -> Record:
        """Queue a job."""
        job = self._job(kind, key)
        if job.status != "Created":
            raise Refusal("1029", "Job already queued")
        self._check_quota()
        if len(self._with("Queued", "Processing")) >= WAITING:
            raise Refusal("1029", f"Too many jobs ({WAITING}) in queue")
        job.status, job.queued = "Queued", self.database.now()
        return success([job.described()])

    def status(self, kind: str, key: str) -> Record:
        """Say where a job stands, after moving the queue one step on."""
        job = self._job(kind, key)
        self._step()
        return success([job.described()])

    def cancel(self, kind: str, key: str) -> Record:
        """Cancel a job that has not ended."""
        job = self._job(kind, key)
        if job.status in ("Created", "Queued", "Processing"):
            job.status, job.finished = "Cancelled", self.database.now()
        return success([job.described()])

    def listing(self, kind: str, query: Query) -> Record:
        """List the jobs of one kind."""
        wanted = {word.replace("Canceled", "Cancelled") for word in query.all("status")}
        found = [job for job in self.jobs.values() if job.extract.kind == kind]
        found = [job for job in found if not wanted or job.status in wanted]
        token, size = query.one("nextPageToken"), query.batch_size()
        start = int(read_token(token)) if token else 0
        more = {"nextPageToken": write_token(str(start + size))} if start + size < len(found) else {}
        return success([job.described() for job in found[start : start + size]], **more)

    def file(self, kind: str, key: str, headers: Mapping[str, str]) -> Response:
        """Answer the file, whole or a range of its bytes; plain text 404 until there is one."""
        job = self.jobs.get(key)
        now = self.database.now()
        if job is None or job.extract.kind != kind or job.status != "Completed" or now > (job.finished or now) + KEPT:
            return PlainTextResponse("Not Found", 404)
        media = f"text/{job.extract.format.lower()}"
        asked, size = headers.get("range"), len(job.data)
        if asked is None:
            return Response(job.data, headers={"Accept-Ranges": "bytes"}, media_type=media)
        found = re.fullmatch(r"bytes=(\d*)-(\d*)", asked)
        if not found or not any(found.groups()):
            return PlainTextResponse("Invalid range", 416, {"Content-Range": f"bytes */{size}"})
        first, last = found.groups()
        start = int(first) if first else max(0, size - int(last))
        end = min(int(last), size - 1) if first and last else size - 1
        if start > end:
            return PlainTextResponse("Invalid range", 416, {"Content-Range": f"bytes */{size}"})
        span = {"Content-Range": f"bytes {start}-{end}/{size}", "Accept-Ranges": "bytes"}
        return Response(job.data[start : end + 1], 206, span, media_type=media)

    def _with(self, *statuses: str) -> list[Job]:
        return [job for job in self.jobs.values() if job.status in statuses]

    def _job(self, kind: str, key: str) -> Job:
        job = self.jobs.get(key)
        if job is None or job.extract.kind != kind:
            raise Refusal("1013", f"Export job not found: {key}")
        return job

    def _step(self) -> None:
        limits, now = self.database.site.limits, self.database.now()
        if limits.get("exports_stuck"):
            return
        for job in self._with("Processing"):
            if limits.get("exports_failed"):
                job.status, job.finished = "Failed", now
                continue
            job.data, job.records = write_file(self.database, job.extract)
            job.status, job.finished = "Completed", now
        queued = sorted(self._with("Queued"), key=lambda job: job.queued or now)
        for job in queued[: RUNNING - len(self._with("Processing"))]:
            job.status, job.started = "Processing", now

    def _check_quota(self) -> None:
        limit = self.database.site.limits.get("export_bytes_per_day", DAILY_BYTES)
        today = self.database.now().astimezone(CENTRAL).date()
        done = self._with("Completed")
        used = sum(len(job.data) for job in done if job.finished and job.finished.astimezone(CENTRAL).date() == today)
        if used >= limit:
            raise Refusal("1029", f"Export daily quota {limit // (1024 * 1024)}MB exceeded")
