"""The control port: what a test or a person steers the simulator by, as JSON over HTTP on loopback.

`GET /state`; `PUT /clock` {"now": "..."} or {"advance": "1d"}; `PUT`, `GET`, `DELETE /faults`; `GET`, `DELETE
/requests` (`?source=`); `PUT /limits` {"source": {"name": n}} for quotas that a vendor's module knows. A wrong
request is answered with 400 and words that say what is allowed.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mpm_pipeline.simulator.faults import FaultPlan
from mpm_pipeline.simulator.instants import iso_z, parse_duration, parse_instant
from mpm_pipeline.simulator.site import Clock, JsonAnswer, Site

ENDPOINTS = "GET /state, PUT /clock, GET|PUT|DELETE /faults, GET|DELETE /requests, PUT /limits"


class Control:
    """The endpoints over one simulator's clock, faults and sites."""

    def __init__(
        self, state: Callable[[], dict[str, Any]], clock: Clock, faults: FaultPlan, sites: Mapping[str, Site]
    ) -> None:
        self._state = state
        self._clock = clock
        self._faults = faults
        self._sites = sites

    def app(self) -> Starlette:
        """Return the ASGI app."""
        return Starlette(
            routes=[
                Route("/state", self.state),
                Route("/clock", self.clock, methods=["GET", "PUT", "POST"]),
                Route("/faults", self.faults, methods=["GET", "PUT", "POST", "DELETE"]),
                Route("/requests", self.requests, methods=["GET", "DELETE"]),
                Route("/limits", self.limits, methods=["GET", "PUT", "POST"]),
            ],
            exception_handlers={404: _unknown, 405: _unknown, ValueError: _refused},
        )

    async def state(self, request: Request) -> Response:
        """Say what the clock shows and where each vendor is."""
        return JsonAnswer(self._state())

    async def clock(self, request: Request) -> Response:
        """Set or advance the clock."""
        if request.method != "GET":
            move_clock(self._clock, await _json(request))
        return JsonAnswer({"now": iso_z(self._clock.now())})

    async def faults(self, request: Request) -> Response:
        """Show, replace or remove the faults."""
        if request.method == "DELETE":
            self._faults.clear()
        elif request.method != "GET":
            self._faults.replace(await _json(request))
        return JsonAnswer({"faults": self._faults.described()})

    async def requests(self, request: Request) -> Response:
        """List what was asked, in order, of all sources or of one."""
        wanted = request.query_params.get("source")
        sites = [site for name, site in self._sites.items() if wanted in (None, name)]
        if request.method == "DELETE":
            for site in sites:
                site.requests.clear()
        asked = [entry for site in sites for entry in site.requests]
        return JsonAnswer(sorted(asked, key=lambda entry: entry["number"]))

    async def limits(self, request: Request) -> Response:
        """Set quotas of the vendors."""
        if request.method != "GET":
            wanted = await _json(request)
            try:
                limits = msgspec.convert(wanted, dict[str, dict[str, int]])
            except msgspec.ValidationError as error:
                raise ValueError(f'{error}; write {{"source": {{"name": number}}}}') from error
            for name in limits:
                if name not in self._sites:
                    raise ValueError(f"unknown source {name!r}; allowed: {', '.join(self._sites)}")
            for name, values in limits.items():
                self._sites[name].limits.update(values)
        return JsonAnswer({name: site.limits for name, site in self._sites.items()})


def move_clock(clock: Clock, wanted: object) -> None:
    """Set or advance the clock as the control port is asked to; ValueError says what is allowed."""
    allowed = 'write {"now": "2026-03-01T00:00:00Z"} or {"advance": "1d"}'
    if not isinstance(wanted, dict) or len(wanted) != 1 or not {"now", "advance"} & set(wanted):
        raise ValueError(allowed)
    if "advance" in wanted:
        clock.advance(parse_duration(str(wanted["advance"])))
        return
    instant = parse_instant(wanted["now"]) if isinstance(wanted["now"], str) else None
    if instant is None:
        raise ValueError(f"{wanted['now']!r} is no instant; {allowed}")
    clock.set(instant)


async def _json(request: Request) -> object:
    try:
        return msgspec.json.decode(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError("the body is no JSON") from error


async def _unknown(request: Request, error: Exception) -> Response:
    return JsonAnswer(
        {"error": f"no such endpoint: {request.method} {request.url.path}; there are {ENDPOINTS}"},
        getattr(error, "status_code", 404),
    )


async def _refused(request: Request, error: Exception) -> Response:
    return JsonAnswer({"error": str(error)}, 400)
