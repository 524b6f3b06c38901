"""Stripe on a loopback socket: keys, versions, routes and error objects of `/v1`.

Read-only: what the account holds comes from the world through objects.py, the list contract lives in
lists.py, events that a world does not bring in events.py. Search is not served.
"""

import base64
import binascii
import hashlib
import itertools
import re
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mpm_pipeline.simulator.site import FaultAnswer, JsonAnswer, Site
from mpm_pipeline.simulator.stripe.events import API_VERSION
from mpm_pipeline.simulator.stripe.lists import PAGING, Params, Rows, StripeError, page
from mpm_pipeline.simulator.stripe.objects import NOUNS, Objects, Record, cut_nested, filter_of

NO_KEY = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth "
    "(e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details."
)
VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?")
LINES = {"invoices", "credit_notes"}

FAULT_ANSWERS = {
    "rate_limit": FaultAnswer(
        429,
        {
            "error": {
                "code": "rate_limit",
                "doc_url": "https://stripe.com/docs/error-codes/rate-limit",
                "message": "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
                "type": "invalid_request_error",
            }
        },
        {"Stripe-Rate-Limited-Reason": "global-rate"},
    ),
    "unavailable": FaultAnswer(
        503, {"error": {"message": "An error occurred internally with the Stripe API.", "type": "api_error"}}
    ),
    "unauthorized": FaultAnswer(
        401, {"error": {"message": "Invalid API Key provided: sk_test_****0000", "type": "invalid_request_error"}}
    ),
    "error_200": FaultAnswer(
        200, {"error": {"message": "An unknown error occurred while processing your request.", "type": "api_error"}}
    ),
}
"""Stripe's own words for the faults that the control port can set."""


def app(site: Site) -> Starlette:
    """Build the ASGI app that answers as the world's Stripe account."""
    account = _Account(site)
    methods = ["GET", "POST", "DELETE", "PUT", "PATCH"]
    return Starlette(routes=[Route("/{path:path}", account.answer, methods=methods)])


def key_of(header: str) -> str:
    """Read the API key out of a Bearer or a Basic header; empty where there is none."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value).decode("ascii").partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def masked(key: str) -> str:
    """Write a refused key as Stripe does: its kind and its last four characters."""
    kind = "_".join(key.split("_")[:2]) + "_" if key.count("_") >= 2 else ""
    return f"{kind}****{key[-4:]}"


class _Account:
    def __init__(self, site: Site) -> None:
        self.site = site
        self.objects = Objects(site)
        self.numbers = itertools.count(1)

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        number = hashlib.sha256(f"{self.site.vendor} {next(self.numbers)}".encode()).hexdigest()[:14]
        headers = {"Request-Id": f"req_{number}", "Stripe-Version": request.headers.get("stripe-version", API_VERSION)}
        try:
            body, status = self._read(request), 200
        except StripeError as error:
            body, status = error.body, error.status
        return JsonAnswer(body, status, headers)

    def _read(self, request: Request) -> Record:
        self._authorise(request)
        version = request.headers.get("stripe-version")
        if version is not None and not VERSION.fullmatch(version):
            raise StripeError(400, f"Invalid Stripe API version: {version}")
        path = request.url.path
        parts = path.strip("/").split("/")
        if request.method != "GET" or parts[0] != "v1" or len(parts) not in (2, 3, 4):
            raise self._unknown(request)
        params = Params(request.url.query)
        found = self._route(parts[1:], params)
        if found is None:
            raise self._unknown(request)
        body, expands = found
        return self.objects.expand(body, expands)

    def _authorise(self, request: Request) -> None:
        header = request.headers.get("authorization", "")
        key = key_of(header)
        if not key:
            raise StripeError(401, NO_KEY)
        if key != self.site.credentials["api_key"]:
            raise StripeError(401, f"Invalid API Key provided: {masked(key)}")

    @staticmethod
    def _unknown(request: Request) -> StripeError:
        where = f"{request.method}: {request.url.path}"
        message = f"Unrecognized request URL ({where}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/."
        return StripeError(404, message)

    def _route(self, parts: list[str], params: Params) -> tuple[Record, list[str]] | None:
        match parts:
            case ["account"]:
                return self._describe(), []
            case ["subscription_items", *rest] if len(rest) < 2:
                return self._items(rest, params), params.all("expand")
            case [stream] if self._is_stream(stream):
                return self._list(stream, params), params.all("expand")
            case [stream, key] if self._is_stream(stream):
                params.refuse_unknown({"expand"})
                return self.objects.get(stream, key), params.all("expand")
            case [stream, key, "lines"] if stream in LINES:
                return self._nested(stream, key, "lines", "line item", params), params.all("expand")
            case ["charges", key, "refunds"]:
                self.objects.get("charges", key)
                return self._refunds(key, params), params.all("expand")
        return None

    def _is_stream(self, name: str) -> bool:
        return name in NOUNS or name in self.site.world.streams(self.site.vendor)

    def _list(self, stream: str, params: Params) -> Record:
        keep = filter_of(stream, params)
        noun = NOUNS.get(stream, stream)
        body = page(self.objects.rows(stream), params, url=f"/v1/{stream}", noun=noun, keep=keep)
        return body | {"data": [cut_nested(stream, record) for record in body["data"]]}

    def _nested(self, stream: str, key: str, name: str, noun: str, params: Params) -> Record:
        params.refuse_unknown(PAGING)
        rows = Rows.of(nested_items(self.objects.whole(stream, key), name))
        return page(rows, params, url=f"/v1/{stream}/{key}/{name}", noun=noun)

    def _refunds(self, charge: str, params: Params) -> Record:
        params.refuse_unknown(PAGING)
        rows = Rows.of([row for row in self.objects.rows("refunds").records if row.get("charge") == charge])
        return page(rows, params, url=f"/v1/charges/{charge}/refunds", noun="refund")

    def _items(self, rest: list[str], params: Params) -> Record:
        if rest:
            subscriptions = self.objects.rows("subscriptions").records
            items = (item for record in subscriptions for item in nested_items(record, "items"))
            found = next((item for item in items if item.get("id") == rest[0]), None)
            if found is None:
                raise StripeError(404, f"No such subscription_item: '{rest[0]}'", code="resource_missing", param="id")
            return found
        params.refuse_unknown(PAGING | {"subscription"})
        key = params.one("subscription")
        if not key:
            raise StripeError(
                400, "Missing required param: subscription.", code="parameter_missing", param="subscription"
            )
        rows = Rows.of(nested_items(self.objects.whole("subscriptions", key), "items"))
        return page(rows, params, url="/v1/subscription_items", noun="subscription_item")

    def _describe(self) -> Record:
        world = self.site.world
        number = hashlib.sha256(world.name.encode()).hexdigest()[:16]
        return {
            "id": f"acct_{number}",
            "object": "account",
            "business_profile": {"name": world.name},
            "charges_enabled": True,
            "default_currency": str(world.currency).lower(),
            "settings": {"dashboard": {"display_name": world.name, "timezone": world.time_zone}},
            "type": "standard",
        }


def nested_items(record: Record, name: str) -> list[dict[str, Any]]:
    """Give the items of a nested list, whole."""
    nested = record.get(name)
    data = nested.get("data") if isinstance(nested, dict) else nested
    return [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []
