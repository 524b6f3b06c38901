"""LinkedIn on a loopback socket: tokens, version header and its sunset, query tunnelling, routes, error envelopes.

What is answered is in ads.py, analytics.py, organic.py and leads.py; how a query
is read in restli.py. Read-only.
"""

import hashlib
import itertools
import re
from datetime import UTC, datetime
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mpm_pipeline.simulator.linkedin import ads, leads, organic
from mpm_pipeline.simulator.linkedin.analytics import analytics
from mpm_pipeline.simulator.linkedin.oauth import Tokens
from mpm_pipeline.simulator.linkedin.pages import Members, Query, Record
from mpm_pipeline.simulator.linkedin.restli import LinkedInError, invalid, items_of, parse_query
from mpm_pipeline.simulator.site import FaultAnswer, JsonAnswer, Site

RESTLI = "2.0.0"
URI_LIMIT = 8192
THROTTLED = "Resource level throttle limit for calls to this resource is reached."

FAULT_ANSWERS = {
    "rate_limit": FaultAnswer(
        429, {"status": 429, "serviceErrorCode": 101, "code": "TOO_MANY_REQUESTS", "message": THROTTLED}
    ),
    "unavailable": FaultAnswer(503, {"status": 503, "serviceErrorCode": 0, "message": "Service Unavailable"}),
    "unauthorized": FaultAnswer(
        401,
        {
            "status": 401,
            "serviceErrorCode": 65602,
            "code": "EXPIRED_ACCESS_TOKEN",
            "message": "The token used in the request has expired",
        },
    ),
    "error_200": FaultAnswer(200, {"status": 500, "serviceErrorCode": 0, "message": "Internal Server Error"}),
}
"""LinkedIn's own words for the faults that the control port can set."""


def app(site: Site) -> Starlette:
    """Build the ASGI app that answers as LinkedIn does to the world's token."""
    vendor = _LinkedIn(site)
    methods = ["GET", "POST", "PUT", "DELETE", "PATCH"]
    return Starlette(routes=[Route("/{path:path}", vendor.answer, methods=methods)])


def is_active(version: str, now: datetime) -> bool:
    """Say whether a version of the form YYYYMM is supported: from its month to the middle of that month a year on."""
    if not re.fullmatch(r"\d{4}(0[1-9]|1[0-2])", version):
        return False
    year, month = int(version[:4]), int(version[4:])
    return datetime(year, month, 1, tzinfo=UTC) <= now < datetime(year + 1, month, 16, tzinfo=UTC)


