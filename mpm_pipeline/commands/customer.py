"""`mpm customer resolve`: identity resolution of a file of records, without a home and without Dagster."""

from pathlib import Path
from typing import Any

import click

from mpm_pipeline.commands import options


@click.group()
def customer() -> None:
    """Resolve people and companies of any sources into one customer each."""


@customer.command(short_help="Resolve a file of records.")
@click.argument("records", metavar="IN.parquet", type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder for the tables, one Parquet file each.",
)
@click.option(
    "--previous",
    default=None,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder of an earlier --out, whose ids are kept.",
)
@click.option(
    "--decisions",
    default=None,
    metavar="FILE.parquet",
    type=click.Path(path_type=Path),
    help="What people decided on pairs: yes, no or unsure.",
)
@options.as_json
def resolve(records: Path, out: Path, previous: Path | None, decisions: Path | None, is_json: bool) -> None:
    """Say which records are one person and one account, under ids that stay.

    Needed columns: source and record_id; known ones: names, email, phone, company, website, street and more (docs/how-to/resolve-customers.md).
    """
    from mpm_pipeline.customer.resolution import records as reading
    from mpm_pipeline.customer.resolution.resolve import resolve as run
    from mpm_pipeline.customer.resolution.tables import Resolution

    click.echo(f"reading {records}", err=True)
    before = Resolution.open(previous) if previous else None
    told = reading.table_of(decisions) if decisions else None
    found = run(records, previous=before, decisions=told)
    found.write(out)
    counts: dict[str, Any] = {
        "records": found.crosswalk.num_rows,
        "people": found.golden_person.num_rows,
        "accounts": found.golden_account.num_rows,
        "suppressed_keys": found.key_guard_report.num_rows,
        "to_review": found.review_queue.num_rows,
        "retired_ids": found.id_redirect.num_rows,
    }
    words = (
        f"{counts['records']:,} records are {counts['people']:,} people and {counts['accounts']:,} accounts. "
        f"{counts['suppressed_keys']:,} keys join nobody (key_guard_report), {counts['to_review']:,} pairs wait for a person "
        f"(review_queue), {counts['retired_ids']:,} ids are retired (id_redirect). The tables are in {out}."
    )
    options.answer({**counts, "out": str(out)}, is_json, words)
