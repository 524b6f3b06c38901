"""Options that several commands share, and how an answer is printed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

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
    from mpm_pipeline.orchestration.session import home_path

    return home_path(text)


def answer(document: Any, is_json: bool, words: str) -> None:
    """Print the document as JSON, or the words."""
    click.echo(json.dumps(document, default=str) if is_json else words)
