"""The token of the web pages (setting `ui.token`): whoever does not show it gets nothing, whatever page or socket is asked for.

A browser comes in once by `/?token=...`, is sent on to the address without it, and keeps a cookie that is made from the token and
does not hold it. Programs send `Authorization: Bearer`. Comparing takes the same time wherever two texts differ, and the token
stands in no answer.
"""

import hmac
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import Scope

PARAMETER = "token"
ASK = "this server asks for its token: open /?token=... once in a browser, or send Authorization: Bearer ...\n"
DAYS_KEPT = 30


class Token:
    """What is asked of every request."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._mark = _derived(secret, "mpm ui cookie")
        self._name = f"mpm_ui_{_derived(secret, 'mpm ui cookie name')[:8]}"

    def is_shown(self, scope: Scope) -> bool:
        """Say whether a request bears the token or the cookie that was made from it."""
        headers = Headers(scope=scope)
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and _same(given.strip(), self._secret):
            return True
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(self._name)
        except CookieError:
            return False
        return cookie is not None and _same(cookie.value, self._mark)

    def answer(self, scope: Scope) -> Response:
        """Return what a request without it gets: the way in when it stands in the address of a page, else a refusal."""
        query = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in query if name == PARAMETER]
        if scope["method"] != "GET" or len(given) != 1 or not _same(given[0], self._secret):
            return PlainTextResponse(ASK, HTTPStatus.UNAUTHORIZED, {"WWW-Authenticate": "Bearer"})
        rest = urlencode([(name, value) for name, value in query if name != PARAMETER])
        path = "/" + scope["path"].lstrip("/\\")
        found = RedirectResponse(f"{path}?{rest}" if rest else path, HTTPStatus.SEE_OTHER)
        found.headers["Cache-Control"] = "no-store"
        found.headers["Referrer-Policy"] = "no-referrer"
        found.set_cookie(self._name, self._mark, max_age=DAYS_KEPT * 86_400, httponly=True, samesite="strict", path="/")
        return found


def _derived(secret: str, purpose: str) -> str:
    return hmac.new(secret.encode(), purpose.encode(), "sha256").hexdigest()


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
