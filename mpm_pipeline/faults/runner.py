"""Runs one fault against one loader: a world, a simulator, a proxy before it, the run, the re-run, the comparison.

The loader runs in a process of its own with a time limit; processes are forked from a server that has the libraries loaded.
"""

import multiprocessing
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from mpm_pipeline.faults.bench import BENCHES, DAY, START, Bench, text, write
from mpm_pipeline.faults.changes import CHANGES
from mpm_pipeline.faults.fault import Fault
from mpm_pipeline.faults.injection import Injection
from mpm_pipeline.faults.loader import Held, Order, Outcome
from mpm_pipeline.faults.loaders import find
from mpm_pipeline.faults.proxy import FOREIGN_HOST, Proxy
from mpm_pipeline.faults.truth import Wanted, gone, shown
from mpm_pipeline.faults.verdict import Attempt, Difference, Truth, compare, judge, plain
from mpm_pipeline.simulator.server import Simulator

TIME_LIMIT = 25.0
HOUR = 3_600.0
PRELOADED = [
    "mpm_pipeline.faults.loaders.ours",
    "mpm_pipeline.faults.loaders.mutants",
    "mpm_pipeline.faults.loaders.dlt_rest",
    "pandera.backends.pandas.register",
    "pandera.backends.pandas.builtin_checks",
]


@dataclass(frozen=True)
class Result:
    """What one fault did to one loader."""

    fault: Fault
    loader: str
    verdict: str
    first: Attempt
    again: Attempt | None = None
    struck: tuple[int, ...] = ()
    foreign_requests: int = 0
    foreign_credentials: int = 0
    changes_shown: int = 0

    @property
    def words(self) -> str:
        """Say in a line what came out."""
        parts = [str(self.first.difference) if _status(self.first) == 0 else _end(self.first)]
        if self.again is not None:
            parts.append(f"re-run: {self.again.difference if _status(self.again) == 0 else _end(self.again)}")
        if self.foreign_requests:
            token = "with" if self.foreign_credentials else "without"
            parts.append(f"{self.foreign_requests} requests to a foreign host, {token} credentials")
        return "; ".join(parts)


class Stage:
    """Everything around one fault: its world behind a proxy, and a destination."""

    def __init__(self, fault: Fault, loader: str, folder: Path, limit: float) -> None:
        self.fault, self.loader, self.limit = fault, loader, limit
        self.bench = BENCHES[fault.vendor]
        lines, before = self.bench.lines(), self.bench.lines()
        if fault.change:
            CHANGES[fault.change](self.bench, lines)
        self.changed = [line for stream, rows in lines.items() for line in rows if line not in before[stream]]
        self.simulator = Simulator(write(self.bench, lines, folder / "world"))
        self.destination = folder / "destination"

    @contextmanager
    def open(self) -> Iterator[None]:
        """Serve the world through the proxy, and a second one that plays a foreign host."""
        bench = self.bench
        self.simulator.start()
        try:
            site = self.simulator.sites[bench.vendor]
            with Proxy(site.base_url, bench.rewrites, host=FOREIGN_HOST) as self.foreign:
                self.proxy = Proxy(
                    site.base_url, bench.rewrites, bench.rows_at, bench.fields, self.foreign.url, self.advance
                )
                with self.proxy:
                    site.base_url = self.proxy.url
                    yield
        finally:
            self.simulator.stop()

    def advance(self, seconds: float) -> None:
        """Move the vendor's clock, and with it its world."""
        self.simulator.clock.advance(timedelta(seconds=seconds))

    def changes_shown(self) -> int:
        """Return how many of the lines by which the world differs have taken effect by now: shown, deleted or gone."""
        now = text(self.simulator.clock.now())
        return sum(1 for line in self.changed if str(line.get("until") or line["at"]) <= now)

    def attempt(self) -> Attempt:
        """Let the loader run once and compare."""
        wanted = self._wanted()
        before = len(self.proxy.log)
        site = self.simulator.sites[self.bench.vendor]
        order = Order(
            self.bench.vendor, self.proxy.url, site.credentials, self.destination, START.date().isoformat(), tuple(wanted)
        )  # fmt: skip
        truth = self._truth(wanted)
        began = time.monotonic()
        told = in_process(self.loader, order, wanted, self.limit)
        seconds = time.monotonic() - began
        asked = Counter(one.text for one in self.proxy.log[before:])
        repeated = sum(count - 1 for count in asked.values())
        if told is None:
            return Attempt(None, seconds=seconds, requests=asked.total(), repeated=repeated)
        outcome, held, peak = told
        difference = compare(
            self._truth(wanted), held, self.proxy.altered, truth, self._gone(wanted), outcome.noticed
        )  # fmt: skip
        return Attempt(outcome, difference, seconds, peak, asked.total(), repeated)

    def _wanted(self) -> dict[str, tuple[str, ...]]:
        known = find(self.loader).streams(self.bench.vendor)
        return {stream: fields for stream, fields in self.bench.compared.items() if stream in known}

    def _truth(self, wanted: Wanted) -> Truth:
        """Return what a destination should hold: what the world shows now, and what a source has lost without a word."""
        there = shown(self.simulator.world, self.bench.vendor, wanted, self.simulator.clock.now())
        if not self.fault.lost:
            return there
        left = self._gone(wanted)
        return {stream: {**left[stream], **rows} for stream, rows in there.items()}

    def _gone(self, wanted: Wanted) -> Truth:
        return gone(self.simulator.world, self.bench.vendor, wanted, self.simulator.clock.now())


