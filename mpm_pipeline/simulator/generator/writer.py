"""The book of versions: every record of a generated world, written as the files of the world format.

Instants are turned here into each vendor's own way of writing them, which differ on purpose. A record is copied when
it is put down, so that its maker may change it and put the next version down. Files are written in the order of `at`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

Record = dict[str, Any]

NEVER_DELETED = ("User", "UserRole", "Group", "OpportunityStage")
HISTORY_STAMPS = {"LeadHistory": ("CreatedDate",), "OpportunityHistory": ("CreatedDate", "SystemModstamp")}


def iso(at: datetime) -> str:
    """Write an instant as ISO 8601 with Z, as the world format and the marketing API do."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def asset_time(at: datetime) -> str:
    """Write an instant as the marketing asset API does, with both Z and an offset."""
    return iso(at) + "+0000"


def crm_time(at: datetime) -> str:
    """Write an instant as the CRM's REST API does: milliseconds, and an offset without a colon."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def epoch(at: datetime) -> int:
    """Return whole seconds since 1970, as the billing API does."""
    return int(at.timestamp())


def epoch_ms(at: datetime) -> int:
    """Return whole milliseconds since 1970, as the social API does."""
    return epoch(at) * 1000


@dataclass(slots=True)
class Version:
    """One version of one record, with the instants between which the vendor shows it."""

    at: datetime
    record: Record
    until: datetime | None = None
    deleted: bool = False

    def line(self) -> str:
        """Return the version as one line of its file."""
        envelope: Record = {"at": iso(self.at)}
        if self.until:
            envelope["until"] = iso(self.until)
        if self.deleted:
            envelope["deleted"] = True
        envelope["record"] = self.record
        return json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))


class Book:
    """All versions of a world by file, in the order in which they were put down."""

    def __init__(self) -> None:
        self.files: dict[str, list[Version]] = {}

    def put(self, name: str, record: Record, at: datetime) -> Version:
        """Put down the version of a record of file `name` (`folder/object`) that shows from `at` on."""
        version = Version(at.replace(microsecond=0), dict(record))
        self.files.setdefault(name, []).append(version)
        return version

    def crm(self, name: str, record: Record, created: datetime, at: datetime | None = None) -> Version:
        """Put down a CRM record with the stamps that its object carries."""
        modified = at or created
        stamps = {"CreatedDate": crm_time(created), "LastModifiedDate": crm_time(modified)}
        stamps["SystemModstamp"] = crm_time(modified)
        for absent in set(stamps) - set(HISTORY_STAMPS.get(name, stamps)):
            del stamps[absent]
        marks = {} if name in NEVER_DELETED else {"IsDeleted": False}
        return self.put(f"salesforce/{name}", {**record, **marks, **stamps}, modified)

    def versions(self, name: str) -> list[Version]:
        """Return the versions of one file so far."""
        return self.files.setdefault(name, [])

    def newest(self, name: str, key: str = "Id") -> dict[Any, Version]:
        """Return the newest version of each key of a file."""
        found: dict[Any, Version] = {}
        for version in self.versions(name):
            known = found.get(version.record[key])
            if known is None or version.at >= known.at:
                found[version.record[key]] = version
        return found

    def sorted_files(self) -> Iterator[tuple[str, list[Version]]]:
        """Yield each file with its versions in the order of `at`."""
        for name in sorted(self.files):
            if self.files[name]:
                yield name, sorted(self.files[name], key=lambda version: version.at)

    def write(self, directory: Path) -> dict[str, int]:
        """Write all files below a directory and return their rows by name."""
        rows = {}
        for name, versions in self.sorted_files():
            path = directory / f"{name}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            text = "".join(version.line() + "\n" for version in versions)
            path.write_text(text, encoding="utf-8", newline="\n")
            rows[name] = len(versions)
        return rows
