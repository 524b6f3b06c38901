"""Small worlds made by hand for the simulator's tests: a folder from plain Python values."""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from mpm_pipeline.simulator.site import Clock, Site
from mpm_pipeline.simulator.world import load_world

NOW = "2026-06-01T00:00:00Z"


def version(record: dict[str, Any], **envelope: Any) -> dict[str, Any]:
    """One line of a world."""
    return {"record": record, **envelope}


def write_world(root: Path, streams: dict[str, Iterable[Any]] | None = None, **card: Any) -> Path:
    """Write a world; a stream's lines are versions, or bare records, or text that is written as it is."""
    root.mkdir(parents=True, exist_ok=True)
    card = {"name": "hand-made", "starts_at": "2026-01-01T00:00:00Z", "now": NOW} | card
    (root / "world.toml").write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in card.items()))
    for name, lines in (streams or {}).items():
        path = root / f"{name}.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(_line(line) + "\n" for line in lines), encoding="utf-8")
    return root


def site(root: Path, vendor: str = "salesforce", now: datetime | None = None) -> Site:
    """A vendor's site over a world, without sockets."""
    world = load_world(root)
    return Site(world, vendor, Clock(now or world.now), {"client_id": "id", "client_secret": "secret"})


def _line(line: Any) -> str:
    if isinstance(line, str):
        return line
    return json.dumps(line if "record" in line else {"record": line})