def run_fault(fault: Fault, loader: str, limit: float = TIME_LIMIT) -> Result:
    """Put one fault to one loader and judge."""
    with tempfile.TemporaryDirectory(prefix="mpm-faults-", ignore_cleanup_errors=True) as folder:
        stage = Stage(fault, loader, Path(folder), limit)
        with stage.open():
            return _judged(stage, fault, loader)


def _judged(stage: Stage, fault: Fault, loader: str) -> Result:
    if fault.second:
        before = stage.attempt()
        if _status(before) != 0:
            return Result(fault, loader, "-", before)
        if not before.difference.is_exact:
            return Result(fault, loader, "W", before)
        stage.advance(DAY)
    injections = [aimed(one, stage.bench) for one in fault.injections]
    stage.proxy.arm(*injections)
    first = stage.attempt()
    struck = tuple(one.struck for one in stage.proxy.armed)
    effects = stage.changes_shown()
    has_struck = (any(struck) or not struck) and (effects > 0 or not fault.change)
    stage.proxy.disarm()
    if fault.stays:
        stage.proxy.arm(*injections)
    again = None
    noticed = first.outcome is not None and not first.difference.unnoticed
    is_exact = _status(first) == 0 and first.difference.is_exact
    if fault.settles or not is_exact and not (fault.lost and noticed):
        stage.advance(HOUR)
        again = stage.attempt()
    foreign = len(stage.foreign.log)
    credentials = sum(one.has_credentials for one in stage.foreign.log)
    leaked = bool(foreign) and fault.follows_links
    verdict = judge(first, again, has_struck=has_struck, lost_at_source=fault.lost, leaked=leaked)
    if verdict == "S" and again is not None and not again.difference.is_exact:
        verdict = "W"
    return Result(fault, loader, verdict, first, again, struck, foreign, credentials, effects)


def aimed(injection: Injection, bench: Bench) -> Injection:
    """Return an injection with the vendor's own paths: empty is the long list, `token` the token's place, `any` every request."""
    path = {"": bench.path, "token": bench.token_path, "any": ""}.get(injection.path, injection.path)
    return replace(injection, path=path)


def in_process(
    loader: str, order: Order, wanted: Mapping[str, tuple[str, ...]], limit: float
) -> tuple[Outcome, Held, float] | None:
    """Run a loader in a process of its own; None when it had to be killed at its limit."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(there, loader, order, dict(wanted)), daemon=True)
    process.start()
    there.close()
    try:
        if not here.poll(limit):
            return None
        found: tuple[Outcome, Held, float] = here.recv()
        return found
    except EOFError:
        return Outcome(1, "the loader's process died"), Held({}), 0.0
    finally:
        process.kill()
        process.join()
        here.close()


def _child(there: Connection, name: str, order: Order, wanted: Mapping[str, tuple[str, ...]]) -> None:
    loader = find(name)
    base = _peak()
    try:
        outcome = loader.load(order)
    except Exception as error:
        outcome = Outcome(1, f"{type(error).__name__}: {error}"[:300])
    peak = _peak() - base
    try:
        held = loader.held(order)
    except Exception as error:
        outcome, held = Outcome(outcome.status or 1, f"{outcome.words} unreadable: {error}"[:300]), Held({})
    rows = {
        stream: {key: _cut(row, fields) for key, row in held.rows.get(stream, {}).items()}
        for stream, fields in wanted.items()
    }
    there.send((outcome, Held(rows, held.refused), peak))
    there.close()


def _cut(row: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    return {name: plain(row.get(name)) for name in fields}


def _peak() -> float:
    """Return the peak memory of this process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _status(attempt: Attempt) -> int | None:
    return None if attempt.outcome is None else attempt.outcome.status


def _end(attempt: Attempt) -> str:
    if attempt.outcome is None:
        return f"killed after {attempt.seconds:.0f} s"
    return f"exit {attempt.outcome.status} ({attempt.outcome.words[:160]})"


__all__ = ["Bench", "Difference", "Result", "in_process", "run_fault"]
