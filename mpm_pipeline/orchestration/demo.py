"""The environment that makes a process talk to a simulator and to nothing else, from the simulator's own `GET /state`.

A home that such a process filled remembers it in `demo.json` (no credentials), so that commands that only look later read its
tables under the same settings and name the world that they show.
"""

import json
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from mpm_pipeline.vocabulary import FILE_FOLDERS, VENDORS


def environment(state: Mapping[str, Any], starts_at: date, world: Path) -> dict[str, str]:
    """Return the settings as environment variables; a vendor or file folder that the world lacks is switched off.

    Whether a source that the world has is on stays the user's own choice.
    """
    found = {"MPM_WORLD": str(world)}
    for source, facts in state["sources"].items():
        prefix = f"MPM_{source.upper()}__"
        folders = FILE_FOLDERS if source == "files" else (source,)
        if not any((world / folder).is_dir() for folder in folders):
            found[f"{prefix}ENABLED"] = "false"
        found[f"{prefix}URL"] = facts["url"]
        found[f"{prefix}START_AT"] = starts_at.isoformat()
        found |= {f"{prefix}{name.upper()}": value for name, value in facts["credentials"].items()}
    for vendor in set(VENDORS) - set(state["sources"]):
        found[f"MPM_{vendor.upper()}__ENABLED"] = "false"
    return found


def remember(root: Path, values: Mapping[str, str]) -> None:
    """Note in the home under which settings it was filled; addresses and switches only."""
    kept = {name: value for name, value in values.items() if name.endswith(KEPT)}
    root.mkdir(parents=True, exist_ok=True)
    fresh = root / "demo.json.part"
    fresh.write_text(json.dumps(kept, indent=2))
    fresh.replace(root / "demo.json")


def recall(root: Path) -> None:
    """Take over what a demo noted in this home, where this process has no settings of its own for it."""
    for name, value in _noted(root).items():
        os.environ.setdefault(name, value)


def world_of(root: Path) -> Path | None:
    """Return the world that a demo filled this home from, if it is still there."""
    name = _noted(root).get("MPM_WORLD")
    return Path(name) if name and (Path(name) / "world.toml").is_file() else None


KEPT = ("MPM_WORLD", "__ENABLED", "__URL", "__START_AT")


def _noted(root: Path) -> dict[str, str]:
    try:
        found = json.loads((root / "demo.json").read_text())
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
