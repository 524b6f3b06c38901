"""Marketo on a loopback socket: tokens, errors inside HTTP 200, quotas, tunnelled queries, routes.

The lead database is answered by leads.py, members.py, activities.py and changes.py,
assets by assets.py, bulk extracts by bulk.py. Quotas are off until the control port sets them:
`daily_calls` (607) and `calls_per_20_seconds` (606).
"""

import hashlib
import itertools
import re
import time
from collections import Counter, deque
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from mpm_pipeline.simulator.marketo import activities, assets, changes, leads, members
from mpm_pipeline.simulator.marketo.answers import Query, Record, Refusal, failure, success
from mpm_pipeline.simulator.marketo.bulk import CENTRAL, Exports
from mpm_pipeline.simulator.marketo.database import Database
from mpm_pipeline.simulator.marketo.tokens import USER, Tokens
from mpm_pipeline.simulator.site import FaultAnswer, JsonAnswer, Site

URI_LIMIT = 8192
WINDOW_SECONDS = 20
BULK = re.compile(
    r"/bulk/v1/(leads|activities|program/members)/export(?:/([\w-]+))?(?:/(enqueue|status|file|cancel))?(?:\.json)"
)

FAULT_ANSWERS = {
    "rate_limit": FaultAnswer(200, failure("606", "Max rate limit '100' exceeded with in '20' secs")),
    "unavailable": FaultAnswer(503, "503 Service Unavailable", {"content-type": "text/plain"}),
    "unauthorized": FaultAnswer(200, failure("602", "Access token expired")),
    "error_200": FaultAnswer(200, failure("608", "API Temporarily Unavailable")),
}
"""Marketo's own words for the faults that the control port can set."""


def app(site: Site) -> Starlette:
    """Build the ASGI app that answers as the world's Marketo subscription."""
    vendor = _Marketo(site)
    methods = ["GET", "POST", "PUT", "DELETE", "PATCH"]
    return Starlette(routes=[Route("/{path:path}", vendor.answer, methods=methods)])


