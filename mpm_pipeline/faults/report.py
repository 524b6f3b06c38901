"""How results are shown: a table for people, JSON for programs, a page for the documentation."""

from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any

from mpm_pipeline.faults.catalogue import FAULTS
from mpm_pipeline.faults.fault import Fault
from mpm_pipeline.faults.runner import TIME_LIMIT, Result
from mpm_pipeline.faults.verdict import VERDICTS, Attempt


def document(results: Iterable[Result]) -> dict[str, Any]:
    """Return what `mpm faults --json` prints."""
    rows = [_row(one) for one in results]
    loaders = list(dict.fromkeys(row["loader"] for row in rows))
    counts = {name: dict(Counter(row["verdict"] for row in rows if row["loader"] == name)) for name in loaders}
    return {"verdicts": VERDICTS, "counts": counts, "results": rows}


def is_good(results: Iterable[Result], loader: str) -> bool:
    """Say whether a loader got no verdict but those that the catalogue expects of a good one."""
    return all(one.verdict in one.fault.expected for one in results if one.loader == loader)


def page(results: Sequence[Result]) -> str:
    """Return the page for the documentation: every fault with what is right, and the verdicts of the loaders that were run."""
    loaders = list(dict.fromkeys(one.loader for one in results))
    found = {(one.fault.name, one.loader): one for one in results}
    names = {fault.name for fault in FAULTS}
    lines = [
        "# Faults",
        "",
        f"{len(FAULTS)} named faults over four vendors, run by `mpm faults --all`. A raw-socket proxy stands between a loader and a "
        "simulated vendor and does the damage; then the loader's destination is compared with the world, row by row.",
        "",
        "A fault that did not happen proves nothing: of every injection is counted how often it struck, and of every change of the world "
        "how much of it showed (`injections_struck`, `changes_shown` of `--json`). `refutes` names a loader kept wrong on purpose "
        "(`mutant:NAME`) that falls over the fault; `good` are the verdicts that a good loader may get.",
        "",
        "Verdicts: " + "; ".join(f"{letter} {words}" for letter, words in VERDICTS.items()) + ".",
        "",
    ]
    if loaders:
        lines += [_how(loaders), ""]
        lines += ["| verdict | " + " | ".join(loaders) + " |", "|---|" + "---|" * len(loaders)]
        for letter, words in VERDICTS.items():
            counts = [
                sum(1 for one in results if one.loader == name and one.verdict == letter and one.fault.name in names)
                for name in loaders
            ]
            lines.append(f"| {letter} {words} | " + " | ".join(map(str, counts)) + " |")
        lines.append("")
    for kind in dict.fromkeys(fault.kind for fault in FAULTS):
        lines += [f"## {kind.capitalize()}", ""]
        lines += ["| fault | what happens | what is right | " + " | ".join(["refutes", "good", *loaders]) + " |"]
        lines += ["|---|---|---|---|---|" + "---|" * len(loaders)]
        for fault in (one for one in FAULTS if one.kind == kind):
            verdicts = [found[fault.name, name].verdict if (fault.name, name) in found else "" for name in loaders]
            refutes = f"`{fault.refutes}`" if fault.refutes else "nobody"
            cells = [f"`{fault.name}`", fault.text, fault.right, refutes, fault.expected, *verdicts]
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def _how(loaders: Sequence[str]) -> str:
    """Say how the columns came about: one run, one time limit, which versions."""
    told = {
        "ours": "`ours` is this project's client, landing and staging",
        "httpx": "`httpx` a plain loop over httpx {}",
        "dlt": "`dlt` the `rest_api` source of dlt {} into DuckDB",
    }
    words = [told[name].format(version(name) if name != "ours" else "") for name in loaders if name in told]
    return (
        f"All columns are of one run of `mpm faults --all{''.join(f' --loader {name}' for name in loaders)}`; a loader that has not "
        f"ended after {TIME_LIMIT:g} s is killed, whoever it is (H).{' ' * bool(words)}"
        + "; ".join(words)
        + "." * bool(words)
    )


def line(one: Result) -> tuple[str, ...]:
    """Return one row of the table for people."""
    mark = "" if one.verdict in one.fault.expected else "!"
    attempt = one.first
    return (
        one.fault.name, one.loader, one.verdict + mark, f"{attempt.seconds:.1f}", f"{attempt.peak_mib:.0f}",
        str(attempt.repeated), one.words[:110],
    )  # fmt: skip


HEADER = ("fault", "loader", "verdict", "seconds", "peak MiB", "repeated", "what came out")


def described(fault: Fault) -> dict[str, Any]:
    """Return a fault as plain values, without what is done to the wire."""
    return {
        "name": fault.name, "kind": fault.kind, "vendor": fault.vendor, "text": fault.text, "right": fault.right,
        "expected": fault.expected, "refutes": fault.refutes,
    }  # fmt: skip


def _row(one: Result) -> dict[str, Any]:
    return described(one.fault) | {
        "fault": one.fault.name, "loader": one.loader, "verdict": one.verdict,
        "is_expected": one.verdict in one.fault.expected, "injections_struck": list(one.struck),
        "changes_shown": one.changes_shown, "words": one.words,
        "foreign_requests": one.foreign_requests, "foreign_requests_with_credentials": one.foreign_credentials,
        "run": _attempt(one.first), "re_run": _attempt(one.again) if one.again else None,
    }  # fmt: skip


def _attempt(one: Attempt) -> dict[str, Any]:
    return {
        "status": one.outcome.status if one.outcome else None, "difference": str(one.difference),
        "seconds": round(one.seconds, 2), "peak_mib": round(one.peak_mib), "requests": one.requests,
        "requests_repeated": one.repeated,
    }  # fmt: skip
