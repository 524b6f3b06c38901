"""How the tests look at a generated world: through the simulator's own loader, at the world's `now`."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from mpm_pipeline.simulator.world import Version, load_world

Record = dict[str, Any]


class Look:
    """A loaded world and its truth."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.world = folder, load_world(folder)
        self.now, self.starts_at = self.world.now, self.world.starts_at

    def all(self, name: str) -> list[Version]:
        """Return every version of a stream, `folder/object`."""
        vendor, stream = name.split("/")
        return self.world.versions(vendor, stream)

    def live(self, name: str) -> list[Record]:
        """Return the records that the vendor shows now."""
        vendor, stream = name.split("/")
        shown = self.world.visible(vendor, stream, self.now)
        return [version.record for version in shown if not version.deleted]

    def last(self, name: str) -> dict[str, Record]:
        """Return the newest record of each key, also of the days after now."""
        return {version.key: version.record for version in self.all(name)}

    def truth(self, name: str) -> list[Record]:
        """Return the records of a file of the truth."""
        lines = (self.folder / "truth" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line)["record"] for line in lines]

    def flaws(self, *kinds: str) -> set[tuple[str, str]]:
        """Return object and id of the deliberate flaws of these kinds."""
        return {(flaw["object"], flaw["record_id"]) for flaw in self.truth("flaws") if flaw["kind"] in kinds}


def instant(value: object) -> datetime:
    """Read an instant in any of the vendors' spellings."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value / 1000 if value > 10**11 else value, UTC)
    text = str(value).removesuffix("+0000")
    return datetime.fromisoformat(text if text.endswith("Z") else text + "+00:00")


def day_of(day: Record) -> date:
    """Read a day of the social system."""
    return date(day["year"], day["month"], day["day"])
