"""What is worked out once for each position of the clock: indexes, orders, derived records of a vendor.

Vendors answer thousands of calls between two moves of the clock; everything that depends on the world and the clock
alone is built at the first call and thrown away when the clock moves. Any thread may ask.
"""

import threading
from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Any, TypeVar

from mpm_pipeline.simulator.site import Clock

T = TypeVar("T")


class Clocked:
    """A cache that forgets everything when its clock moves."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._at: datetime | None = None
        self._kept: dict[Hashable, Any] = {}
        self._lock = threading.RLock()

    def once(self, key: Hashable, build: Callable[[], T]) -> T:
        """Return what was built under this key since the clock last moved, building it if need be."""
        with self._lock:
            now = self._clock.now()
            if now != self._at:
                self._kept, self._at = {}, now
            if key not in self._kept:
                self._kept[key] = build()
            found: T = self._kept[key]
            return found
