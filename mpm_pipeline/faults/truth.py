"""What a destination should hold, read from the world of a fault: what the vendor shows, and what it lost without a word."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mpm_pipeline.faults.verdict import ALIAS, Truth
from mpm_pipeline.simulator.world import Version, World

Wanted = Mapping[str, tuple[str, ...]]
"""The compared fields by stream."""


def shown(world: World, vendor: str, wanted: Wanted, now: datetime) -> Truth:
    """Return the records that the vendor shows at an instant and does not call deleted."""
    found = {stream: [one for one in world.visible(vendor, stream, now) if not one.deleted] for stream in wanted}
    return {stream: {one.key: _cut(one, wanted[stream]) for one in rows} for stream, rows in found.items()}


def gone(world: World, vendor: str, wanted: Wanted, now: datetime) -> Truth:
    """Return the records that vanished without a word, as they were; `key~` where another record has the key now."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for stream, fields in wanted.items():
        there = {one.key for one in world.visible(vendor, stream, now)}
        ended = [one for one in world.versions(vendor, stream) if one.until is not None and one.until <= now]
        found[stream] = {one.key + (ALIAS if one.key in there else ""): _cut(one, fields) for one in ended}
    return found


def _cut(one: Version, fields: tuple[str, ...]) -> dict[str, Any]:
    return {name: one.record.get(name) for name in fields}
