"""Marketo's identity service: one token per custom service, re-issued unchanged until it expires.

The only endpoint with a real 401. Everything else says 600 (none), 601 (unknown) or 602 (expired) inside HTTP 200.
"""

import hashlib
from datetime import datetime, timedelta

from starlette.responses import Response

from mpm_pipeline.simulator.marketo.answers import Query, Refusal
from mpm_pipeline.simulator.site import JsonAnswer, Site

LIFE = timedelta(seconds=3600)
USER = "api@simulator.example"


class Tokens:
    """The tokens that were given out; they live an hour of the simulated clock."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.given: dict[str, datetime] = {}
        self.newest = ""

    def answer(self, query: Query) -> Response:
        """Answer `/identity/oauth/token`."""
        kind = query.values.get("grant_type", [""])[-1]
        if kind != "client_credentials":
            return _refusal(400, "unsupported_grant_type", f"Unsupported grant type: {kind}")
        sent = {name: query.values.get(name, [""])[-1] for name in ("client_id", "client_secret")}
        if sent["client_id"] != self.site.credentials["client_id"]:
            return _refusal(401, "unauthorized", "No client with the requested id")
        if sent["client_secret"] != self.site.credentials["client_secret"]:
            return _refusal(401, "unauthorized", "Bad client credentials")
        now = self.site.clock.now()
        if not self.newest or self._left(self.newest, now) <= timedelta(0):
            number = f"{self.site.credentials['client_secret']} {len(self.given)}"
            digest = hashlib.sha256(number.encode()).hexdigest()
            self.newest = f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}:sim"
            self.given[self.newest] = now
        left = int(self._left(self.newest, now).total_seconds())
        body = {"access_token": self.newest, "token_type": "bearer", "expires_in": left, "scope": USER}
        return JsonAnswer(body)

    def authorise(self, header: str, query: Query) -> None:
        """Refuse a call without a good token; the parameter `access_token` was taken away in August 2026."""
        scheme, _, token = header.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token or "access_token" in query.values:
            raise Refusal("600", "Empty access token")
        if token not in self.given:
            raise Refusal("601", "Access token invalid")
        if self._left(token, self.site.clock.now()) <= timedelta(0):
            raise Refusal("602", "Access token expired")

    def _left(self, token: str, now: datetime) -> timedelta:
        return self.given[token] + LIFE - timedelta(seconds=1) - now if token in self.given else timedelta(0)


def _refusal(status: int, error: str, description: str) -> Response:
    return JsonAnswer({"error": error, "error_description": description}, status)
