"""The files of plans, money, people and service as CSV: a full snapshot of each as of the clock.

A row that is deleted or past its `until` is gone, a row that changed shows its newest version. No credentials, and
nothing of a vendor's folder or of the truth.
"""

import csv
import hashlib
import io
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mpm_pipeline.simulator.files.columns import FILE_COLUMNS
from mpm_pipeline.simulator.site import Site
from mpm_pipeline.simulator.verbatim import plain
from mpm_pipeline.simulator.world import Version
from mpm_pipeline.vocabulary import FILE_FOLDERS


def app(site: Site) -> ASGIApp:
    """Return the file server's app."""

    async def file(request: Request) -> Response:
        folder, name = request.path_params["folder"], request.path_params["name"]
        if folder not in FILE_FOLDERS or name not in site.world.streams(folder):
            return PlainTextResponse(f"no such file: /files/{folder}/{name}.csv\n", 404)
        now = site.clock.now()
        versions = site.world.versions(folder, name)
        rows = [version.record for version in site.world.visible(folder, name, now) if not version.deleted]
        body = as_csv(columns(f"{folder}/{name}", rows, versions), rows)
        etag = f'"{hashlib.blake2s(body).hexdigest()[:32]}"'
        changed_at = last_change(versions, now, site.world.starts_at)
        headers = {"etag": etag, "last-modified": format_datetime(changed_at, usegmt=True)}
        if _unchanged(request, etag, changed_at):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="text/csv; charset=utf-8")

    return Starlette(routes=[Route("/files/{folder}/{name}.csv", file)])


def columns(name: str, rows: list[dict[str, Any]], versions: list[Version]) -> list[str]:
    """Return the columns that occur, the documented ones first; all documented ones for a file without a row ever."""
    occurring = dict.fromkeys(field for row in rows or [version.record for version in versions] for field in row)
    documented = FILE_COLUMNS.get(name, ())
    if not occurring:
        return list(documented)
    return list(dict.fromkeys([*(field for field in documented if field in occurring), *occurring]))


def as_csv(names: list[str], rows: list[dict[str, Any]]) -> bytes:
    """Write rows as CSV in UTF-8 with a header line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return text.getvalue().encode("utf-8", "surrogatepass")


def last_change(versions: list[Version], now: datetime, otherwise: datetime) -> datetime:
    """Return when the snapshot last changed: the newest instant at which a version came or went."""
    came = [version.at for version in versions if version.at <= now]
    went = [version.until for version in versions if version.until and version.until <= now]
    return max([*came, *went], default=otherwise).replace(microsecond=0)


def _cell(value: Any) -> str:
    value = plain(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ";".join(_cell(item) for item in value)
    if isinstance(value, dict):
        return msgspec.json.encode(value).decode()
    return str(value)


def _unchanged(request: Request, etag: str, changed_at: datetime) -> bool:
    asked = request.headers.get("if-none-match")
    if asked is not None:
        return etag in [tag.strip().removeprefix("W/") for tag in asked.split(",")] or asked.strip() == "*"
    try:
        return changed_at <= parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except (ValueError, TypeError):
        return False
