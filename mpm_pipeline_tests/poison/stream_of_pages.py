"""Makes pages of good, odd and bad records of one stream by a seed, hands them to the landing loop as a vendor would, and keeps
what must become of each record.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from mpm_pipeline.contracts.registry import records
from mpm_pipeline.sources.connector import Connector, Days, Page
from mpm_pipeline.sources.fetch import fetch
from mpm_pipeline.sources.page import Broken
from mpm_pipeline.sources.reply import Transient
from mpm_pipeline.warehouse import ledger_pages
from mpm_pipeline.warehouse.accept import accept
from mpm_pipeline.warehouse.engine import connect
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline_tests.poison.poisons import BAD_PAGES, ODDITIES, POISONS, SERIAL, Poison
from mpm_pipeline_tests.poison.streams import Target, written

AS_OF = datetime(2026, 6, 30, 12, tzinfo=UTC)
DAYS = Days(date(2026, 6, 1), AS_OF.date(), True, AS_OF)
SHARES = (0.0, 0.02, 0.2, 0.5, 1.0)
"""How bad a page may be."""


@dataclass
class Poisoned(Connector):
    """Yields pages until so many bad records and pages have come; `expected` is the reason of each record, None for good ones."""

    target: Target
    wanted: int
    seed: int
    with_rare: bool = False
    expected: list[str | None] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    bad_rows: int = 0
    bad_pages: int = 0
    taken: int = 0

    def __post_init__(self) -> None:
        self.source = self.target.source
        self.random = random.Random(self.seed)  # noqa: S311
        fitting = [poison for poison in POISONS if poison.applies(self.target)]
        self.poisons = [poison for poison in fitting if not poison.is_rare]
        self.due = [poison for poison in fitting if self.with_rare or not poison.is_rare]

    def probe(self) -> datetime | None:
        return AS_OF

    def read(self, days: Days) -> Iterator[Page]:
        while self.bad_rows + self.bad_pages < self.wanted:
            share = self.random.choice(SHARES)
            rows = [self._row(share) for _ in range(self.random.randint(1, 300))]
            body = self.target.wrap(rows)
            if self.random.random() < 0.2:
                self._hand_in(self.random.choice(BAD_PAGES)(body))
            page = self.target.read(body)
            self.sizes.append(len(rows))
            assert list(page.payloads) == rows, "a page must give every record as it came"
            yield page

    def _row(self, share: float) -> bytes:
        number = len(self.expected)
        members = self.target.good(number) | {SERIAL: str(10_000_000 + number)}
        if self.random.random() < share:
            poison = self._poison()
            self.bad_rows += 1
            self.expected.append(poison.expected(self.target))
            self.names.append(poison.name)
            return poison.damaged(self.target, members)
        self.expected.append(None)
        self.names.append("good")
        return self.random.choice(ODDITIES)(members, self.target) if self.random.random() < 0.1 else written(members)

    def _poison(self) -> Poison:
        """Each poison once, then any of the cheap ones."""
        return self.due.pop() if self.due else self.random.choice(self.poisons)

    def _hand_in(self, body: bytes) -> None:
        """A bad page must be refused whole, in a way that makes the client ask again."""
        self.bad_pages += 1
        try:
            self.target.read(body)
        except (Transient, Broken):
            return
        self.taken += 1


@dataclass
class Found:
    """What became of the records, by the order in which they came; and the pages of the ledger."""

    reasons: list[str | None]
    served: set[str]
    held: int
    pages: list[tuple[int, int, int]]
    """Of each page: rows in, rows out, rows quarantined."""


def run(root: Path, source: Poisoned) -> tuple[RawLog, Found]:
    """Land what the source yields and accept it; every record is told by its place in the raw log."""
    home = Home.open(root)
    raw = RawLog(home, Ledger(home), DAYS.first)
    result = fetch(source, raw, raw.ledger, DAYS, "run")
    assert result.state == "done" and result.rows_in == len(source.expected)
    return raw, _found(raw, source.target)


def _found(raw: RawLog, target: Target) -> Found:
    batches = [row["batch"] for row in raw.ledger.batches(target.source, target.name)]
    pages = ledger_pages.pages(raw.ledger.engine, batches)
    with connect() as connection:
        account = accept(connection, raw, records()[target.source, target.name], AS_OF)
        judged = connection.execute("SELECT batch, row_no, reason FROM read").fetchall()
        table = f'{target.source}."{target.name}"'
        served = {key for (key,) in connection.execute(f"SELECT _key FROM {table}").fetchall()}  # noqa: S608
    assert account.rows_in == account.rows_out + account.rows_quarantined
    order = {batch: place for place, batch in enumerate(batches)}
    reasons = {(order[batch], row_no): reason for batch, row_no, reason in judged}
    listed = [reasons[place] for place in sorted(reasons)]
    counts, at = [], 0
    for page in sorted(pages, key=lambda one: (order[one["batch"]], one["page_no"])):
        own = listed[at : at + page["rows"]]
        counts.append((page["rows"], own.count(None), len(own) - own.count(None)))
        at += page["rows"]
    assert at == len(listed)
    return Found(listed, served, account.rows_quarantined, counts)
