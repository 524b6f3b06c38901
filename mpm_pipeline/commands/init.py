"""`mpm init`: a commented mpm.toml with every setting, and a template of every file that people write.

Settings stand there commented out, so that a default is never pinned by accident; what each means comes from the settings
tree and the file contracts themselves. Nothing that is there is ever overwritten.
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

import click

from mpm_pipeline.commands import options
from mpm_pipeline.errors import ConfigError

HEAD = """\
# Settings of this home. Every key stands here with its default; take the leading `# ` away to change one.
# Later beats earlier: defaults, a demo world's own settings, this file, the environment (MPM_SECTION__KEY,
# for example MPM_COMPANY__TIME_ZONE). Secrets are better kept in the environment. `mpm doctor` shows what counts.
"""
README = """\
One template for each file that the pipeline reads, with its header row. Fill those that you have (CSV, Parquet or Excel) and
set files.url in mpm.toml to this folder. Delete the others: an empty file says "there is none", a missing one says nothing.

Each file is a full snapshot: a row that is gone is deleted, a row that changed is restated. The first column is the key.
Amounts are decimal texts in major units (1234.50), days 2026-03-31, instants 2026-03-31T09:30:00Z, yes and no are true and
false, lists a;b. Other columns are kept and ignored. Without a required column (*) no row of the file can be used.
"""


@click.command()
@options.home
@options.as_json
def init(home_text: str | None, is_json: bool) -> None:
    """Write a commented mpm.toml and a template of every file into the home; what is there stays as it is."""
    from mpm_pipeline.contracts.files import FILES, columns
    from mpm_pipeline.warehouse.home import Home

    home = Home.open(options.folder(home_text))
    files = home.root / "files"
    described = {
        name: (" ".join((contract.__doc__ or "").split()), columns(contract)) for name, contract in FILES.items()
    }
    wanted = {home.settings_file: settings_text(files), files / "README.txt": readme_text(described)}
    wanted |= {
        files / f"{name}.csv": ",".join(column.name for column in found) + "\n"
        for name, (_, found) in described.items()
    }
    written, kept = _write(wanted)
    document = {"status": "done", "home": str(home.root), "written": written, "kept": kept}
    options.answer(document, is_json, _words(home.root, written, kept))


def settings_text(files: Path) -> str:
    """Return mpm.toml with every section and key, its default and what it means, all commented out."""
    from pydantic import SecretStr

    from mpm_pipeline.settings import Settings

    lines = [HEAD]
    for section, field in Settings.model_fields.items():
        keys: dict[str, Any] = getattr(field.annotation, "model_fields", {})
        if not keys:
            continue
        lines.append(f"[{section}]")
        for name, key in keys.items():
            default = key.default.get_secret_value() if isinstance(key.default, SecretStr) else key.default
            lines.append(f"# {name} = {_toml(default)}".ljust(42) + f"  # {key.description}")
        if section == "files":
            lines.append(f"# for the templates beside this file: url = {_toml(str(files))}")
        lines.append("")
    return "\n".join(lines)


def readme_text(described: dict[str, tuple[str, list[Any]]]) -> str:
    """Return what every column of every file means, with the required ones marked."""
    lines = [README]
    for name, (grain, found) in described.items():
        lines += [f"{name}: {grain}", ""]
        for column in found:
            mark = "*" if column.is_required else " "
            allowed = f" ({', '.join(column.allowed)})" if column.allowed else ""
            lines.append(f"  {mark} {column.name:<20} {column.wire:<9} {column.description}{allowed}")
        lines.append("")
    return "\n".join(lines)


def _toml(value: Any) -> str:
    if isinstance(value, date):
        return json.dumps(value.isoformat())
    return json.dumps(value, ensure_ascii=False)


def _write(wanted: dict[Path, str]) -> tuple[list[str], list[str]]:
    """Write what is missing; the settings file may hold secrets one day, so only its owner may read it."""
    written: list[str] = []
    kept: list[str] = []
    for file, text in wanted.items():
        if file.exists():
            kept.append(str(file))
            continue
        fresh = file.with_name(f"{file.name}.part")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(text, encoding="utf-8")
            if file.suffix == ".toml":
                fresh.chmod(0o600)
            fresh.replace(file)
        except OSError as error:
            raise ConfigError(
                f"{file} cannot be written: {error.strerror}; make room for it or name another --home"
            ) from None
        written.append(str(file))
    return written, kept


def _words(root: Path, written: list[str], kept: list[str]) -> str:
    lines = [f"{len(written)} files written, {len(kept)} were there and stay as they are"]
    lines += [f"  wrote {name}" for name in written] + [f"  kept  {name}" for name in kept]
    lines += ["", f"Next: set the address and credentials of a source in {root / 'mpm.toml'}, then `mpm doctor`."]
    return "\n".join(lines)
