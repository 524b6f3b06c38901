"""Salesforce's REST API over a world: OAuth, query and queryAll, describe, records, deleted and updated ids, limits.

Routes, versions, quota and the array errors live here; the rest of the vendor is in the modules beside. The Bulk
API is not served. Paths with a leading `<domain>.salesforce.com` are taken too, since the official client glues
that to any host.
"""

import re
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mpm_pipeline.simulator.salesforce.auth import Sessions
from mpm_pipeline.simulator.salesforce.changes import deleted_ids, updated_ids
from mpm_pipeline.simulator.salesforce.columns import attributes
from mpm_pipeline.simulator.salesforce.describe import global_describe, object_describe, object_summary
from mpm_pipeline.simulator.salesforce.errors import FAULT_ANSWERS, OVER_QUOTA, Refused, not_found
from mpm_pipeline.simulator.salesforce.org import Org, SObject
from mpm_pipeline.simulator.salesforce.query import QueryEngine
from mpm_pipeline.simulator.site import JsonAnswer, Site

__all__ = ["FAULT_ANSWERS", "app"]

FIRST_VERSION: Final = 50
LAST_VERSION: Final = 68
DAILY_REQUESTS: Final = 100_000
"""Default of the quota `daily_requests`, counted over a rolling day of simulated time."""
MAX_URI: Final = 16_384
_PAGE: Final = range(200, 2001)
_SEASONS: Final = ("Spring", "Summer", "Winter")
_GLUED_DOMAIN = re.compile(r"^/[^/]*\.salesforce\.com(?=/services/)")

Handler = Callable[[Request, str], Awaitable[Any]]


def app(site: Site) -> ASGIApp:
    """Return the vendor's app."""
    return _Salesforce(site).app()


