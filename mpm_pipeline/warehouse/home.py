"""The home folder: where everything of one installation lies, and the identity that marks what it publishes.

Only paths and the home's own id; what is inside the files belongs to the modules that write them.
"""

import os
import uuid
from dataclasses import dataclass
from pathlib import Path

from mpm_pipeline.errors import ConfigError
from mpm_pipeline.warehouse.storage import refusal, refused


def home_path(given: str | None = None) -> Path:
    """Return the home folder: the argument, else MPM_HOME, else ./mpm-home."""
    return Path(given or os.environ.get("MPM_HOME") or "mpm-home")


def world_path() -> Path | None:
    """Return the world whose settings lie under the home's own, where a demo set one."""
    name = os.environ.get("MPM_WORLD")
    return Path(name) if name else None


@dataclass(frozen=True)
class Home:
    """Paths of one home folder; create it with `Home.open`."""

    root: Path

    @classmethod
    def open(cls, root: Path) -> "Home":
        """Open or create a home; raise ConfigError when the path is taken by something else or cannot be written."""
        root = root.expanduser().absolute()
        if root.exists() and not root.is_dir():
            raise ConfigError(f"--home {root} is a file; name a folder")
        home = cls(root)
        try:
            for folder in (root, home.raw, home.tables, home.logs, home.dagster, home.locks):
                folder.mkdir(parents=True, exist_ok=True)
            home.identity()
        except OSError as error:
            number = refusal(error)
            if number is not None:
                raise refused(root, number) from None
            raise ConfigError(
                f"the home folder {root} cannot be written: {error.strerror}; name another by --home"
            ) from None
        return home

    @property
    def raw(self) -> Path:
        return self.root / "raw"

    @property
    def tables(self) -> Path:
        return self.root / "tables"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def dagster(self) -> Path:
        return self.root / "dagster"

    @property
    def locks(self) -> Path:
        return self.root / "locks"

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.sqlite"

    @property
    def served(self) -> Path:
        return self.root / "served.sqlite"

    @property
    def bi_file(self) -> Path:
        return self.root / "mpm_bi.duckdb"

    @property
    def scorecard(self) -> Path:
        return self.root / "scorecard.html"

    @property
    def settings_file(self) -> Path:
        return self.root / "mpm.toml"

    def identity(self, known: str | None = None) -> str:
        """Return this home's own id, made once; a served schema carries it, so that two homes never overwrite each other.

        `known` is what the ledger remembers of it: a lost or half-written id is put back.
        """
        file = self.root / "home_id"
        found = file.read_text(errors="replace").strip() if file.exists() else ""
        wanted = known or found or uuid.uuid4().hex
        if found != wanted:
            fresh = file.with_suffix(".tmp")
            with fresh.open("w") as handle:
                handle.write(wanted)
                handle.flush()
                os.fsync(handle.fileno())
            fresh.replace(file)
        return wanted