class _Marketo:
    def __init__(self, site: Site) -> None:
        self.site = site
        self.tokens = Tokens(site)
        self.database = Database(site)
        self.exports = Exports(self.database)
        self.numbers = itertools.count(1)
        self.days: Counter[str] = Counter()
        self.errors: Counter[tuple[str, str]] = Counter()
        self.recent: deque[float] = deque()

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        raw = request.scope["query_string"].decode("latin-1")
        path = request.scope["raw_path"].decode("latin-1").partition("?")[0]
        if len(path) + len(raw) > URI_LIMIT:
            return PlainTextResponse("Request-URI Too Large", 414)
        body = await request.body()
        if request.method == "POST" and "json" not in request.headers.get("content-type", ""):
            raw = "&".join(filter(None, [raw, body.decode("utf-8", "replace")]))
        query, method = Query(raw), request.method
        if method == "POST" and query.values.pop("_method", [""])[-1].upper() == "GET":
            method = "GET"
        if path == "/identity/oauth/token":
            return self.tokens.answer(query)
        return self._guarded(method, path, query, body, request)

    def _guarded(self, method: str, path: str, query: Query, body: bytes, request: Request) -> Response:
        number = hashlib.sha256(f"{next(self.numbers)}".encode()).hexdigest()
        try:
            self.tokens.authorise(request.headers.get("authorization", ""), query)
            self._count()
            if path.startswith("/bulk/"):
                found = self._bulk(method, path, query, body, request)
            else:
                found = self._read(method, path, query)
            if isinstance(found, Response):
                return found
        except Refusal as refusal:
            found = refusal.body
            self.errors[self._today(), found["errors"][0]["code"]] += 1
        return JsonAnswer({"requestId": f"{number[:4]}#{number[4:15]}"} | found)

    def _today(self) -> str:
        return self.site.clock.now().astimezone(CENTRAL).date().isoformat()

    def _count(self) -> None:
        limits, now = self.site.limits, time.monotonic()
        if "calls_per_20_seconds" in limits:
            while self.recent and self.recent[0] <= now - WINDOW_SECONDS:
                self.recent.popleft()
            if len(self.recent) >= limits["calls_per_20_seconds"]:
                most = limits["calls_per_20_seconds"]
                raise Refusal("606", f"Max rate limit '{most}' exceeded with in '{WINDOW_SECONDS}' secs")
            self.recent.append(now)
        if "daily_calls" in limits and self.days[self._today()] >= limits["daily_calls"]:
            raise Refusal("607", f"Daily API Request Limit reached: {limits['daily_calls']}")
        self.days[self._today()] += 1

    def _bulk(self, method: str, path: str, query: Query, body: bytes, request: Request) -> Record | Response:
        found = BULK.fullmatch(path)
        kind, key, action = found.groups() if found else ("", None, None)
        match method, key, action:
            case "GET", None, None if kind:
                return self.exports.listing(kind, query)
            case "POST", "create", None:
                return self.exports.create(kind, _json(body))
            case "POST", str(), "enqueue":
                return self.exports.enqueue(kind, key)
            case "POST", str(), "cancel":
                return self.exports.cancel(kind, key)
            case "GET", str(), "status":
                return self.exports.status(kind, key)
            case "GET", str(), "file":
                return self.exports.file(kind, key, request.headers)
        raise Refusal("610", f"Requested resource '{path}' not found")

    def _read(self, method: str, path: str, query: Query) -> Record:
        unknown = Refusal("610", f"Requested resource '{path}' not found")
        if method != "GET" or "//" in path or not path.endswith(".json"):
            raise unknown
        parts = path.removesuffix(".json").strip("/").split("/")
        found = None
        if parts[:3] == ["rest", "asset", "v1"]:
            found = self._asset(parts[3:], query)
        elif parts[:2] == ["rest", "v1"]:
            found = self._people(parts[2:], query) or self._rest(parts[2:], query)
        if found is None:
            raise unknown
        return found

    def _people(self, parts: list[str], query: Query) -> Record | None:
        database = self.database
        match parts:
            case ["leads", "describe"]:
                return leads.describe(database)
            case ["leads", "describe2"]:
                return leads.describe2(database)
            case ["leads"]:
                return leads.by_filter(database, query)
            case ["lead", key]:
                return leads.one(database, key, query)
            case ["lists"]:
                return leads.lists(database, query)
            case ["lists", key]:
                return leads.one_list(database, key)
            case ["lists", key, "leads"] | ["list", key, "leads"]:
                return leads.of_list(database, key, query)
            case ["leads", "programs", key]:
                return leads.of_program(database, key, query)
            case ["opportunities" | "companies" | "salespersons" as name]:
                return leads.keyed(database, name, query)
            case ["opportunities", "roles"]:
                return leads.keyed(database, "roles", query)
            case ["programs", "members", "describe"]:
                return members.describe(database)
            case ["programs", key, "members"]:
                return members.members(database, key, query)
        return None

    def _rest(self, parts: list[str], query: Query) -> Record | None:
        database = self.database
        match parts:
            case ["activities", "types"]:
                return activities.types(database)
            case ["activities", "pagingtoken"]:
                return activities.paging_token(query)
            case ["activities"]:
                return activities.activities(database, query)
            case ["activities", "leadchanges"]:
                return changes.lead_changes(database, query)
            case ["activities", "deletedleads"]:
                return changes.deleted_leads(database, query)
            case ["campaigns"]:
                return assets.campaigns(database, query)
            case ["campaigns", key]:
                return assets.campaign(database, key)
            case ["stats", kind] if kind in ("usage", "errors"):
                return self._statistics(kind, 1)
            case ["stats", kind, "last7days"] if kind in ("usage", "errors"):
                return self._statistics(kind, 7)
        return None

    def _asset(self, parts: list[str], query: Query) -> Record | None:
        database = self.database
        if len(parts) == 1 and assets.is_asset(database, parts[0]):
            return assets.browse(database, parts[0], query)
        stream = _plural(database, parts[0]) if len(parts) == 2 else None
        if stream is None:
            return None
        if parts[1] == "byName":
            return assets.by_name(database, stream, query)
        return assets.by_id(database, stream, parts[1])

    def _statistics(self, kind: str, days: int) -> Record:
        today = self.site.clock.now().astimezone(CENTRAL).date()
        wanted = [(today - timedelta(days=back)).isoformat() for back in range(days)]
        write: Callable[[str], Record] = self._usage_of if kind == "usage" else self._errors_of
        return success([write(day) for day in wanted])

    def _usage_of(self, day: str) -> Record:
        total = self.days[day]
        return {"date": day, "total": total, "users": [{"userId": USER, "count": total}]}

    def _errors_of(self, day: str) -> Record:
        counts = {code: count for (when, code), count in self.errors.items() if when == day}
        errors = [{"errorCode": code, "count": count} for code, count in sorted(counts.items())]
        return {"date": day, "total": sum(counts.values()), "errors": errors}


def _plural(database: Database, stem: str) -> str | None:
    return next((name for name in (f"{stem}s", stem) if assets.is_asset(database, name)), None)


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal("609", "Invalid JSON") from error
