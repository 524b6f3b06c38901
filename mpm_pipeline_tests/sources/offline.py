"""A client that reaches no network: its requests are answered by the test, so that hundreds of them cost nothing."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from mpm_pipeline.sources.client import Client, Limits

QUICK = Limits(budget=0.05, connect_budget=0.02, wait_first=0.01)
Made = httpx.Response | Exception


def made(status: int = 200, body: Any = b"", headers: Mapping[str, str] | None = None) -> httpx.Response:
    """Make an answer as it would come from a socket; a body that is no bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(content))


def client_of(*answers: Made, **options: Any) -> tuple[Client, list[httpx.Request]]:
    """Return a client whose requests are answered in turn (by the last one for ever), and the list of what it asks."""
    client = Client("crm", **{"url": "http://crm.example/api", "limits": QUICK} | options)
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        one = answers[min(len(seen), len(answers)) - 1]
        if isinstance(one, Exception):
            raise one
        return httpx.Response(one.status_code, headers=one.headers, stream=one.stream)

    client._http = httpx.Client(transport=httpx.MockTransport(handle))
    return client, seen
