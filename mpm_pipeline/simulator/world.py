"""A world: everything that a set of vendor systems would answer over a stretch of time, read from a folder.

Loading checks every line and the card `world.toml`; decoding waits until a stream is first asked for. Here a version is
chosen by the clock alone; how a vendor shows a deletion, ages data out or derives records is that vendor's module.
"""

import threading
import tomllib
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from mpm_pipeline.errors import WorldError
from mpm_pipeline.simulator.instants import parse_instant
from mpm_pipeline.simulator.record_identity import default_instant, key_reader
from mpm_pipeline.simulator.world_lines import Line, decode, read_lines, stream_name

NEVER_SERVED = "truth"


class Version(msgspec.Struct, frozen=True, eq=False):
    """One version of one record: shown from `at`, no longer from `until`, deleted the vendor's way if `deleted`."""

    key: str
    at: datetime
    until: datetime | None
    deleted: bool
    record: dict[str, Any]

    def shows(self, now: datetime) -> bool:
        """Say whether the vendor's API shows this version at that instant, newer ones apart."""
        return self.at <= now and (self.until is None or self.until > now)


class World:
    """A loaded world; `versions` and `visible` decode a stream when it is first asked for."""

    def __init__(
        self, root: Path, card: dict[str, Any], lines: dict[tuple[str, str], list[tuple[str, list[Line]]]]
    ) -> None:
        self.root = root
        self.name = str(card.get("name") or root.name)
        self.currency = str(card.get("currency") or "USD").upper()
        self.time_zone = _time_zone(root, card)
        self.seed = card.get("seed", 0)
        self.now, self.ends_at, self.starts_at = _span(root, card)
        self._lines = lines
        self._versions: dict[tuple[str, str], list[Version]] = {}
        self._visible: dict[tuple[str, str], list[Version]] = {}
        self._visible_at: datetime | None = None
        self._lock = threading.RLock()

    def vendors(self) -> list[str]:
        """Return the folders that hold streams: vendors and the folders of files, never `truth`."""
        return sorted({vendor for vendor, _ in self._lines})

    def streams(self, vendor: str) -> list[str]:
        """Return the streams of one folder, in the order of their names."""
        return sorted(stream for owner, stream in self._lines if owner == vendor)

    def versions(self, vendor: str, stream: str) -> list[Version]:
        """Return all versions of a stream by `at`, then by their order in the file; none for an absent stream."""
        found = self._versions.get((vendor, stream))
        if found is None:
            with self._lock:
                found = self._versions.setdefault((vendor, stream), self._build(vendor, stream))
        return found

    def visible(self, vendor: str, stream: str, now: datetime) -> list[Version]:
        """Return one version per key: the newest that shows at `now`, deleted ones included.

        After a version's `until` an older one that still shows is served again, else nothing. Do not alter the list.
        """
        with self._lock:
            if self._visible_at != now:
                self._visible, self._visible_at = {}, now
            found = self._visible.get((vendor, stream))
            if found is None:
                newest = {version.key: version for version in self.versions(vendor, stream) if version.shows(now)}
                found = self._visible[(vendor, stream)] = list(newest.values())
            return found

    def _build(self, vendor: str, stream: str) -> list[Version]:
        key_of, versions = key_reader(vendor, stream), []
        for shown, lines in self._lines.get((vendor, stream), []):
            for line in lines:
                record = decode(line, shown)
                at = line.at or default_instant(vendor, stream, record) or self.starts_at
                key = key_of(record) or f"{shown} line {line.number}"
                versions.append(Version(key, at, line.until, line.deleted, record))
        versions.sort(key=lambda version: version.at)
        return versions


def load_world(path: str | Path) -> World:
    """Load and check a world folder; WorldError names the file, the line and what is wrong."""
    root = Path(path)
    if not root.is_dir():
        raise WorldError(f"{root}: no such folder; a world is a folder with a world.toml")
    card = _card(root)
    lines: dict[tuple[str, str], list[tuple[str, list[Line]]]] = {}
    for file in _stream_files(root):
        shown = f"{file.parent.name}/{file.name}"
        stream = stream_name(file)
        if stream:
            lines.setdefault((file.parent.name, stream), []).append((shown, read_lines(file, shown)))
    return World(root, card, lines)


def _stream_files(root: Path) -> Iterable[Path]:
    for folder in sorted(root.iterdir()):
        if folder.is_dir() and folder.name != NEVER_SERVED and not folder.name.startswith("."):
            yield from sorted(file for file in folder.iterdir() if file.is_file())


def _card(root: Path) -> dict[str, Any]:
    file = root / "world.toml"
    if not file.is_file():
        raise WorldError(f"{root}: has no world.toml, so it is no world")
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WorldError(f"world.toml: is no TOML ({error}); mend the file") from error


def _time_zone(root: Path, card: dict[str, Any]) -> str:
    name = str(card.get("time_zone") or "UTC")
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise WorldError(f"world.toml: time_zone = {name!r} is no time zone; write one like Europe/Berlin") from error
    return name


def _span(root: Path, card: dict[str, Any]) -> tuple[datetime, datetime, datetime]:
    """Return now, the end and the start; the end and now stand in for each other."""
    starts_at, ends_at, now = (_card_instant(card, name) for name in ("starts_at", "ends_at", "now"))
    now = now or ends_at
    if starts_at is None or now is None:
        raise WorldError(
            f"world.toml: lacks {'starts_at' if starts_at is None else 'now'}; write it as an instant in UTC"
        )
    return now, ends_at or now, starts_at


def _card_instant(card: dict[str, Any], name: str) -> datetime | None:
    value = card.get(name)
    if value is None:
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time(), UTC)
    instant = parse_instant(value) if isinstance(value, str | datetime) else None
    if instant is None:
        raise WorldError(f"world.toml: {name} = {value!r} is no instant; write it like 2026-03-01T00:00:00Z")
    return instant
