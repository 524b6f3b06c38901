"""`mpm customer`: identity resolution of a file of records, and what a past run said; without a home."""

from pathlib import Path
from typing import Any

import click

from mpm_pipeline.commands import options
from mpm_pipeline.errors import ConfigError


@click.group()
def customer() -> None:
    """Resolve people and companies of any sources into one customer each."""


@customer.command(short_help="Resolve a file of records.")
@click.argument("records", metavar="IN.parquet", type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the tables, one Parquet file each.",
)
@click.option(
    "--previous",
    default=None,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder of an earlier --out, may be --out itself: records that are not named stay, and so do ids.",
)
@click.option(
    "--whole", is_flag=True, help="The records are everything: what --previous has and they have not is gone."
)
@click.option(
    "--decisions",
    default=None,
    metavar="FILE.parquet",
    type=click.Path(path_type=Path),
    help="What people decided on pairs: yes, no or unsure; earlier decisions stand.",
)
@click.option("--as-of", "as_of", default=None, metavar="INSTANT", help="When this is known; default: the newest instant of the records.")  # fmt: skip
@options.as_json
def resolve(
    records: Path,
    out: Path,
    previous: Path | None,
    whole: bool,
    decisions: Path | None,
    as_of: str | None,
    is_json: bool,
) -> None:
    """Say which records are one person and one account, under ids that stay.

    Needed columns: source and record_id; known ones: names, email, phone, company, website, street and more (docs/how-to/resolve-customers.md).
    """
    from mpm_pipeline.customer.resolution.resolve import resolve as run
    from mpm_pipeline.customer.resolution.tables import Resolution
    from mpm_pipeline.sources.clock import instant

    click.echo(f"reading {records}", err=True)
    before = Resolution.open(previous) if previous else None
    found = run(
        records, previous=before, decisions=decisions, as_of=instant("--as-of", as_of) if as_of else None, whole=whole
    )
    found.write(out)
    counts: dict[str, Any] = {
        name: found.kept(table).num_rows
        for name, table in (
            ("records", "record"), ("people", "golden_person"), ("accounts", "golden_account"), ("suppressed_keys", "key_guard_report"),
            ("to_review", "review_queue"), ("retired_ids", "id_redirect"),
        )
    }  # fmt: skip
    words = (
        f"{counts['records']:,} records are {counts['people']:,} people and {counts['accounts']:,} accounts. "
        f"{counts['suppressed_keys']:,} keys join nobody (key_guard_report), {counts['to_review']:,} pairs wait for a person "
        f"(review_queue), {counts['retired_ids']:,} ids are retired (id_redirect). The tables are in {out}."
    )
    recorded = found.recorded_at.isoformat() if found.recorded_at else None
    options.answer({**counts, "recorded_at": recorded, "out": str(out)}, is_json, words)


@customer.command("as-of", short_help="What a past run said.")
@click.argument("when", metavar="INSTANT")
@click.option(
    "--from", "folder", required=True, metavar="DIR", type=click.Path(path_type=Path), help="Folder of a --out."
)
@click.option(
    "--out", required=True, metavar="FILE.parquet", type=click.Path(path_type=Path), help="Where the crosswalk goes."
)
@options.as_json
def as_of(when: str, folder: Path, out: Path, is_json: bool) -> None:
    """Write the crosswalk as the newest run at INSTANT told it: which customer each record was said to be."""
    import pyarrow.parquet as pq

    from mpm_pipeline.customer.resolution.crosswalk import crosswalk_as_of
    from mpm_pipeline.customer.resolution.tables import Resolution
    from mpm_pipeline.sources.clock import instant

    known = Resolution.open(folder)
    moment = instant("INSTANT", when)
    runs = [one for one in known.run["recorded_at"].to_pylist() if one <= moment]
    if not runs:
        first = known.run["recorded_at"][0].as_py() if known.run.num_rows else None
        raise ConfigError(f"nothing was known at {when}; the first run of {folder} was recorded at {first}")
    found = crosswalk_as_of(known.crosswalk, moment)
    try:
        pq.write_table(found, out)
    except OSError as error:
        raise ConfigError(f"{out} cannot be written ({error.strerror}); name another --out") from error
    words = f"{found.num_rows:,} records as the run of {runs[-1]:%Y-%m-%d %H:%M:%S} UTC told them are in {out}."
    options.answer({"records": found.num_rows, "recorded_at": runs[-1].isoformat(), "out": str(out)}, is_json, words)
