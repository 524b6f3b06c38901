"""Small worlds for the simulator's tests: written as folders, served over real sockets.

A record stands for one version without an envelope; `version` adds one. What a test wants to know of a vendor it asks
over HTTP, as a client would.
"""

import json
from pathlib import Path
from typing import Any

Rows = list[dict[str, Any]]


def version(record: dict[str, Any], **envelope: Any) -> dict[str, Any]:
    """Make a line with an envelope: `at`, `until`, `deleted`."""
    return {**envelope, "record": record}


def write_world(root: Path, streams: dict[str, Rows], *, now: str, starts_at: str = "2025-01-01T00:00:00Z") -> Path:
    """Write a world folder; streams are named like `stripe/customers`."""
    root.mkdir(parents=True, exist_ok=True)
    card = f'name = "small"\ncurrency = "USD"\ntime_zone = "UTC"\nstarts_at = "{starts_at}"\nnow = "{now}"\nseed = 1\n'
    (root / "world.toml").write_text(card)
    for name, rows in streams.items():
        file = root / f"{name}.jsonl"
        file.parent.mkdir(exist_ok=True)
        lines = [json.dumps(row if "record" in row else {"record": row}) for row in rows]
        file.write_text("\n".join(lines) + "\n")
    return root
