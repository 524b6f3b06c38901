"""What a vendor's app is given: its world, its clock, its credentials, its log, and how to answer.

One `Site` per vendor. `JsonAnswer` is the one way to write JSON here: it writes out values that are held verbatim (see
`verbatim`) and takes dicts and lists as they are. A vendor module exports `app(site)` and may export `FAULT_ANSWERS`
(fault kind -> `FaultAnswer`): the vendor's own words for rate_limit, unavailable, unauthorized and error_200.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from starlette.responses import Response

from mpm_pipeline.simulator.world import Version, World

LOG_LENGTH = 200_000


class FaultAnswer(NamedTuple):
    """A canned answer for a fault: `body` is a dict or list (sent as JSON), text or bytes."""

    status: int
    body: Any
    headers: Mapping[str, str] = {}


class JsonAnswer(Response):
    """A JSON response that keeps values held verbatim as they were written."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Encode the body."""
        return msgspec.json.encode(content)


class Clock:
    """The simulated clock: it stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        """Return the simulated instant, aware and in UTC."""
        return self._now

    def set(self, now: datetime) -> None:
        """Set the clock."""
        self._now = now

    def advance(self, by: timedelta) -> None:
        """Move the clock."""
        self._now += by


@dataclass
class Site:
    """One vendor's place: the base URLs are known once the sockets are bound; `limits` are quotas set from outside."""

    world: World
    vendor: str
    clock: Clock
    credentials: dict[str, str]
    base_url: str = ""
    tls_url: str = ""
    limits: dict[str, int] = field(default_factory=dict)
    requests: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=LOG_LENGTH))

    def visible(self, stream: str) -> list[Version]:
        """Return the versions of one stream that this vendor knows at the clock's time."""
        return self.world.visible(self.vendor, stream, self.clock.now())
