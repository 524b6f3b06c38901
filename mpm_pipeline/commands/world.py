"""`mpm world generate` and `mpm simulator`: a made-up company, and the vendors that serve it on loopback."""

from pathlib import Path

import click

from mpm_pipeline.commands import options
from mpm_pipeline.errors import ConfigError


@click.group()
def world() -> None:
    """Make up a company for demos and tests."""


@world.command()
@click.option("--accounts", default=500, show_default=True, help="Companies in the CRM.")
@click.option("--days", default=180, show_default=True, help="Days of activities.")
@click.option("--seed", default=7, show_default=True, help="Same seed, same bytes.")
@options.as_json
@click.argument("directory", type=click.Path(path_type=Path))
def generate(accounts: int, days: int, seed: int, is_json: bool, directory: Path) -> None:
    """Write a world folder to DIRECTORY."""
    from mpm_pipeline.simulator.generator import generate as make

    if accounts < 1 or days < 1:
        raise ConfigError("--accounts and --days must be at least 1")
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise ConfigError(f"{directory} exists and is not empty; name a new folder")
    counts = make(directory, accounts=accounts, days=days, seed=seed, progress=lambda text: click.echo(text, err=True))
    options.answer(counts, is_json, f"{sum(counts.values()):,} records in {len(counts)} files under {directory}")


@click.command()
@click.option("--world", "directory", required=True, type=click.Path(path_type=Path), help="World folder to serve.")
@click.option("--port", default=0, show_default=True, help="Control port; 0: any free one.")
@click.option("--now", default=None, metavar="INSTANT", help="Clock, ISO 8601; default: the world's own now.")
def simulator(directory: Path, port: int, now: str | None) -> None:
    """Serve a world over the vendors' own protocols on loopback until it is stopped."""
    from mpm_pipeline.simulator.server import serve_forever

    serve_forever(directory, port, now)
