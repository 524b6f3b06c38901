"""`mpm faults`: puts loaders to the faults of the catalogue and shows what they make of them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mpm_pipeline.commands import options
from mpm_pipeline.errors import ConfigError

if TYPE_CHECKING:
    from mpm_pipeline.faults.fault import Fault
    from mpm_pipeline.faults.runner import Result

SHORT = ("reset-salesforce", "error-in-200-marketo", "empty-page-stripe", "gzip-cut-linkedin", "number-nan-stripe")
"""What is run when nothing is named: a taste, in half a minute."""


@click.command()
@click.argument("names", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Run every fault; without it and without names, a short selection.")
@click.option("--list", "is_list", is_flag=True, help="Only list the faults.")
@click.option("--vendor", default=None, help="Only the faults of one vendor.")
@click.option(
    "--loader", "loaders", multiple=True, default=("ours",), show_default=True,
    help="ours, httpx, dlt, mutant:NAME or module:attribute; may be given several times.",
)  # fmt: skip
@click.option(
    "--page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page for documentation here, as results come.",
)
@options.as_json
def faults(
    names: tuple[str, ...],
    is_all: bool,
    is_list: bool,
    vendor: str | None,
    loaders: tuple[str, ...],
    page: Path | None,
    is_json: bool,
) -> int:
    """Put loaders to faults by NAMES (parts of names will do) and compare what they loaded with the world, row by row.

    Exit code 4 when a loader got a verdict that a good one must not get.
    """
    from mpm_pipeline.faults import report

    chosen = _chosen(names, is_all or is_list, vendor)
    if is_list:
        rows = [report.described(one) for one in chosen]
        words = options.table(("fault", "what happens"), [(one.name, one.text) for one in chosen])
        options.answer(rows, is_json, words)
        return 0
    results: list[Result] = []
    for result in _run(chosen, loaders):
        results.append(result)
        if page is not None:
            page.write_text(report.page(results), encoding="utf-8")
    document = report.document(results)
    options.answer(document, is_json, _words(results, document))
    return 0 if all(report.is_good(results, loader) for loader in loaders) else 4


def _chosen(names: Sequence[str], is_all: bool, vendor: str | None) -> list["Fault"]:
    from mpm_pipeline.faults.catalogue import BASELINES, FAULTS

    everything = (*BASELINES, *FAULTS)
    wanted = names or (("",) if is_all else SHORT)
    found = [one for one in everything if any(name in one.name for name in wanted) and vendor in (None, one.vendor)]
    if not found:
        raise ConfigError("no fault is named so; `mpm faults --list` shows all names")
    return found


def _run(chosen: Sequence["Fault"], loaders: Sequence[str]) -> Iterator["Result"]:
    from mpm_pipeline.faults.loaders import find
    from mpm_pipeline.faults.runner import run_fault

    for loader in loaders:
        able = find(loader)
        for one in chosen:
            if able.streams(one.vendor):
                result = run_fault(one, loader)
                click.echo(f"{result.verdict} {loader} {one.name}: {result.words[:120]}", err=True)
                yield result


def _words(results: Sequence["Result"], document: dict[str, Any]) -> str:
    from mpm_pipeline.faults import report

    counts = [
        f"{loader}: " + ", ".join(f"{count} {document['verdicts'][letter]}" for letter, count in sorted(found.items()))
        for loader, found in document["counts"].items()
    ]
    return options.table(report.HEADER, [report.line(one) for one in results]) + "\n\n" + "\n".join(counts)
