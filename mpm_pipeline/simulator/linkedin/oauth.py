"""LinkedIn's tokens: the stated one, those got by the refresh token, introspection, and the 401 answers.

Access tokens live 60 days of the simulated clock, the refresh token 365 days from the first consent (the simulator's
start), however often it is used. The access token that the simulator states is always good.
"""

import hashlib
from datetime import datetime, timedelta

from starlette.responses import Response

from mpm_pipeline.simulator.linkedin.restli import LinkedInError
from mpm_pipeline.simulator.site import JsonAnswer, Site

ACCESS_LIFE = timedelta(days=60)
REFRESH_LIFE = timedelta(days=365)
SCOPES = "r_ads,r_ads_reporting,r_organization_social,rw_organization_admin,r_marketing_leadgen_automation"


class Tokens:
    """What the authorisation server has given out."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.consent = site.clock.now()
        self.given: dict[str, datetime] = {}

    def authorise(self, header: str) -> None:
        """Refuse a call without a good token, in the vendor's words."""
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise LinkedInError(401, "Empty oauth2 access token", code="EMPTY_ACCESS_TOKEN", service=65604)
        token = token.strip()
        if token == self.site.credentials["access_token"]:
            return
        given = self.given.get(token)
        if given is None:
            raise LinkedInError(401, "Invalid access token", service=65600)
        if self.site.clock.now() >= given + ACCESS_LIFE:
            message = "The token used in the request has expired"
            raise LinkedInError(401, message, code="EXPIRED_ACCESS_TOKEN", service=65602)

    def answer(self, path: str, method: str, form: dict[str, str]) -> Response:
        """Answer `accessToken` and `introspectToken`."""
        if method != "POST":
            return _refusal(405, "invalid_request", "The method must be POST")
        known = all(form.get(name) == self.site.credentials[name] for name in ("client_id", "client_secret"))
        if not known:
            return _refusal(401, "invalid_client", "Client authentication failed")
        if path == "/oauth/v2/introspectToken":
            return self._introspect(form.get("token", ""))
        if path != "/oauth/v2/accessToken":
            return _refusal(404, "not_found", "No such resource")
        if form.get("grant_type") != "refresh_token":
            return _refusal(400, "unsupported_grant_type", "The grant type must be refresh_token")
        left = self.consent + REFRESH_LIFE - self.site.clock.now()
        if form.get("refresh_token") != self.site.credentials["refresh_token"] or left <= timedelta(0):
            return _refusal(400, "invalid_grant", "Token has been expired or revoked.")
        return self._grant(left)

    def _grant(self, left: timedelta) -> Response:
        digest = hashlib.sha256(f"{self.site.credentials['refresh_token']} {len(self.given)}".encode()).hexdigest()
        token = f"AQX{digest}"
        self.given[token] = self.site.clock.now()
        body = {
            "access_token": token,
            "expires_in": int(ACCESS_LIFE.total_seconds()),
            "refresh_token": self.site.credentials["refresh_token"],
            "refresh_token_expires_in": int(left.total_seconds()),
            "scope": SCOPES,
        }
        return JsonAnswer(body)

    def _introspect(self, token: str) -> Response:
        stated = token == self.site.credentials["access_token"]
        given = self.consent if stated else self.given.get(token)
        if given is None:
            return JsonAnswer({"active": False})
        expires = given + ACCESS_LIFE
        active = stated or self.site.clock.now() < expires
        body = {
            "active": active,
            "status": "active" if active else "expired",
            "client_id": self.site.credentials["client_id"],
            "created_at": int(given.timestamp()),
            "authorized_at": int(given.timestamp()),
            "expires_at": int(expires.timestamp()),
            "scope": SCOPES,
        }
        return JsonAnswer(body)


def _refusal(status: int, error: str, description: str) -> Response:
    return JsonAnswer({"error": error, "error_description": description}, status)
