"""The id sweep as a look-back without end: what a source shows and we never landed is read, by its day, however old it is."""

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from mpm_pipeline.errors import SourceUnavailable
from mpm_pipeline.settings import Sweep
from mpm_pipeline.sources.connector import Days, Known, Page, Shown
from mpm_pipeline.sources.fetch import fetch
from mpm_pipeline.sources.marketo.connector import in_turn
from mpm_pipeline.sources.sweep import MOST_RANGES, Swept, due, ranges, sweep
from mpm_pipeline.warehouse import losses, withheld
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline_tests.sources.canned import AS_OF, CLICK, DAYS, DEAL, DOWN, FIRST_DAY, PLAN, Canned, deal, home

LATER = AS_OF + timedelta(days=1)
Opened = tuple[RawLog, Ledger]


class Shows(Canned):
    """A source that shows some ids and, when it is read, yields records or fails."""

    def __init__(self, *shown: Shown, read: Page | Exception | None = None) -> None:
        super().__init__(*([] if read is None else [read]))
        self.there = shown

    def shown(self, first_day: date, as_of: datetime, known: Known, turn: int = 0) -> Iterator[Shown]:
        yield from self.there


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    found = home(tmp_path)
    assert fetch(Canned(Page(DEAL, [deal("1", "2026-06-01T08:00:00Z")])), *found, DAYS, "run-1").state == "done"
    return found


def look(opened: Opened, source: Shows) -> Swept:
    (told,) = sweep(source, *opened, LATER, Sweep(), "run-2")
    return told


def deals(*stamps: str) -> list[bytes]:
    return [deal(str(place), f"2026-{stamp}:00Z") for place, stamp in enumerate(stamps, start=1)]


def test_a_record_that_never_landed_is_read_by_its_day(opened: Opened) -> None:
    """Deal 2 of 2 June shows first on the 4th: the 2nd is asked for again and deal 2 lands; it is no loss."""
    late = deals("06-01T08:00", "06-02T09:00")
    source = Shows(Shown(Page(DEAL, late)), read=Page(DEAL, late))
    assert look(opened, source).unknown == 1
    assert source.asked == [Days(date(2026, 6, 2), date(2026, 6, 2), False, LATER)]
    assert losses.alive(opened[0], DEAL, LATER) == ["1", "2"] and losses.losses(opened[1]) == []


def test_what_is_older_than_the_first_day_lies_in_the_first(opened: Opened) -> None:
    """Deal 2 is dated two years back: the first day is asked for, with all that lies before it."""
    late = deals("06-01T08:00", "06-02T09:00")
    source = Shows(Shown(Page(DEAL, [late[0], deal("2", "2024-01-01T00:00:00Z")])), read=Page(DEAL, late))
    look(opened, source)
    assert source.asked == [Days(FIRST_DAY, FIRST_DAY, True, LATER)]


def test_nothing_is_read_when_all_that_is_shown_has_landed(opened: Opened) -> None:
    """Nor for a record that was stamped after the run began: the next run reads it."""
    source = Shows(Shown(Page(DEAL, deals("06-01T08:00", "06-04T12:30"))))
    assert look(opened, source).unknown == 0
    assert source.asked == []


@pytest.mark.parametrize(("is_read_by_stamp", "asked"), [(True, [date(2026, 6, 2)]), (False, [])])
def test_a_change_that_was_missed_is_read_where_stamps_tell_it(
    opened: Opened, is_read_by_stamp: bool, asked: list[date]
) -> None:
    """Deal 1 shows a newer stamp of 2 June: asked for where `read` goes by these stamps, else it would be in vain for ever."""
    newer = deals("06-02T09:00")
    source = Shows(Shown(Page(DEAL, newer), is_read_by_stamp=is_read_by_stamp), read=Page(DEAL, newer))
    look(opened, source)
    assert [days.first for days in source.asked] == asked


