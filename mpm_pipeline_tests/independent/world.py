"""Reading a world folder as of an instant: which record the vendor's API would show then.

A world line is a version (`at`, `until`, `deleted`, `record`). `load(folder)` reads all, `World.as_of(instant)` gives
the newest visible version of each key; deleted ones are kept apart, since a merge is a delete that names its survivor.
Numbers with a point come as `Decimal`, so that money never meets a float. Nothing here knows a KPI.

AMBIGUITIES (readings taken here)
W1. readings 47: `start_at` cuts Marketo activities (activityDate >= start_at) and LinkedIn ads days (day >= its UTC date)
    and nothing else: Tasks, Events, campaign members, form responses and history rows are taken whole.
W2. readings 55: a deleted or merged Salesforce record is gone when more than 15 x 24 h have passed since its deletion.
W3. world_format: two versions of one key with the same `at`: the later line wins. A record with IsDeleted true is deleted.
"""

import gzip
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from mpm_pipeline_tests.independent.contract import sound

Record = dict[str, Any]

KEPT = {"salesforce": timedelta(days=15), "stripe": timedelta(days=30)}
DEFAULTS: dict[str, Any] = {
    "company": {
        "reporting_currency": "USD",
        "time_zone": "UTC",
        "fiscal_year_start_month": 1,
        "internal_domains": [],
        "gross_margin_rate": 1.0,
    },
    "funnel": {
        "conversion_window_days": 90,
        "sla_first_attempt_business_hours": 8,
        "business_hours": "Mon-Fri 09:00-17:00",
        "follow_up_attempts": 2,
        "follow_up_days": 14,
        "qualified_stage": "Qualification",
    },
    "attribution": {"lookback_days": 180, "half_life_days": 30},
    "money": {"fx": "event_date"},
    "leads": {"horizon_days": 7, "nurture_reserve_minor": 0, "authority": ["region", "product_line"]},
}
KEYS = {
    ("marketo", "activities"): ("marketoGUID",),
    ("marketo", "programMembers"): ("programId", "leadId"),
    ("marketo", "listMembers"): ("listId", "leadId"),
    ("linkedin", "adAnalytics"): ("pivotValues", "dateRange.start"),
    ("linkedin", "organizationalEntityShareStatistics"): ("organizationalEntity", "timeRange.start"),
    ("linkedin", "organizationalEntityFollowerStatistics"): ("organizationalEntity", "timeRange.start"),
    ("linkedin", "organizationPageStatistics"): ("organization", "timeRange.start"),
    ("linkedin", "networkSizes"): ("entity",),
}
FILE_FOLDERS = ("finance", "hr", "service", "partners", "enablement", "standards")
MODIFIED = ("SystemModstamp", "LastModifiedDate", "updatedAt", "lastModifiedAt", "lastModified", "updated")
CREATED = ("created", "CreatedDate", "activityDate", "submittedAt", "createdAt")


def instant(value: Any) -> datetime | None:
    """Read any of the vendors' ways to write an instant (ISO with Z, +0000, `Z+0000`; epoch seconds or milliseconds)."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, int | float | Decimal):
        seconds = Decimal(value)
        seconds = seconds / 1000 if abs(seconds) > 100_000_000_000 else seconds
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(seconds * 1_000_000))
    if isinstance(value, dict):
        return instant(value.get("time"))
    text = str(value).strip().replace("Z+0000", "Z")
    parsed = datetime.fromisoformat(text)
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def ads_day(record: Record) -> date:
    """The day of an ads row, taken as it is."""
    day = record["dateRange"]["start"]
    return date(day["year"], day["month"], day["day"])


@dataclass(frozen=True, slots=True)
class Version:
    """One line of a world file."""

    key: str
    at: datetime
    until: datetime | None
    deleted: bool
    record: Record


class World:
    """A world folder with its settings; ask `as_of` for what the vendors show at an instant."""

    def __init__(self, root: Path, settings: dict[str, Any] | None = None) -> None:
        self.root = root
        self.meta = tomllib.loads((root / "world.toml").read_text("utf-8")) if (root / "world.toml").exists() else {}
        self.starts_at = instant(self.meta.get("starts_at")) or datetime(2024, 1, 1, tzinfo=UTC)
        self.now = instant(self.meta.get("now"))
        self.settings = self._settings(settings or {})
        self._cache: dict[tuple[str, str], list[Version]] = {}

    def _settings(self, given: dict[str, Any]) -> dict[str, Any]:
        own: dict[str, Any] = {"company": {}}
        if self.meta.get("currency"):
            own["company"]["reporting_currency"] = self.meta["currency"]
        if self.meta.get("time_zone"):
            own["company"]["time_zone"] = self.meta["time_zone"]
        file = self.root / "mpm.toml"
        layers = [DEFAULTS, own, tomllib.loads(file.read_text("utf-8")) if file.exists() else {}, given]
        out: dict[str, Any] = {}
        for layer in layers:
            out = _merged(out, layer)
        return out

    def enabled(self, vendor: str) -> bool:
        """A vendor without a folder, or switched off in the settings, is off."""
        return (self.root / vendor).is_dir() and bool(self.settings.get(vendor, {}).get("enabled", True))

    def start_at(self, vendor: str) -> datetime:
        """Where activities and ads days begin: the setting, which a demo sets to the world's start."""
        return instant(self.settings.get(vendor, {}).get("start_at")) or self.starts_at

    def versions(self, vendor: str, stream: str) -> list[Version]:
        """All versions of a stream, oldest first, equal instants in file order; empty when the vendor is off."""
        if not self.enabled(vendor):
            return []
        if (vendor, stream) not in self._cache:
            found = [self._version(vendor, stream, line) for line in _lines(self.root / vendor, stream)]
            self._cache[vendor, stream] = sorted(found, key=lambda version: version.at)
        return self._cache[vendor, stream]

    def _version(self, vendor: str, stream: str, line: Record) -> Version:
        record = line["record"]
        at = instant(line.get("at")) or _own_instant(vendor, stream, record) or self.starts_at
        deleted = bool(line.get("deleted")) or (vendor == "salesforce" and record.get("IsDeleted") is True)
        return Version(_key(vendor, stream, record), at, instant(line.get("until")), deleted, record)

    def as_of(self, at: datetime) -> "Snapshot":
        """What the vendors show at this instant."""
        return Snapshot(self, at)