class _Salesforce:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._org = Org(site)
        self._engine = QueryEngine(self._org)
        self._sessions = Sessions(site)
        self._calls: deque[datetime] = deque()

    def app(self) -> ASGIApp:
        """Return the ASGI app."""
        data = "/services/data/{version}"
        handlers: list[tuple[str, Handler]] = [
            ("", self._resources),
            ("/query", self._query),
            ("/queryAll", self._query_all),
            ("/query/{locator}", self._more),
            ("/queryAll/{locator}", self._more),
            ("/limits", self._limits),
            ("/sobjects", self._sobjects),
            ("/sobjects/{name}", self._sobject),
            ("/sobjects/{name}/describe", self._describe),
            ("/sobjects/{name}/deleted", self._deleted),
            ("/sobjects/{name}/updated", self._updated),
            ("/sobjects/{name}/{record_id}", self._record),
        ]
        routes = [
            Route("/services/oauth2/token", self._sessions.token, methods=["POST"]),
            Route("/services/Soap/u/{version}", self._sessions.soap_login, methods=["POST"]),
            Route("/services/data", self._versions),
        ]
        for path, handler in handlers:
            routes += [Route(data + path + slash, self._guarded(handler)) for slash in ("", "/")]
        served = Starlette(routes=routes, exception_handlers={HTTPException: _unrouted})
        served.router.redirect_slashes = False
        return _unglued(served)

    def _guarded(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """Wrap a handler in what every REST call meets: URI length, session, version, quota, the limit header."""

        async def guarded(request: Request) -> Response:
            try:
                _require_short_uri(request)
                self._sessions.require(request)
                self._count()
                base = _version_base(request)
                answer = await handler(request, base)
            except Refused as refused:
                return refused.answer(self._usage())
            return JsonAnswer(answer, headers=self._usage())

        return guarded

    def _quota(self) -> int:
        return self._site.limits.get("daily_requests", DAILY_REQUESTS)

    def _count(self) -> None:
        now = self._site.clock.now()
        while self._calls and (now - self._calls[0] >= timedelta(days=1) or self._calls[0] > now):
            self._calls.popleft()
        if len(self._calls) >= self._quota():
            raise Refused(403, *OVER_QUOTA)
        self._calls.append(now)

    def _usage(self) -> dict[str, str]:
        return {"Sforce-Limit-Info": f"api-usage={len(self._calls)}/{self._quota()}"}

    async def _versions(self, request: Request) -> Response:
        return JsonAnswer([_version(number) for number in range(FIRST_VERSION, LAST_VERSION + 1)])

    async def _resources(self, request: Request, base: str) -> Any:
        return {name: f"{base}/{name}" for name in ("sobjects", "query", "queryAll", "limits")}

    async def _query(self, request: Request, base: str) -> Any:
        return self._first_page(request, base, deleted_too=False)

    async def _query_all(self, request: Request, base: str) -> Any:
        return self._first_page(request, base, deleted_too=True)

    def _first_page(self, request: Request, base: str, deleted_too: bool) -> Any:
        text = request.query_params.get("q")
        if not text:
            raise Refused(400, "MALFORMED_QUERY", "A query string has to be specified")
        return self._engine.first_page(text, deleted_too, _page_size(request), base)

    async def _more(self, request: Request, base: str) -> Any:
        return self._engine.next_page(request.path_params["locator"], base)

    async def _limits(self, request: Request, base: str) -> Any:
        remaining = max(0, self._quota() - len(self._calls))
        return {
            "DailyApiRequests": {"Max": self._quota(), "Remaining": remaining},
            "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000},
            "DailyBulkV2QueryFileStorageMB": {"Max": 976_562, "Remaining": 976_562},
        }

    async def _sobjects(self, request: Request, base: str) -> Any:
        return global_describe(self._org, base)

    async def _sobject(self, request: Request, base: str) -> Any:
        return {"objectDescribe": object_summary(self._named(request).name, base), "recentItems": []}

    async def _describe(self, request: Request, base: str) -> Any:
        return object_describe(self._org, self._named(request), base)

    async def _deleted(self, request: Request, base: str) -> Any:
        return deleted_ids(self._named(request), request.query_params, self._site.clock.now())

    async def _updated(self, request: Request, base: str) -> Any:
        return updated_ids(self._named(request), request.query_params, self._site.clock.now())

    async def _record(self, request: Request, base: str) -> Any:
        sobject, record_id = self._named(request), request.path_params["record_id"]
        row = sobject.by_id(record_id)
        if row is None:
            raise not_found(f"Provided external ID field does not exist or is not accessible: {record_id}")
        if row.deleted_at:
            raise Refused(404, "ENTITY_IS_DELETED", "entity is deleted")
        asked = [name for name in request.query_params.get("fields", "").split(",") if name]
        names = [sobject.field(name) for name in asked] or list(sobject.types)
        if None in names:
            unknown = asked[names.index(None)]
            raise Refused(400, "INVALID_FIELD", f"No such column '{unknown}' on sobject of type {sobject.name}")
        values = {name: row.values.get(name) for name in names if name}
        return {"attributes": attributes(sobject.name, row.id, base), **values}

    def _named(self, request: Request) -> SObject:
        sobject = self._org.sobject(request.path_params["name"])
        if sobject is None:
            raise not_found()
        return sobject


def _version(number: int) -> dict[str, str]:
    """Describe a version: three releases a year, v66.0 being Spring '26."""
    year, season = divmod(number - 66, 3)
    name = f"{_SEASONS[season]} '{26 + year + (season == 2)}"
    return {"label": name, "url": f"/services/data/v{number}.0", "version": f"{number}.0"}


def _version_base(request: Request) -> str:
    version = request.path_params["version"]
    match = re.fullmatch(r"v(\d+)\.0", version)
    if match is None or not FIRST_VERSION <= int(match[1]) <= LAST_VERSION:
        raise not_found()
    return f"/services/data/{version}"


def _page_size(request: Request) -> int:
    match = re.search(r"batchSize\s*=\s*(\d+)", request.headers.get("sforce-query-options", ""), re.IGNORECASE)
    wanted = int(match[1]) if match else _PAGE[-1]
    return min(max(wanted, _PAGE[0]), _PAGE[-1])


def _require_short_uri(request: Request) -> None:
    uri = len(request.scope.get("raw_path") or b"") + len(request.scope["query_string"])
    if uri > MAX_URI:
        raise Refused(414, "URI_TOO_LONG", "The URI is longer than 16384 bytes")
    if uri + sum(len(name) + len(value) for name, value in request.scope["headers"]) > MAX_URI:
        raise Refused(431, "HEADERS_TOO_LONG", "URI and headers are longer than 16384 bytes")


async def _unrouted(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    if status == 405:
        message = f"HTTP Method '{request.method}' not allowed. Allowed are HEAD,GET"
        return Refused(405, "METHOD_NOT_ALLOWED", message).answer()
    return not_found().answer()


def _unglued(served: ASGIApp) -> ASGIApp:
    async def unglued(scope: Scope, receive: Receive, send: Send) -> None:
        path = _GLUED_DOMAIN.sub("", scope["path"])
        await served(scope if path == scope["path"] else {**scope, "path": path}, receive, send)

    return unglued