def test_older_facts_are_late_but_never_lost(opened: Opened) -> None:
    """Clicks are whole from 3 June on. Of 1 June click a landed and click b shows: b is read, and a is not lost."""
    a, b = (f'{{"id":"{key}","at":"2026-06-01T05:00:00Z"}}'.encode() for key in "ab")
    assert fetch(Canned(Page(CLICK, [a])), *opened, DAYS, "run-1").state == "done"
    whole = Shown(Page(CLICK), datetime(2026, 6, 3, tzinfo=AS_OF.tzinfo))
    source = Shows(whole, Shown(Page(CLICK, [b])), read=Page(CLICK, [b]))
    assert look(opened, source).unknown == 1
    assert losses.alive(opened[0], CLICK, LATER) == ["a", "b"] and losses.losses(opened[1]) == []


def test_days_that_cannot_be_read_leave_the_sweep_due(opened: Opened) -> None:
    """The sweep fails with the source's words and is tried again by the next run."""
    source = Shows(Shown(Page(DEAL, deals("06-01T08:00", "06-02T09:00"))), read=DOWN)
    with pytest.raises(SourceUnavailable, match="503"):
        look(opened, source)
    assert due(opened[1], "crm", LATER, 1)


def test_days_that_follow_one_another_are_one_range_and_too_many_ranges_are_one() -> None:
    """Three days with a gap are two ranges; 32 single days are one range from the first to the last."""
    first = date(2026, 6, 1)
    assert ranges([first + timedelta(days=n) for n in (4, 0, 1)]) == [
        (first, first + timedelta(days=1)),
        (first + timedelta(days=4), first + timedelta(days=4)),
    ]
    single = [first + timedelta(days=2 * n) for n in range(MOST_RANGES + 1)]
    assert ranges(single) == [(single[0], single[-1])]
    day_before = first - timedelta(days=1)
    assert ranges([*single, day_before]) == [(day_before, single[-1])]
    assert len(ranges(single[1:])) == MOST_RANGES


def test_older_months_come_by_in_turn() -> None:
    """A hundred days are four months; with four sweeps running each comes by once, together they are the hundred days."""
    first, end = date(2026, 1, 1), date(2026, 4, 11)
    found = [in_turn(first, end, AS_OF, turn, 7) for turn in range(5, 9)]
    assert sorted(day for days in found if days for day in days.each()) == [
        first + timedelta(days=n) for n in range((end - first).days)
    ]
    assert in_turn(first, first, AS_OF, 5, 7) is None


@pytest.mark.parametrize("sweeps", [7, 3, 1])
@pytest.mark.parametrize("days", [1, 217, 218, 1000, 4000])
def test_all_older_months_come_by_within_a_week(sweeps: int, days: int) -> None:
    """However long the history, the sweeps of a week see every day of it, though a day joins with each of them."""
    first = date(2016, 1, 1)
    seen: set[date] = set()
    for turn in range(12, 12 + sweeps):
        part = in_turn(first, first + timedelta(days=days + turn - 12), AS_OF, turn, sweeps)
        seen |= set(part.each() if part else [])
    assert seen >= {first + timedelta(days=n) for n in range(days)}


def test_an_older_version_is_read_after_a_sweep_that_was_cut_off(opened: Opened) -> None:
    """Deal 1 went back to the version of 31 May: its day fails once, and the next sweep asks for it again, known as the loss is."""
    back = Shown(Page(DEAL, [deal("1", "2026-05-31T08:00:00Z")]))
    with pytest.raises(SourceUnavailable):
        look(opened, Shows(back, read=DOWN))
    source = Shows(back, read=Page(DEAL, [deal("1", "2026-05-31T08:00:00Z")]))
    look(opened, source)
    assert len(source.asked) == 1
    look(opened, source)
    assert len(source.asked) == 1, "a loss that is known and was read is not read at every sweep"


