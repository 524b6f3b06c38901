"""Late records: exactly the days that hold what never landed, as long as it has not landed."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from mpm_pipeline.errors import SourceUnavailable
from mpm_pipeline.sources.connector import Days, Page
from mpm_pipeline.sources.fetch import fetch
from mpm_pipeline.sources.late import late_partitions, probe_late
from mpm_pipeline.warehouse.ledger import Ledger, text
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline_tests.sources.canned import AS_OF, CLICK, DAYS, DEAL, DOWN, FIRST_DAY, PLAN, Canned, deal, home

Opened = tuple[RawLog, Ledger]
OLD = deal("1", "2026-06-01T08:00:00Z")


def click(key: str, day: int) -> bytes:
    """A click of a day of June."""
    return f'{{"id":"{key}","at":"2026-06-{day:02d}T05:00:00Z"}}'.encode()


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """A home in which one deal and one click have landed."""
    raw, ledger = home(tmp_path)
    fetch(Canned(Page(DEAL, [OLD]), Page(CLICK, [click("c", 2)])), raw, ledger, DAYS, "run-1")
    return raw, ledger


def test_nothing_new_requests_nothing(opened: Opened) -> None:
    """What has landed is no news, and the probe itself lands nothing."""
    raw, ledger = opened
    source = Canned(Page(DEAL, [OLD]), Page(CLICK, [click("c", 2)]))
    assert probe_late(source, raw, ledger, AS_OF) == 0
    assert late_partitions(ledger, raw) == {}
    assert (source.asked[0].first, source.asked[0].reaches_start) == (FIRST_DAY, True)


def test_late_records_request_exactly_their_days(opened: Opened) -> None:
    """A late fact asks for the day of its own instant, a changed thing for the day of its new stamp, and no other."""
    raw, ledger = opened
    source = Canned(
        Page(DEAL, [OLD]),
        Page(DEAL, [deal("1", "2026-06-03T09:00:00Z")]),
        Page(CLICK, [click("c", 2), click("late", 1)]),
    )
    assert probe_late(source, raw, ledger, AS_OF) == 2
    assert late_partitions(ledger, raw) == {"crm": [date(2026, 6, 1), date(2026, 6, 3)]}
    assert [row["rows"] for row in ledger.batches("crm", "Click")] == [1]


def looking_far(source: Canned, *pages: Page | Exception) -> list[datetime]:
    """Let a source show these pages in its weekly look; return the list of its looks."""
    looks: list[datetime] = []

    def watch_weekly(_: date, as_of: datetime) -> Iterator[Page]:
        looks.append(as_of)
        yield from Canned(*pages).read(DAYS)

    source.watch_weekly = watch_weekly  # type: ignore[method-assign, assignment]
    return looks


def test_once_a_week_it_looks_farther_back(opened: Opened) -> None:
    """The first look goes far back, one six days later does not, one after seven days does again."""
    raw, ledger = opened
    source = Canned()
    looks = looking_far(source, Page(CLICK, [click("far", 1)]))
    for days in (0, 6, 7):
        probe_late(source, raw, ledger, AS_OF + timedelta(days=days))
    assert looks == [AS_OF, AS_OF + timedelta(days=7)]


def test_a_clock_set_back_does_not_put_off_the_weekly_look(opened: Opened) -> None:
    """A look noted years ahead counts as none: the next probe looks far, and from then on once a week again."""
    raw, ledger = opened
    source = Canned()
    looks = looking_far(source)
    probe_late(source, raw, ledger, AS_OF + timedelta(days=3000))
    for days in (0, 6, 7):
        probe_late(source, raw, ledger, AS_OF + timedelta(days=days))
    assert looks[1:] == [AS_OF, AS_OF + timedelta(days=7)]


def test_what_the_weekly_look_saw_stays_until_its_day_was_read(opened: Opened) -> None:
    """The run that was to read the day failed: the next hours ask for it again; read without that version, it is asked for no more."""
    raw, ledger = opened
    source, later = Canned(), AS_OF + timedelta(days=20)
    looking_far(source, Page(CLICK, [click("far", 1)]))
    for hours in (0, 1, 2):
        at = later + timedelta(hours=hours)
        assert probe_late(source, raw, ledger, at) == 1
        assert late_partitions(ledger, raw) == {"crm": [FIRST_DAY]}
        assert [row["seen_as_of"] for row in ledger.sightings()] == [text(at)]
    fetch(Canned(), raw, ledger, Days(FIRST_DAY, FIRST_DAY, True, later + timedelta(hours=2.5)), "run-2")
    assert probe_late(source, raw, ledger, later + timedelta(hours=3)) == 0


def test_a_weekly_look_that_fails_keeps_what_the_daily_one_saw(opened: Opened) -> None:
    """The far days cannot be asked for: the error goes on, what came late of the last days is noted, and the next hour looks far again."""
    raw, ledger = opened
    source = Canned(Page(CLICK, [click("late", 3)]))
    looks = looking_far(source, DOWN)
    for _ in range(2):
        with pytest.raises(SourceUnavailable):
            probe_late(source, raw, ledger, AS_OF)
        assert late_partitions(ledger, raw) == {"crm": [date(2026, 6, 3)]}
    assert len(looks) == 2


def test_what_has_landed_meanwhile_does_not_count(opened: Opened) -> None:
    """Level, not edge: the same sightings request nothing more once their rows are there, without a new probe."""
    raw, ledger = opened
    source = Canned(Page(CLICK, [click("late", 1)]))
    probe_late(source, raw, ledger, AS_OF)
    assert late_partitions(ledger, raw) == late_partitions(ledger, raw) == {"crm": [date(2026, 6, 1)]}
    fetch(source, raw, ledger, DAYS, "run-2")
    assert late_partitions(ledger, raw) == {}


def test_a_thing_that_moved_on_is_no_difference(opened: Opened) -> None:
    """That a day no longer shows a thing which has landed there asks for nothing."""
    raw, ledger = opened
    assert probe_late(Canned(Page(CLICK, [click("c", 2)])), raw, ledger, AS_OF) == 0


def test_deletes_count_like_versions(opened: Opened) -> None:
    """A delete that never landed asks for its day, once it landed no more."""
    raw, ledger = opened
    source = Canned(Page(DEAL, deleted=[("1", "2026-06-02T10:00:00Z")]))
    probe_late(source, raw, ledger, AS_OF)
    assert late_partitions(ledger, raw) == {"crm": [date(2026, 6, 2)]}
    fetch(source, raw, ledger, DAYS, "run-2")
    assert late_partitions(ledger, raw) == {}


def test_a_delete_at_the_instant_of_the_newest_version_is_seen(opened: Opened) -> None:
    """A delete is another version than the record that was stamped in the same instant."""
    raw, ledger = opened
    assert probe_late(Canned(Page(DEAL, deleted=[("1", "2026-06-01T08:00:00Z")])), raw, ledger, AS_OF) == 1


def test_a_changed_fact_without_a_stamp_counts_by_its_content(opened: Opened) -> None:
    """Facts carry no stamp, so another payload under a known key is a version that never landed."""
    raw, ledger = opened
    changed = click("c", 2).replace(b"}", b',"n":2}')
    assert probe_late(Canned(Page(CLICK, [changed])), raw, ledger, AS_OF) == 1


def test_a_changed_snapshot_asks_for_today(opened: Opened) -> None:
    """A file has no days of its own, so what changed in it asks for the day of as-of."""
    raw, ledger = opened
    fetch(Canned(Page(PLAN, [b'{"id":"1","n":1}'])), raw, ledger, DAYS, "run-2")
    probe_late(Canned(Page(PLAN, [b'{"id":"1","n":2}'])), raw, ledger, AS_OF)
    assert late_partitions(ledger, raw) == {"crm": [AS_OF.date()]}


def test_what_a_probe_no_longer_sees_is_no_longer_asked_for(opened: Opened) -> None:
    """The newest look of a source stands in the place of the one before; what was seen at another source stays."""
    raw, ledger = opened
    other = Canned(Page(CLICK, [click("other", 2)]))
    other.source = "web"
    for source in (Canned(Page(CLICK, [click("late", 1)])), other, Canned(Page(CLICK, [click("c", 2)]))):
        probe_late(source, raw, ledger, AS_OF)
    assert {row["source"] for row in ledger.sightings()} == {"web"}


def test_a_source_that_is_down_keeps_what_was_seen(opened: Opened) -> None:
    """A probe that fails raises, and the sightings of the one before stay."""
    raw, ledger = opened
    probe_late(Canned(Page(CLICK, [click("late", 1)])), raw, ledger, AS_OF)
    with pytest.raises(SourceUnavailable):
        probe_late(Canned(Page(CLICK, [click("x", 2)]), DOWN), raw, ledger, AS_OF)
    assert late_partitions(ledger, raw) == {"crm": [date(2026, 6, 1)]}
