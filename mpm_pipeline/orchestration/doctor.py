"""What `mpm doctor` finds out: the settings that count and where each comes from, every source, the home, the served database.

Nothing is written and nothing is fetched; a home that does not exist is not made. Settings that cannot be read raise ConfigError
as everywhere; whatever else is wrong becomes a finding, so that one look shows all of it.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Any

from pydantic import SecretStr

from mpm_pipeline.errors import ConfigError, MpmError
from mpm_pipeline.publish.reader import NothingPublished, OlderShape, opened
from mpm_pipeline.settings import Settings, load
from mpm_pipeline.sources.clock import AGREEMENT
from mpm_pipeline.sources.connector import MODULES
from mpm_pipeline.warehouse.condition import condition
from mpm_pipeline.warehouse.home import Home, world_path

PACKAGES = ("mpm-pipeline", "dagster", "duckdb", "deltalake", "sqlalchemy", "pandera", "httpx")
MASK = "****"
WRONG_SETTING, REFUSED, WARNING, FINE = "settings", "refused", "warning", "fine"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: `state` is fine, off, warning, settings (mend a setting) or refused (try again later)."""

    about: str
    name: str
    state: str
    text: str


@dataclass(frozen=True)
class Diagnosis:
    """All that was found; settings as {section: {key: {value, origin}}} with secrets masked."""

    settings: dict[str, dict[str, dict[str, Any]]]
    findings: list[Finding]
    versions: dict[str, str]

    @property
    def status(self) -> str:
        states = {finding.state for finding in self.findings}
        return next((state for state in (WRONG_SETTING, REFUSED, WARNING) if state in states), FINE)

    @property
    def exit_code(self) -> int:
        return {WRONG_SETTING: 2, REFUSED: 3}.get(self.status, 0)

    def as_dict(self) -> dict[str, Any]:
        return {"status": self.status, **asdict(self)}


def examine(root: Path) -> Diagnosis:
    """Look at everything that a run would need."""
    settings = load(root, world=world_path())
    findings = [*_sources(settings), *_home(root), *_database(root, settings)]
    return Diagnosis(tree(settings), findings, versions())


def tree(settings: Settings) -> dict[str, dict[str, dict[str, Any]]]:
    """Return every setting with its origin; secrets and passwords inside addresses are masked."""
    return {
        section: {
            name: {"value": _shown(value), "origin": settings.origins.get(f"{section}.{name}", "default")}
            for name, value in values.items()
        }
        for section, values in settings.model_dump().items()
    }


def versions() -> dict[str, str]:
    """Return the versions of what does the work."""
    found = {"python": python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _shown(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return MASK if value.get_secret_value() else ""
    if isinstance(value, str):
        return re.sub(r"//[^/@]*@", f"//{MASK}@", value)
    return value if isinstance(value, bool | int | float | list) else str(value)


def _sources(settings: Settings) -> Iterator[Finding]:
    """Ask each source for its clock with our credentials: that shows address, credentials and clock at once."""
    clocks: dict[str, datetime] = {}
    for module in MODULES:
        if not settings.is_on(module):
            why = "switched off" if not getattr(settings, module).enabled else f"{module}.url is not set"
            yield Finding("source", module, "off", why)
            continue
        try:
            connectors = import_module(f"mpm_pipeline.sources.{module}.connector").connect(settings)
        except ConfigError as error:
            yield Finding("source", module, WRONG_SETTING, str(error))
            continue
        for connector in connectors:
            try:
                told = connector.probe()
            except MpmError as error:
                state = WRONG_SETTING if isinstance(error, ConfigError) else REFUSED
                yield Finding("source", connector.source, state, str(error))
                continue
            finally:
                connector.close()
            if told is not None:
                clocks[connector.source] = told
            clock = f"its clock says {told:%Y-%m-%d %H:%M:%S} UTC" if told else "it tells no time"
            yield Finding("source", connector.source, FINE, f"answers and accepts the credentials; {clock}")
    if not any(settings.is_on(module) for module in MODULES):
        yield Finding("source", "none", WARNING, "no source is on with an address, so a run would have nothing to ask")
    if clocks and max(clocks.values()) - min(clocks.values()) > AGREEMENT:
        text = "the sources' clocks differ by more than ten minutes, so a run would use this machine's and be marked degraded"
        yield Finding("source", "clocks", WARNING, text)


def _home(root: Path) -> Iterator[Finding]:
    if not root.exists():
        yield Finding("home", str(root), FINE, "does not exist yet; the first run makes it")
        return
    for fact in condition(Home(root.expanduser().absolute())):
        yield Finding("home", fact.name, fact.state, fact.text)


def _database(root: Path, settings: Settings) -> Iterator[Finding]:
    """Read the served database as a dashboard would; a database that another home wrote is a wrong setting."""
    url = settings.publish.url.get_secret_value()
    place = "publish.url" if url else "served.sqlite"
    if not root.exists():
        return
    try:
        with opened(Home(root.expanduser().absolute()), url) as published:
            now = published.rows("meta_publication")[0]
        yield Finding("database", place, FINE, f"published by this home as of {now['as_of_at']:%Y-%m-%d %H:%M} UTC")
    except (NothingPublished, OlderShape) as error:
        yield Finding("database", place, FINE, str(error))
    except MpmError as error:
        yield Finding("database", place, WRONG_SETTING if isinstance(error, ConfigError) else REFUSED, str(error))