def test_a_late_record_whose_day_comes_without_it_is_told_until_it_lands(opened: Opened, caplog) -> None:
    """Deal 2 of 2 June shows, and its day is read in vain: told with its day, once in the log, asked for again, and over when it lands."""
    late = deals("06-01T08:00", "06-02T09:00")
    vain = Shows(Shown(Page(DEAL, late)), read=Page(DEAL, late[:1]))
    assert (look(opened, vain).withheld, look(opened, vain).withheld) == (1, 1)
    assert len(vain.asked) == 2
    assert [one.message for one in caplog.records if "came without them" in one.message] == [
        "crm: 1 Deal are shown, but the days in which they lie came without them (first 2026-06-02): they are in no figure"
    ]
    ((name, rows),) = withheld.open_by_stream(opened[0], "crm", LATER).items()
    assert name == ("crm", "Deal") and [(row["key"], row["day"]) for row in rows] == [("2", "2026-06-02")]
    assert losses.losses(opened[1]) == []
    assert withheld.open_by_stream(opened[0], "crm", AS_OF) == {}
    assert look(opened, Shows(Shown(Page(DEAL, late)), read=Page(DEAL, late))).withheld == 0
    assert withheld.open_by_stream(opened[0], "crm", LATER) == {}


def test_a_withheld_record_that_lands_with_another_day_is_no_longer_told(opened: Opened) -> None:
    """An hourly reading brings deal 2 after the sweep looked in vain: nothing is left to tell from then on, as it was known before."""
    late = deals("06-01T08:00", "06-02T09:00")
    look(opened, Shows(Shown(Page(DEAL, late)), read=Page(DEAL, late[:1])))
    hour = LATER + timedelta(hours=1)
    days = Days(FIRST_DAY, LATER.date(), True, hour)
    assert fetch(Canned(Page(DEAL, late)), *opened, days, "run-3").state == "done"
    assert withheld.open_by_stream(opened[0], "crm", hour) == {}
    assert len(withheld.open_by_stream(opened[0], "crm", LATER)) == 1


def test_a_record_without_a_stamp_is_late_too(opened: Opened) -> None:
    """Deal 2 shows with a null stamp: it never landed, so the first day is asked for, where such records lie."""
    unstamped = b'{"id":"2","stamp":null}'
    source = Shows(
        Shown(Page(DEAL, [*deals("06-01T08:00"), unstamped]), is_read_by_stamp=True), read=Page(DEAL, [unstamped])
    )
    assert look(opened, source).unknown == 1
    assert source.asked == [Days(FIRST_DAY, FIRST_DAY, True, LATER)]
    assert look(opened, source).unknown == 0
    assert len(source.asked) == 1


class InTurn(Shows):
    """Notes whose turn it is with each sweep."""

    def __init__(self, *shown: Shown, read: Page | Exception | None = None) -> None:
        super().__init__(*shown, read=read)
        self.turns: list[int] = []
        self.spans: set[tuple[date, datetime]] = set()

    def shown(self, first_day: date, as_of: datetime, known: Known, turn: int = 0) -> Iterator[Shown]:
        self.turns.append(turn)
        self.spans.add((first_day, as_of))
        yield from self.there


def test_turns_go_by_sweeps_that_ended_and_not_by_the_calendar(opened: Opened) -> None:
    """Seven days between sweeps, and one that is cut off: the turn moves on by one with each that ended."""
    late = deals("06-01T08:00", "06-02T09:00")
    source = InTurn(Shown(Page(DEAL, late)), read=DOWN)
    with pytest.raises(SourceUnavailable):
        sweep(source, *opened, LATER, Sweep(), "run-2")
    source.pages = [Page(DEAL, late)]
    for week in range(3):
        sweep(source, *opened, LATER + timedelta(days=7 * week), Sweep(), "run-2")
    assert source.turns == [0, 0, 1, 2]
    assert source.spans == {(FIRST_DAY, LATER + timedelta(days=7 * week)) for week in range(3)}


