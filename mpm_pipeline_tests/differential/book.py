"""A world that can be edited: the versions of each record in their order, new ones put behind them, and the folder written again.

Knows how each vendor stamps a record that changed. What is changed stands in the modules of edits.
"""

import copy
import json
import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from mpm_pipeline.simulator.record_identity import key_reader
from mpm_pipeline_tests.independent.contract import sound
from mpm_pipeline_tests.independent.world import instant as read

Record = dict[str, Any]
Line = dict[str, Any]

FORGOTTEN = ((timedelta(days=14), timedelta(days=18)), (timedelta(days=28), timedelta(days=33)))
"""Ages at which Salesforce's recycle bin and Stripe's events forget: what is changed then a fresh home and an old one know differently."""


@dataclass(frozen=True)
class Edit:
    """One thing that happened at a vendor: new versions of one or a few records, by stream."""

    kind: str
    lines: tuple[tuple[str, Line], ...]

    def __str__(self) -> str:
        changed = "; ".join(f"{stream} {json.dumps(line)[:600]}" for stream, line in self.lines)
        return f"{self.kind}: {changed}"


@dataclass
class Book:
    """All versions of a world by stream and key, up to an instant after which nothing is edited; `is_watched`: a home runs meanwhile."""

    root: Path
    now: datetime
    recent: timedelta = timedelta(days=20)
    is_watched: bool = False
    streams: dict[str, dict[str, list[Line]]] = field(default_factory=dict)
    added: int = 0

    def __post_init__(self) -> None:
        for file in sorted(self.root.glob("*/*.jsonl")):
            if file.parent.name != "truth":
                stream = f"{file.parent.name}/{file.stem}"
                self.streams[stream] = defaultdict(list)
                for text in file.read_text("utf-8").splitlines():
                    self._put(stream, json.loads(text))

    def _put(self, stream: str, line: Line) -> None:
        key = key_reader(*stream.split("/"))(line["record"]) or json.dumps(line["record"])
        versions = self.streams.setdefault(stream, defaultdict(list))[key]
        versions.append(line)
        versions.sort(key=lambda one: str(one["at"]))

    def live(self, stream: str) -> list[Line]:
        """The newest version of each record that is not deleted, lost, still to come or too broken to count."""
        newest = [versions[-1] for versions in self.streams.get(stream, {}).values()]
        return [
            one
            for one in newest
            if not one.get("deleted")
            and not one.get("until")
            and instant(one["at"]) < self.now - timedelta(minutes=1)
            and sound(*stream.split("/"), one["record"], read)
        ]

    def to_come(self, stream: str) -> list[Line]:
        """The newest version of each record that changes after the last edit."""
        newest = [versions[-1] for versions in self.streams.get(stream, {}).values()]
        return [one for one in newest if instant(one["at"]) >= self.now]

    def pick(self, stream: str, rng: Random, **wanted: Any) -> Line | None:
        """Draw a live record whose fields have these values."""
        found = [one for one in self.live(stream) if all(one["record"].get(k) == v for k, v in wanted.items())]
        return rng.choice(found) if found else None

    def moment(self, line: Line, rng: Random, latest: timedelta | None = None) -> datetime:
        """Draw an instant after a version: half of them lately, no instant at an age at which a vendor forgets."""
        first = instant(line["at"]) + timedelta(seconds=1)
        if latest:
            first = max(first, self.now - latest)
        since = max(first, self.now - self.recent) if rng.random() < 0.5 else first
        for _ in range(20):
            at = since + (self.now - since) * rng.random()
            if not any(low < self.now - at < high for low, high in FORGOTTEN):
                break
        else:
            at = max(first, self.now - timedelta(days=13) * rng.random())
        return at.replace(microsecond=0)

    def changed(self, stream: str, line: Line, at: datetime, deleted: bool = False, **fields: Any) -> tuple[str, Line]:
        """Give a further version of a record, stamped as its vendor stamps it."""
        record = {**copy.deepcopy(line["record"]), **fields}
        return stream, {"at": iso(at), **({"deleted": True} if deleted else {}), "record": stamped(stream, record, at)}

    def fresh(self, stream: str, line: Line, at: datetime, **fields: Any) -> tuple[str, Line]:
        """Give a new record like another one; its key must be among the fields."""
        record = {**copy.deepcopy(line["record"]), **fields}
        if "CreatedDate" in record and "CreatedDate" not in fields:
            record["CreatedDate"] = crm_time(at)
        return stream, {"at": iso(at), "record": stamped(stream, record, at)}

    def number(self) -> int:
        """Give a number that no record of the world has."""
        self.added += 1
        return 900_000 + self.added

    def crm_id(self, prefix: str) -> str:
        """Give a Salesforce id that no record of the world has."""
        return f"{prefix}5e00000Z{self.number()}AA1"

    def put(self, edit: Edit) -> None:
        """Let an edit happen."""
        for stream, line in edit.lines:
            self._put(stream, line)


def write(world: Path, folder: Path, edits: Sequence[Edit], settings: str = "", keep_lost: bool = True) -> Path:
    """Copy a world with edits and settings; without `keep_lost` nothing is lost in silence."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(world, folder, ignore=shutil.ignore_patterns("truth"))
    if settings:
        (folder / "mpm.toml").write_text(settings)
    for edit in edits:
        for stream, line in edit.lines:
            with (folder / f"{stream}.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
    for file in folder.glob("*/*.jsonl") if not keep_lost else ():
        lines = [json.loads(text) for text in file.read_text("utf-8").splitlines()]
        file.write_text("".join(json.dumps({**line, "until": None}) + "\n" for line in lines))
    return folder


def stamped(stream: str, record: Record, at: datetime) -> Record:
    """Write the modification stamps that a record has."""
    ways = {
        "SystemModstamp": crm_time,
        "LastModifiedDate": crm_time,
        "lastModified": lambda one: int(one.timestamp() * 1000),
    }
    if stream in ("marketo/leads", "marketo/programs"):
        ways["updatedAt"] = lambda one: iso(one) + ("+0000" if stream.endswith("programs") else "")
    return record | {name: way(at) for name, way in ways.items() if name in record}


def instant(text: str) -> datetime:
    """Read an instant of a world's envelope."""
    return datetime.fromisoformat(text)


def iso(at: datetime) -> str:
    """Write an instant as envelopes do."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def crm_time(at: datetime) -> str:
    """Write an instant as Salesforce does."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000+0000"
