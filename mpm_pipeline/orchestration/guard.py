"""A guard in front of Dagster's web server, which has no login, runs mutations over GET and looks at neither Host nor Origin.

Without it any web page that a person opens could start runs on the loopback address. Only loopback names are served (a foreign
Host is a rebinding attack: 421), only pages of this very server may call it (403), and a GET changes nothing (403). Where a
token is set, who does not show it gets nothing (401, `entry.py`).
"""

from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mpm_pipeline.orchestration.entry import Token

LOOPBACK = ("127.0.0.1", "localhost", "::1")
GRAPHQL = "/graphql"
OWN_SITES = ("same-origin", "none")
JSON_KINDS = ("application/json", "application/graphql")


class Guard:
    """ASGI app around another: answers what is refused itself, hands everything else on."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str] = LOOPBACK, token: str = "") -> None:
        self.app = app
        self.hosts = frozenset(hosts)
        self.token = Token(token) if token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = self.refusal(scope)
        if refusal is None and self.token is not None and not self.token.is_shown(scope):
            if scope["type"] == "http":
                await self.token.answer(scope)(scope, receive, _unframed(send))
                return
            refusal = HTTPStatus.UNAUTHORIZED, "this server asks for its token"
        if refusal is None:
            await self.app(scope, receive, _unframed(send))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": refusal[1]})
        else:
            await PlainTextResponse(refusal[1] + "\n", status_code=refusal[0])(scope, receive, send)

    def refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Return status and words of a refusal, None for a request that may pass."""
        headers = Headers(scope=scope)
        if _name(headers.get("host", "")) not in self.hosts:
            return HTTPStatus.MISDIRECTED_REQUEST, "this server answers for loopback names only"
        if _is_foreign(scope, headers):
            return HTTPStatus.FORBIDDEN, "a page of another site may not call this server"
        if scope["type"] == "http" and scope["path"].rstrip("/").endswith(GRAPHQL):
            return _graphql_refusal(scope, headers)
        return None


def _graphql_refusal(scope: Scope, headers: Headers) -> tuple[int, str] | None:
    query = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("query", [])
    if scope["method"] == "POST":
        kind = headers.get("content-type", "").split(";")[0].strip().lower()
        if kind not in JSON_KINDS:
            return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send GraphQL as {JSON_KINDS[0]}"
        return None
    if not all(_only_reads(text) for text in query):
        return HTTPStatus.FORBIDDEN, "a GET may only read; send mutations by POST"
    return None


def _only_reads(query: str) -> bool:
    """Say whether a GraphQL document holds queries alone; what cannot be parsed is not trusted."""
    try:
        document = parse(query)
    except (GraphQLError, RecursionError):
        return False
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    return all(node.operation is OperationType.QUERY for node in operations)


def _is_foreign(scope: Scope, headers: Headers) -> bool:
    """Say whether a browser sends this for a page of another site; following a link to a page here is no harm."""
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
        return True
    site = headers.get("sec-fetch-site", "none").lower()
    if site in OWN_SITES:
        return False
    is_link = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    is_page = scope["type"] == "http" and scope["method"] == "GET" and not scope["path"].rstrip("/").endswith(GRAPHQL)
    return not (is_link and is_page)


def _name(host: str) -> str:
    """Return the name in a Host header without its port, brackets and final dot."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def _unframed(send: Send) -> Send:
    """Forbid other sites to show our pages in a frame, where clicks could be stolen."""

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["X-Frame-Options"] = "DENY"
        await send(message)

    return wrapped