def test_a_delete_that_is_shown_is_no_loss(opened: Opened) -> None:
    """A source may show among its records which were deleted: the delete is late, and its day is asked for."""
    gone = [("1", "2026-06-02T09:00:00Z")]
    source = Shows(Shown(Page(DEAL, deleted=gone), is_read_by_stamp=True), read=Page(DEAL, deleted=gone))
    assert (look(opened, source).lost, losses.losses(opened[1])) == (0, [])


def test_what_came_late_is_told_in_the_log(opened: Opened, caplog) -> None:
    """How many of what, and how many of them were not given; withheld and late ones of a stream that has none are not told."""
    caplog.set_level(logging.INFO)
    late = deals("06-01T08:00", "06-02T09:00", "06-02T10:00")
    found = look(opened, Shows(Shown(Page(DEAL, late)), read=Page(DEAL, late[:2])))
    assert (found.stream, found.held, found.unknown, found.withheld) == ("Deal", 1, 2, 1)
    words = "crm: 2 Deal came late by more than the look-back, 1 of them were shown and not given"
    assert [one.message for one in caplog.records if "came late" in one.message] == [words]
    caplog.clear()
    assert look(opened, Shows(Shown(Page(DEAL, late[:2])))).unknown == 0 and caplog.records == []


def test_a_snapshot_has_no_late_records(opened: Opened) -> None:
    """It is read whole with every run, and nothing is asked for because of it."""
    assert fetch(Canned(Page(PLAN, [b'{"id":"1"}'])), *opened, DAYS, "run-2").state == "done"
    source = Shows(Shown(Page(PLAN, [b'{"id":"1"}', b'{"id":"2"}'])))
    assert look(opened, source).unknown == 0 and source.asked == []


def test_days_are_asked_for_as_known_then(opened: Opened) -> None:
    """From the first day up to that of as-of, each range by itself; only the one from the first day reaches the start."""
    late = deals("06-01T08:00", "06-03T09:00", "06-09T09:00", "05-01T00:00")
    source = Shows(Shown(Page(DEAL, late), is_read_by_stamp=True), read=Page(DEAL, late))
    look(opened, source)
    third = date(2026, 6, 3)
    assert source.asked[:2] == [Days(FIRST_DAY, FIRST_DAY, True, LATER), Days(third, third, False, LATER)]


def test_a_sweep_is_wanted_until_it_has_ended(opened: Opened) -> None:
    """Its state says so while it reads, and how far it came when it ends."""
    ledger = opened[1]
    late = deals("06-01T08:00", "06-02T09:00")
    with pytest.raises(SourceUnavailable, match="answered 503"):
        look(opened, Shows(Shown(Page(DEAL, late)), read=DOWN))
    assert ledger.state("crm")["sweep_wanted"] == "yes" and "swept_as_of" not in ledger.state("crm")
    look(opened, Shows(Shown(Page(DEAL, late)), read=Page(DEAL, late)))
    state = ledger.state("crm")
    assert (state["sweep_wanted"], state["swept_as_of"], state["sweeps"]) == ("no", LATER.isoformat(), "1")


@pytest.mark.parametrize(("days", "hours", "is_due"), [(1, 11, False), (1, 12, True), (2, 35, False), (2, 36, True)])
def test_days_between_sweeps_are_utc_days(opened: Opened, days: int, hours: int, is_due: bool) -> None:
    """Swept at noon: the next is due with the new day, and not when so many hours have passed."""
    look(opened, Shows(Shown(Page(DEAL, deals("06-01T08:00")))))
    assert due(opened[1], "crm", LATER + timedelta(hours=hours), days) is is_due
    zone = timezone(timedelta(hours=9))
    assert due(opened[1], "crm", (LATER + timedelta(hours=hours)).astimezone(zone), days) is is_due
