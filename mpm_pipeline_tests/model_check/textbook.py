"""The loader of the textbook, small enough to be seen through, and the ways in which loaders of this field are wrong.

It keeps a watermark, looks back, sweeps ids and reads tombstones. Each wrong one differs from it in one habit.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mpm_pipeline.sources.connector import Days
from mpm_pipeline_tests.model_check.shop import FIRST_DAY, Crash, Row, Shop


@dataclass(frozen=True)
class Habits:
    """What a loader does; the defaults are right."""

    takes_ties: bool = True
    """Asks from the watermark on (`>=`), not only after it (`>`)."""
    looks_back: bool = True
    """Asks for some days before the watermark again."""
    sweeps: bool = True
    """Compares ids with what the source shows, and names what vanished."""
    sweep_finds_late: bool = True
    """Takes what is shown and was never landed, or only as older than it is shown."""
    sweeps_by_count: bool = False
    """Sweeps only when the numbers differ."""
    deletes_what_vanished: bool = False
    """Takes rows out that are no longer shown, without a word."""
    reads_tombstones: bool = True
    checkpoint_first: bool = False
    """Writes the watermark before the rows."""
    trusts_half: bool = False
    """Takes an answer that broke off for the whole."""
    upserts: bool = True
    newest_wins: bool = True
    """Of two versions with one stamp takes the one that came last."""


LOOK_BACK = timedelta(days=7)


class Textbook:
    """A loader in memory: rows, watermark and losses survive a crash, nothing else does."""

    def __init__(self, shop: Shop, habits: Habits | None = None) -> None:
        self.shop, self.habits = shop, habits or Habits()
        self.rows: list[tuple[str, int]] = []
        self.stamps: dict[str, datetime] = {}
        self.gone: set[str] = set()
        self.mark: datetime | None = None

    def close(self) -> None:
        """Nothing is held."""

    def die_before(self, place: str) -> None:
        """It has no ledger."""

    def held(self) -> dict[str, int]:
        assert len(self.rows) == len(dict(self.rows)), "a deal counts twice"
        return dict(self.rows)

    def lost(self) -> set[str]:
        return self.gone

    def run(self) -> None:
        try:
            self._load()
            if self.habits.sweeps and (not self.habits.sweeps_by_count or len(self.rows) != len(self.shop.rows)):
                self._sweep()
        except (Crash, Exception):
            return

    def _load(self) -> None:
        since = self.mark
        if since is not None and self.habits.looks_back:
            since -= LOOK_BACK
        newest = self.shop.clock
        if self.habits.checkpoint_first:
            self.mark = newest
        days = Days(FIRST_DAY, self.shop.clock.date(), True, newest)
        try:
            for page in self.shop.read(days):
                self._take([self.shop.rows[key] for key in map(_key, page.payloads)], since)
                for key, _ in page.deleted if self.habits.reads_tombstones else ():
                    self._put_out(key)
        except Exception:
            if not self.habits.trusts_half:
                raise
        self.mark = newest

    def _take(self, rows: list[Row], since: datetime | None) -> None:
        for row in rows:
            if since is None or row.stamp > since or (row.stamp == since and self.habits.takes_ties):
                known = self.stamps.get(row.key)
                if known is None or row.stamp > known or (row.stamp == known and self.habits.newest_wins):
                    self._put(row)

    def _sweep(self) -> None:
        shown = {
            _key(payload)
            for one in self.shop.shown(FIRST_DAY, self.shop.clock, lambda _: [])
            for payload in one.page.payloads
        }
        for key in shown if self.habits.sweep_finds_late else ():
            row = self.shop.rows[key]
            if key not in self.stamps or self.stamps[key] < row.stamp:
                self._put(row)
        vanished = {key for key, _ in self.rows} - shown
        if self.habits.deletes_what_vanished:
            for key in vanished:
                self._put_out(key)
        else:
            self.gone = vanished

    def _put(self, row: Row) -> None:
        if self.habits.upserts:
            self.rows = [one for one in self.rows if one[0] != row.key]
        self.rows.append((row.key, row.value))
        self.stamps[row.key] = row.stamp

    def _put_out(self, key: str) -> None:
        self.rows = [one for one in self.rows if one[0] != key]
        self.gone.discard(key)


RIGHT = Habits()
MARK_ALONE = Habits(looks_back=False, sweep_finds_late=False)
"""Right as long as nothing comes late."""
NONE_LATE, LITTLE_LATE = timedelta(0), timedelta(days=5)

WRONG = {
    "> for >=": (Habits(looks_back=False), {"takes_ties": False}, None),
    "no look-back": (Habits(sweep_finds_late=False), {"looks_back": False}, LITTLE_LATE),
    "no sweep": (RIGHT, {"sweeps": False}, None),
    "sweep of vanished alone": (RIGHT, {"sweep_finds_late": False}, None),
    "sweep by count": (RIGHT, {"sweeps_by_count": True}, None),
    "delete what vanished": (RIGHT, {"deletes_what_vanished": True}, None),
    "no tombstones": (RIGHT, {"reads_tombstones": False}, None),
    "checkpoint before data": (MARK_ALONE, {"checkpoint_first": True}, NONE_LATE),
    "half an answer is the whole": (MARK_ALONE, {"trusts_half": True}, NONE_LATE),
    "append": (RIGHT, {"upserts": False}, None),
    "first of equal stamps wins": (RIGHT, {"newest_wins": False}, None),
}
"""Wrong loaders: a right one, the habit in which the wrong one differs, and how late records may come for the right one (none: any)."""


def _key(payload: bytes) -> str:
    return payload.split(b'"')[3].decode()
