"""Options that several commands share, and how an answer is printed."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from mpm_pipeline.errors import ConfigError

Command = Callable[..., Any]


def home(command: Command) -> Command:
    """Add `--home`."""
    return click.option(
        "--home", "home_text", default=None, metavar="DIR", help="Home folder; default: MPM_HOME, else ./mpm-home."
    )(command)


def as_json(command: Command) -> Command:
    """Add `--json`."""
    return click.option("--json", "is_json", is_flag=True, help="Print one JSON document on standard output.")(command)


def folder(text: str | None) -> Path:
    """Return the home folder that a command works on."""
    from mpm_pipeline.warehouse.home import home_path

    return home_path(text)


@contextmanager
def turn(root: Path, what: str) -> Iterator[None]:
    """Hold a home that was run before from the command's first moment: a busy one is told before anything heavy is loaded.

    A home that is new is held by the run itself, once its settings are known to be sound.
    """
    from mpm_pipeline.warehouse.home import Home
    from mpm_pipeline.warehouse.lock import hold

    home = Home(root.expanduser().absolute())
    with hold(home, what) if home.locks.is_dir() else nullcontext():
        yield


def existing(text: str | None) -> Path:
    """Return the home folder of a command that only looks, under the settings that a demo filled it with, if one did."""
    from mpm_pipeline.orchestration.demo import recall

    root = folder(text)
    if not (root / "ledger.sqlite").is_file():
        raise ConfigError(
            f"the home folder {root} holds no data yet; name another by --home, or run `mpm run` or `mpm demo`"
        )
    recall(root)
    return root


def answer(document: Any, is_json: bool, words: str) -> None:
    """Print the document as JSON, or the words."""
    click.echo(json.dumps(document, default=str, ensure_ascii=False) if is_json else words)


def utc(moment: datetime | None) -> str | None:
    """Write an instant for machines, such as 2026-03-31T09:30:00Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Lay rows out in columns; numbers to the right, null as a dash."""
    texts = [[_cell(value) for value in row] for row in rows]
    values = [*texts, list(header)]
    widths = [max(len(row[place]) for row in values) for place in range(len(header))]
    right = [bool(texts) and all(_is_number(row[place]) for row in texts) for place in range(len(header))]
    lines = []
    for row in (list(header), ["-" * width for width in widths], *texts):
        cells = [
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def _is_number(text: str) -> bool:
    return text == "-" or text.lstrip("+-")[:1].isdigit()