class _LinkedIn:
    def __init__(self, site: Site) -> None:
        self.site = site
        self.tokens = Tokens(site)
        self.members = Members(site)
        self.numbers = itertools.count(1)
        self.calls: dict[tuple[str, str], int] = {}

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        path = request.url.path
        if path.startswith("/oauth/v2/"):
            form = parse_qs((await request.body()).decode("utf-8", "replace"))
            return self.tokens.answer(path, request.method, {name: values[-1] for name, values in form.items()})
        body, status = await self._guarded(request, path)
        trace = hashlib.sha256(str(next(self.numbers)).encode()).hexdigest()
        headers = {"x-li-uuid": trace[:32], "x-li-fabric": "prod-sim", "x-li-request-id": trace[32:48]}
        return JsonAnswer(body, status, headers)

    async def _guarded(self, request: Request, path: str) -> tuple[Record, int]:
        try:
            self.tokens.authorise(request.headers.get("authorization", ""))
            self._check_headers(request)
            raw = await self._query_text(request)
            parts = path.strip("/").split("/")
            if parts[0] != "rest" or len(parts) < 2:
                raise self._unknown(path)
            self._count(parts[1])
            body = self._route(parts[1:], parse_query(raw))
            if body is None:
                raise self._unknown(path)
        except LinkedInError as error:
            return error.body, error.status
        return body, 200

    def _check_headers(self, request: Request) -> None:
        version = request.headers.get("linkedin-version")
        if not version:
            message = "A version must be present. Please specify a version by adding the LinkedIn-Version header."
            raise LinkedInError(400, message, code="VERSION_MISSING")
        if not is_active(version, self.site.clock.now()):
            shown = f"{version}01" if len(version) == 6 else version
            message = f"Requested version {shown} is not active"
            raise LinkedInError(426, message, code="NONEXISTENT_VERSION")
        if request.headers.get("x-restli-protocol-version") != RESTLI:
            raise invalid(f"The header X-Restli-Protocol-Version must be {RESTLI}")

    async def _query_text(self, request: Request) -> str:
        raw = request.scope["query_string"].decode("latin-1")
        if request.method == "GET":
            if len(raw) + len(request.url.path) > URI_LIMIT:
                raise LinkedInError(414, "Request-URI Too Long")
            return raw
        override = request.headers.get("x-http-method-override", "").upper()
        if request.method != "POST" or override != "GET":
            raise LinkedInError(405, f"Method {request.method} is not allowed for this resource")
        if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            raise LinkedInError(415, "A tunnelled query must be application/x-www-form-urlencoded")
        return "&".join(filter(None, [raw, (await request.body()).decode("latin-1").strip()]))

    def _count(self, resource: str) -> None:
        limit = self.site.limits.get("daily_calls")
        key = (resource, self.site.clock.now().date().isoformat())
        self.calls[key] = self.calls.get(key, 0) + 1
        if limit is not None and self.calls[key] > limit:
            raise LinkedInError(429, THROTTLED, code="TOO_MANY_REQUESTS", service=101)

    @staticmethod
    def _unknown(path: str) -> LinkedInError:
        return LinkedInError(404, f"No virtual resource found for {path}", code="RESOURCE_NOT_FOUND", service=0)

    def _route(self, parts: list[str], query: Query) -> Record | None:
        members = self.members
        match parts:
            case ["adAnalytics"]:
                return analytics(members, query)
            case ["adAccounts"]:
                return ads.accounts(members, query)
            case ["adAccounts", key]:
                return ads.account(members, key)
            case ["adAccounts", key, stream] if stream in ads.UNDER_ACCOUNT:
                return ads.under_account(members, key, stream, query)
            case ["adAccounts", key, stream, child] if stream in ads.UNDER_ACCOUNT:
                return ads.one_under_account(members, key, stream, child)
            case ["adAccountUsers"]:
                return ads.account_users(members, query)
            case ["conversions"]:
                return ads.conversions(members, query)
            case ["leadForms"]:
                return leads.forms(members, query)
            case ["leadFormResponses"]:
                return leads.responses(members, query)
            case ["leadForms" | "leadFormResponses" | "conversions" as stream, key]:
                return leads.one(members, stream, key)
        return self._organic(parts, query)

    def _organic(self, parts: list[str], query: Query) -> Record | None:
        members = self.members
        match parts:
            case ["organizations"] if "ids" in query:
                found = {key: members.get("organizations", key) for key in items_of(query, "ids")}
                return {"results": {key: record for key, record in found.items() if record}, "errors": {}}
            case ["organizations", key]:
                return organic.organization(members, key)
            case ["organizationalEntityAcls" | "organizationAcls" as stream]:
                return organic.roles(members, query, stream)
            case ["networkSizes", urn]:
                return organic.network_size(members, urn, query)
            case [stream] if stream in organic.STATISTICS:
                return organic.statistics(members, stream, query)
            case ["posts"]:
                return organic.posts(members, query)
            case ["posts", urn]:
                return organic.post(members, urn)
            case ["socialActions", urn, "comments"]:
                return organic.comments(members, urn, query)
            case ["socialMetadata", urn]:
                return organic.social_metadata(members, urn)
            case ["reactions", _]:
                return {"paging": {"start": 0, "count": 10, "links": [], "total": 0}, "elements": []}
        return None