class Snapshot:
    """The newest visible version of every key at one instant."""

    def __init__(self, world: World, at: datetime) -> None:
        self.world, self.at, self.settings = world, at, world.settings
        self._cache: dict[tuple[str, str], dict[str, Version]] = {}
        self._refused: dict[tuple[str, str], list[Record]] = {}

    def _visible(self, vendor: str, stream: str) -> dict[str, Version]:
        if (vendor, stream) not in self._cache:
            newest: dict[str, Version] = {}
            for version in self.world.versions(vendor, stream):
                if version.at <= self.at and (version.until is None or version.until > self.at):
                    newest[version.key] = version
            good = {key: v for key, v in newest.items() if v.deleted or sound(vendor, stream, v.record, instant)}
            self._refused[vendor, stream] = [v.record for key, v in newest.items() if key not in good]
            self._cache[vendor, stream] = good
        return self._cache[vendor, stream]

    def records(self, vendor: str, stream: str) -> list[Record]:
        """The live records of a stream; activities and ads days only from `start_at` on."""
        found = [version.record for version in self._visible(vendor, stream).values() if not version.deleted]
        start = self.world.start_at(vendor)
        if (vendor, stream) == ("marketo", "activities"):
            return [r for r in found if (instant(r.get("activityDate")) or start) >= start]
        if (vendor, stream) == ("linkedin", "adAnalytics"):
            return [r for r in found if ads_day(r) >= start.date()]
        return found

    def refused(self, vendor: str, stream: str) -> list[Record]:
        """The records that are too broken to count."""
        self._visible(vendor, stream)
        return self._refused[vendor, stream]

    def removed(self, vendor: str, stream: str) -> list[Record]:
        """The deleted records that the vendor still admits to (Salesforce: 15 days in the recycle bin, Stripe: 30 of events)."""
        kept = KEPT.get(vendor)
        return [
            version.record
            for version in self._visible(vendor, stream).values()
            if version.deleted and (kept is None or self.at - version.at <= kept)
        ]

    def past(self, vendor: str, stream: str) -> dict[str, list[Version]]:
        """All versions up to the instant by key, oldest first (for questions about a past state)."""
        found: dict[str, list[Version]] = {}
        for version in self.world.versions(vendor, stream):
            if version.at <= self.at:
                found.setdefault(version.key, []).append(version)
        return found

    @cached_property
    def described(self) -> dict[str, set[str]]:
        """Fields that a Salesforce object is described with: every key that occurs in the object's records."""
        folder = self.world.root / "salesforce"
        names = {path.name.split(".")[0] for path in folder.glob("*")} if self.world.enabled("salesforce") else set()
        return {name: {k for v in self.world.versions("salesforce", name) for k in v.record} for name in names}


def load(root: str | Path, settings: dict[str, Any] | None = None) -> World:
    """Open a world folder; `settings` beat the world's own."""
    return World(Path(root), settings)


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    out = dict(base)
    for key, value in over.items():
        out[key] = _merged(out.get(key, {}), value) if isinstance(value, dict) else value
    return out


def _lines(folder: Path, stream: str) -> Iterator[Record]:
    plain, packed, table = (folder / f"{stream}{end}" for end in (".jsonl", ".jsonl.gz", ".parquet"))
    if plain.exists() or packed.exists():
        with plain.open(encoding="utf-8") if plain.exists() else gzip.open(packed, "rt", encoding="utf-8") as file:
            for line in file:
                if line.strip():
                    yield json.loads(line, parse_float=Decimal)
    elif table.exists():
        import pyarrow.parquet

        for row in pyarrow.parquet.read_table(table).to_pylist():
            yield {**row, "record": json.loads(row["record"], parse_float=Decimal)}


def _own_instant(vendor: str, stream: str, record: Record) -> datetime | None:
    if vendor in FILE_FOLDERS:
        return None
    if stream == "adAnalytics":
        day = ads_day(record) + timedelta(days=1)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    for field in (*MODIFIED, *CREATED):
        if record.get(field) is not None:
            return instant(record[field])
    return None


def _key(vendor: str, stream: str, record: Record) -> str:
    if vendor in FILE_FOLDERS:
        return str(next(iter(record.values())))
    default = ("Id",) if vendor == "salesforce" else ("id",)
    parts = []
    for path in KEYS.get((vendor, stream), default):
        value: Any = record
        for step in path.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        parts.append(json.dumps(value, sort_keys=True, default=str))
    return "|".join(parts)
