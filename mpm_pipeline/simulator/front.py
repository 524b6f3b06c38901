"""What stands before every vendor's app: the simulated `Date`, the log of requests, and the faults.

One ASGI app serves all ports; the port a request came in on says whose it is. Protocols are the vendors' modules'.
"""

import asyncio
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mpm_pipeline.simulator.faults import Fault, FaultPlan, canned_answer, without_rows
from mpm_pipeline.simulator.instants import iso_z
from mpm_pipeline.simulator.site import Clock, FaultAnswer, Site

_SECRET = re.compile(r"(?i)\b(access_token|client_secret|refresh_token|password|assertion|code|sid)=[^&]*")


@dataclass
class Tenant:
    """One vendor behind the front: its site, its app and its words for faults."""

    site: Site
    app: ASGIApp
    fault_answers: Mapping[str, FaultAnswer] = field(default_factory=dict)


class Front:
    """The ASGI app of all ports: `tenants` by port, everything else is the control app's."""

    def __init__(self, clock: Clock, faults: FaultPlan, tenants: Mapping[int, Tenant], control: ASGIApp) -> None:
        self._clock = clock
        self._faults = faults
        self._tenants = tenants
        self._control = control
        self._numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        dated = self._dated(send)
        tenant = self._tenants.get(scope["server"][1])
        if tenant is None:
            await self._control(scope, receive, dated)
            return
        entry = self._entry(tenant.site, scope)

        async def logged(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
            await dated(message)

        await self._answer(tenant, entry, scope, receive, logged, send)

    async def _answer(
        self, tenant: Tenant, entry: dict[str, Any], scope: Scope, receive: Receive, send: Send, wire: Send
    ) -> None:
        app = tenant.app
        for fault in self._faults.meet(tenant.site.vendor, scope["path"]):
            entry["fault"] = fault.kind
            if fault.kind == "delay":
                await asyncio.sleep(fault.seconds)
            elif fault.kind == "close":
                await _drop(receive, wire)
                return
            elif fault.kind == "empty_page":
                app = _Emptied(app)
            else:
                app = _Canned(fault, tenant.fault_answers)
                break
        await app(scope, receive, send)

    def _entry(self, site: Site, scope: Scope) -> dict[str, Any]:
        entry = {
            "number": next(self._numbers),
            "source": site.vendor,
            "at": iso_z(self._clock.now()),
            "scheme": scope["scheme"],
            "method": scope["method"],
            "path": scope["path"],
            "query": _SECRET.sub(r"\1=***", scope["query_string"].decode("latin-1")),
            "status": None,
            "fault": None,
        }
        site.requests.append(entry)
        return entry

    def _dated(self, send: Send) -> Send:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(self._clock.now(), usegmt=True).encode()
                headers = [pair for pair in message.get("headers", []) if pair[0].lower() != b"date"]
                message = {**message, "headers": [*headers, (b"date", date)]}
            await send(message)

        return dated


class _Canned:
    def __init__(self, fault: Fault, answers: Mapping[str, FaultAnswer]) -> None:
        self._response = canned_answer(fault, answers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._response(scope, receive, send)


class _Emptied:
    """Lets the app answer and takes the rows out of its page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        body = bytearray()

        async def held(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    emptied = without_rows(bytes(body))
                    kept = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
                    await send({**start, "headers": [*kept, (b"content-length", str(len(emptied)).encode())]})
                    await send({"type": "http.response.body", "body": emptied})

        await self._app(scope, receive, held)


async def _drop(receive: Receive, wire: Send) -> None:
    """Cut the connection without an answer (uvicorn's `send` is a method of the cycle that owns the transport)."""
    cycle: Any = getattr(wire, "__self__", None)
    cycle.transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
