"""The environment that makes a process talk to a simulator and to nothing else, from the simulator's own `GET /state`."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from mpm_pipeline.vocabulary import FILE_FOLDERS, VENDORS


def environment(state: Mapping[str, Any], starts_at: date, world: Path) -> dict[str, str]:
    """Return the settings as environment variables; a vendor or file folder that the world lacks is switched off."""
    found = {"MPM_WORLD": str(world)}
    for source, facts in state["sources"].items():
        prefix = f"MPM_{source.upper()}__"
        folders = FILE_FOLDERS if source == "files" else (source,)
        found[f"{prefix}ENABLED"] = "true" if any((world / folder).is_dir() for folder in folders) else "false"
        found[f"{prefix}URL"] = facts["url"]
        found[f"{prefix}START_AT"] = starts_at.isoformat()
        found |= {f"{prefix}{name.upper()}": value for name, value in facts["credentials"].items()}
    for vendor in VENDORS:
        found.setdefault(f"MPM_{vendor.upper()}__ENABLED", "false")
    return found
