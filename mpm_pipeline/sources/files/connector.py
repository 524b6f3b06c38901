"""The files of plans, money, people and service: a folder, or a base address under which they lie.

One connector a folder. Each file is a full snapshot, taken whole whatever days are asked for; a file that is not there is no
failure, nothing is landed for it. A file without a required column is landed, so that its rows show in quarantine, and then
the folder's reading ends with words that name file and column.
"""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from mpm_pipeline.contracts.files import FILES, columns
from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.errors import ContractBroken, SourceUnavailable
from mpm_pipeline.settings import Settings
from mpm_pipeline.sources.client import Client, Limits
from mpm_pipeline.sources.connector import Connector, Days, Page
from mpm_pipeline.sources.files import tabular
from mpm_pipeline.sources.reply import Rejected, Reply, Transient
from mpm_pipeline.vocabulary import FILE_FOLDERS


class Place(Protocol):
    """Where the files lie."""

    def body(self, name: str) -> bytes | None:
        """Return a file, None where there is none of this name."""

    def probe(self, folder: str) -> datetime | None:
        """Make sure that the place is there; return its clock if it has one."""

    def close(self) -> None:
        """Let go of it."""


class Folder:
    """A folder on this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser()

    def body(self, name: str) -> bytes | None:
        try:
            return (self.root / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            self.probe("")
            return None
        except OSError as error:
            raise SourceUnavailable(f"files: {name} cannot be read ({error.strerror})") from None

    def probe(self, folder: str) -> None:
        if not self.root.is_dir():
            raise SourceUnavailable(f"files: the folder {self.root} of files.url does not exist")

    def close(self) -> None:
        pass


class Site:
    """A base address."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def body(self, name: str) -> bytes | None:
        try:
            return self.client.get(name, _body)
        except Rejected as error:
            if error.status in (404, 410):
                return None
            raise

    def probe(self, folder: str) -> datetime | None:
        self.body(next(f"{name}.csv" for name in FILES if name.startswith(f"{folder}/")))
        return self.client.newest_date

    def close(self) -> None:
        self.client.close()


def connect(settings: Settings, limits: Limits | None = None) -> list[Connector]:
    """Return one connector for each folder of files."""
    return [FileFolder(folder, place_of(settings, limits)) for folder in FILE_FOLDERS]


def place_of(settings: Settings, limits: Limits | None = None) -> Place:
    """Return the place that `files.url` names: a path, a file: address or an http(s) address."""
    section = settings.files
    parts = urlsplit(section.url)
    if parts.scheme in ("http", "https"):
        return Site(Client("files", section.url, ca_file=section.ca_file, limits=limits or Limits()))
    return Folder(Path(unquote(parts.path) if parts.scheme == "file" else section.url))


class FileFolder(Connector):
    """The files of one folder, such as finance."""

    def __init__(self, folder: str, place: Place) -> None:
        self.source = folder
        self.place = place

    def probe(self) -> datetime | None:
        """Look for one file, there or not, and return the server's time (None: a folder has none)."""
        return self.place.probe(self.source)

    def read(self, days: Days) -> Iterator[Page]:
        """Yield each file that is there, whole; then raise ContractBroken if one cannot be used."""
        defects: list[str] = []
        yield from self._pages(defects)
        if defects:
            raise ContractBroken("; ".join(defects))

    def watch(self, first_day: date, as_of: datetime) -> Iterator[Page]:
        """Yield each file that is there; rows that changed show by their content."""
        yield from self._pages([])

    def close(self) -> None:
        """Give connections back."""
        self.place.close()

    def _pages(self, defects: list[str]) -> Iterator[Page]:
        for name, contract in FILES.items():
            if not name.startswith(f"{self.source}/"):
                continue
            found = self._file(name)
            if found is None:
                continue
            kind, body = found
            try:
                table = tabular.read(kind, body)
            except tabular.Unreadable as error:
                defects.append(f"{name}.{kind}: {error}; mend the file and run again")
                continue
            lacking = [one.name for one in columns(contract) if one.is_required and one.name not in table.header]
            if lacking:
                defects.append(
                    f"{name}.{kind} lacks the required column {', '.join(lacking)}; its rows are in quarantine, add it and run again"
                )
            if table.rows or not lacking:
                yield Page(stream_of(contract), table.rows)

    def _file(self, name: str) -> tuple[str, bytes] | None:
        """Return the kind and content of a file, by the first ending that is there."""
        for kind in tabular.KINDS:
            body = self.place.body(f"{name}.{kind}")
            if body is not None:
                return kind, body
        return None


def _body(reply: Reply) -> bytes:
    if not reply.framed:
        raise Transient("the answer has neither length nor chunks, so a cut would not show")
    return reply.body
