"""Sessions: OAuth tokens and the SOAP login, and which token may ask.

A session lasts two hours of simulated time after its last use, as an org's default time-out does. The connected app's
client id and secret are the only credentials; the SOAP login takes them as user name and password.
"""

import base64
import binascii
import hashlib
import re
from datetime import datetime, timedelta
from html import unescape
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from mpm_pipeline.simulator.salesforce.errors import SESSION_INVALID, Refused
from mpm_pipeline.simulator.site import JsonAnswer, Site

SESSION_LIFE: Final = timedelta(hours=2)
ORG_ID: Final = "00D000000000001EAA"
USER_ID: Final = "005000000000000AAA"

_SOAP = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
)
_SOAP_LOGIN = (
    _SOAP + ' xmlns="urn:partner.soap.sforce.com"><soapenv:Body><loginResponse><result><passwordExpired>false'
    "</passwordExpired><serverUrl>{url}</serverUrl><sessionId>{token}</sessionId><userId>{user}</userId><userInfo>"
    "<organizationId>{org}</organizationId><sessionSecondsValid>{seconds}</sessionSecondsValid></userInfo></result>"
    "</loginResponse></soapenv:Body></soapenv:Envelope>"
)
_SOAP_FAULT = (
    _SOAP + ' xmlns:sf="urn:fault.partner.soap.sforce.com"><soapenv:Body><soapenv:Fault><faultcode>sf:INVALID_LOGIN'
    "</faultcode><faultstring>INVALID_LOGIN: {reason}</faultstring><detail><sf:LoginFault><sf:exceptionCode>"
    "INVALID_LOGIN</sf:exceptionCode><sf:exceptionMessage>{reason}</sf:exceptionMessage></sf:LoginFault></detail>"
    "</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
)
_SOAP_REFUSAL = "Invalid username, password, security token; or user locked out."


class Sessions:
    """The sessions that were opened with this org."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._last_used: dict[str, datetime] = {}

    def open(self) -> str:
        """Open a session and return its token."""
        number = len(self._last_used) + 1
        digest = hashlib.blake2s(f"{self._site.credentials['client_secret']} {number}".encode()).hexdigest()
        token = f"{ORG_ID[:15]}!{digest}"
        self._last_used[token] = self._site.clock.now()
        return token

    def require(self, request: Request) -> None:
        """Refuse a request whose session is unknown or has timed out."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        last_used = self._last_used.get(token.strip()) if scheme.lower() in ("bearer", "oauth") else None
        now = self._site.clock.now()
        if last_used is None or now - last_used > SESSION_LIFE:
            code, message = SESSION_INVALID
            raise Refused(401, code, message)
        self._last_used[token.strip()] = now

    async def token(self, request: Request) -> Response:
        """Answer `/services/oauth2/token`."""
        form = {**request.query_params, **dict(parse_qsl((await request.body()).decode("utf-8", "replace")))}
        client_id, client_secret = _client(request, form)
        wanted = self._site.credentials
        grant = form.get("grant_type")
        if grant not in ("client_credentials", "password"):
            return _oauth_refusal("unsupported_grant_type", "grant type not supported")
        if client_id != wanted["client_id"]:
            return _oauth_refusal("invalid_client_id", "client identifier invalid")
        if client_secret != wanted["client_secret"]:
            return _oauth_refusal("invalid_client", "invalid client credentials")
        if grant == "password" and not (form.get("username") and form.get("password")):
            return _oauth_refusal("invalid_grant", "authentication failure")
        issued_at = str(int(self._site.clock.now().timestamp() * 1000))
        instance = instance_url(request)
        signature = hashlib.sha256(f"{instance} {issued_at}".encode()).digest()
        return JsonAnswer(
            {
                "access_token": self.open(),
                "signature": base64.b64encode(signature).decode(),
                "scope": "api",
                "instance_url": instance,
                "id": f"{instance}/id/{ORG_ID}/{USER_ID}",
                "token_type": "Bearer",
                "issued_at": issued_at,
            },
            headers={"cache-control": "no-store"},
        )

    async def soap_login(self, request: Request) -> Response:
        """Answer the SOAP login, which older clients start with."""
        body = (await request.body()).decode("utf-8", "replace")
        name, password = (_element(body, element) for element in ("username", "password"))
        wanted = self._site.credentials
        if name != wanted["client_id"] or password != wanted["client_secret"]:
            return Response(_SOAP_FAULT.format(reason=_SOAP_REFUSAL), 500, media_type="text/xml")
        url = f"{instance_url(request)}/services/Soap/u/{request.path_params['version']}/{ORG_ID[:15]}"
        answer = _SOAP_LOGIN.format(
            url=url, token=self.open(), user=USER_ID, org=ORG_ID, seconds=int(SESSION_LIFE.total_seconds())
        )
        return Response(answer, media_type="text/xml")


def instance_url(request: Request) -> str:
    """Return the base URL as the client itself named it, so that links lead back through any proxy between."""
    return f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}"


def _client(request: Request, form: dict[str, str]) -> tuple[str | None, str | None]:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None, None
        return name, secret
    return form.get("client_id"), form.get("client_secret")


def _oauth_refusal(error: str, description: str) -> JsonAnswer:
    return JsonAnswer({"error": error, "error_description": description}, 400)


def _element(body: str, name: str) -> str | None:
    match = re.search(rf"<(?:\w+:)?{name}>(.*?)</(?:\w+:)?{name}>", body, re.DOTALL)
    return unescape(match[1]) if match else None
