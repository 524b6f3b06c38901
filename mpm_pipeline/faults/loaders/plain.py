"""A plain loop over httpx as it is written every day: status checked, JSON read, a cursor kept, rows kept by their keys.

`Habits` are the ways in which such loops differ; the loaders kept wrong on purpose (`mutants`) are this loop with a bad one.
"""

import json
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx

from mpm_pipeline.faults.bench import BENCHES, milliseconds, text, wire_stamp
from mpm_pipeline.faults.loader import Held, Loader, Order, Outcome
from mpm_pipeline.faults.loaders.paging import WALKS, absolute, key_and_stamp

Rows = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Habits:
    """What a loop does; the defaults are those of a careful beginner."""

    mark: str = ">="
    timeout: float | None = 5.0
    follows: bool = False
    tries: int = 3
    lenient: bool = False
    keeps_first: bool = False
    appends: bool = False
    reads_all: bool = False
    drops_vanished: bool = False
    skips_odd: bool = False
    tidies: bool = False
    guesses_encoding: bool = True
    stops_at_odd: bool = False
    pages_by_stamp: bool = False
    marks_end: bool = False


class Plain:
    """A loop with habits; its destination is a JSON file."""

    def __init__(self, name: str = "httpx", habits: Habits | None = None) -> None:
        self.name = name
        self.habits = habits or Habits()

    def streams(self, source: str) -> tuple[str, ...]:
        """Return the long list only."""
        return (BENCHES[source].main,)

    def load(self, order: Order) -> Outcome:
        """Read what is new by the cursor and keep it."""
        rows, cursor = _read(order.destination)
        seen: set[str] = set()
        words, ended = "", datetime.fromtimestamp(0, UTC)

        def note(answer: httpx.Response) -> None:
            nonlocal ended
            if answer.headers.get("date"):
                ended = max(ended, parsedate_to_datetime(answer.headers["date"]))

        with httpx.Client(
            timeout=self.habits.timeout, follow_redirects=self.habits.follows, event_hooks={"response": [note]}
        ) as client:
            try:
                for page in self._pages(self._asker(client, order), order, cursor):
                    cursor = self._take(order, page, rows, seen, cursor)
            except Exception as error:
                if not self.habits.lenient:
                    return Outcome(1, f"{type(error).__name__}: {error}"[:200])
                words = "took what came"
        if self.habits.marks_end and rows:
            cursor = _as_stamp(order.source, ended)
        if self.habits.drops_vanished:
            rows = {key: row for key, row in rows.items() if key in seen}
        _write(order.destination, rows, cursor)
        return Outcome(0, words)

    def held(self, order: Order) -> Held:
        """Return the rows of the file."""
        return Held({BENCHES[order.source].main: _read(order.destination)[0]})

    def _pages(self, ask: Callable[..., Any], order: Order, cursor: Any) -> Iterator[list[Any]]:
        walk, stamp = WALKS[order.source], key_and_stamp(order.source)[1]
        since = None if self.habits.reads_all else cursor
        if not self.habits.pages_by_stamp:
            yield from walk(ask, order, since, self.habits.mark)
            return
        while page := next(walk(ask, order, since, ">="[: 1 if since else 2]), []):
            yield page
            since = max(row[stamp] for row in page)

    def _asker(self, client: httpx.Client, order: Order) -> Callable[..., Any]:
        def ask(method: str, link: str, **more: Any) -> Any:
            form = more.pop("form", None)
            for left in range(self.habits.tries - 1, -1, -1):
                try:
                    answer = client.request(method, absolute(order, link), data=form, **more)
                    answer.raise_for_status()
                    return answer.json() if self.habits.guesses_encoding else json.loads(answer.content.decode())
                except (httpx.HTTPError, ValueError):
                    if not left:
                        raise
                    time.sleep(0.05)
            raise AssertionError("the last try answers or raises")

        return ask

    def _take(self, order: Order, page: list[Any], rows: Rows, seen: set[str], cursor: Any) -> Any:
        key, stamp = key_and_stamp(order.source)
        for row in page:
            if self.habits.skips_odd and not _is_odd_free(row, order.source):
                continue
            if self.habits.stops_at_odd and not (
                _is_odd_free(row, order.source) and _shape(row, key) == _shape(page[0], key)
            ):
                raise ValueError("an odd row")
            name = str(row[key])
            seen.add(name)
            row = _tidy(row) if self.habits.tidies else row
            if self.habits.tidies and _number(row, order.source) <= 0:
                continue
            if self.habits.appends and name in rows:
                name = f"{name} again"
            if not (self.habits.keeps_first and name in rows):
                rows[name] = row
            cursor = row[stamp] if cursor is None else max(cursor, row[stamp])
        return cursor


def _as_stamp(source: str, at: datetime) -> Any:
    """Write an instant as the cursor of a source."""
    stamps = {
        "salesforce": wire_stamp,
        "marketo": text,
        "linkedin": milliseconds,
        "stripe": lambda at: int(at.timestamp()),
    }
    return stamps[source](at)


def _shape(row: dict[str, Any], key: str) -> tuple[frozenset[str], type]:
    return frozenset(row), type(row[key])


def _number(row: dict[str, Any], source: str) -> float:
    value = row.get(BENCHES[source].fields["number"], 1)
    return float(value) if isinstance(value, int | float) else 1.0


def _is_odd_free(row: Any, source: str) -> bool:
    """Say whether a row looks as rows should; loops that ask this often forget to say which did not."""
    fields = BENCHES[source].fields
    return (
        isinstance(row, dict)
        and isinstance(row.get(fields["number"]), int | float)
        and abs(row[fields["number"]]) < 2**62
        and all(isinstance(row.get(fields[role]), str | int) for role in ("key", "stamp", "text"))
        and str(row[fields["stamp"]])[:4].isdigit()
        and str(row[fields["text"]]).isprintable()
    )


def _tidy(row: dict[str, Any]) -> dict[str, Any]:
    """Make texts pretty, as exports to old systems do."""
    return {
        name: "".join(c for c in unicodedata.normalize("NFKC", value) if c.isalnum() or c in " @:-()_.,")[:255].replace("..", "")
        if isinstance(value, str)
        else value
        for name, value in row.items()
    }  # fmt: skip


def _read(folder: Path) -> tuple[Rows, Any]:
    try:
        state = json.loads((folder / "rows.json").read_text())
    except FileNotFoundError:
        return {}, None
    return state["rows"], state["cursor"]


def _write(folder: Path, rows: Rows, cursor: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rows.json").write_text(json.dumps({"rows": rows, "cursor": cursor}))


loader: Loader = Plain()
