"""The id sweep: what vanished, went back or was given anew is found exactly, stays, and is an incident when it is too much at once."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.errors import SourceUnavailable
from mpm_pipeline.settings import Sweep
from mpm_pipeline.sources.connector import Days, Known, Page, Shown
from mpm_pipeline.sources.fetch import fetch
from mpm_pipeline.sources.sweep import Swept, due, sweep, want
from mpm_pipeline.warehouse import losses
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline_tests.sources.canned import AS_OF, CLICK, DAYS, DOWN, FIRST_DAY, Canned, home

DEAL = Stream("crm", "Deal", ("id",), "thing", stamp="stamp", created="made")
LINE = Stream("crm", "Line", ("id",), "fact", instant="at", parent=("deal", "Deal"))
PERSON = Stream(
    "crm", "Person", ("id",), "thing", stamp="stamp", merged_by=("Merge", "[json_extract_string(payload, '$.lost')]")
)
MERGE = Stream("crm", "Merge", ("id",), "fact", instant="at")
LATER = AS_OF + timedelta(days=1)
Opened = tuple[RawLog, Ledger]


def deal(key: str | int, stamp: str = "01T08", made: str = "01T08", more: str = "") -> bytes:
    """A deal with stamp and creation in June."""
    return f'{{"id":"{key}","stamp":"2026-06-{stamp}:00:00Z","made":"2026-06-{made}:00:00Z"{more}}}'.encode()


class Shows(Canned):
    """A source that shows some pages, or fails in between."""

    def shown(self, first_day: date, as_of: datetime, known: Known, turn: int = 0) -> Iterator[Shown]:
        for page in self.pages:
            if isinstance(page, Exception):
                raise page
            yield Shown(page, datetime(2026, 6, 2, tzinfo=AS_OF.tzinfo) if page.stream == CLICK else None)


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    return home(tmp_path)


def land(opened: Opened, *pages: Page) -> None:
    assert fetch(Canned(*pages), *opened, DAYS, "run-1").state == "done"


def look(opened: Opened, *pages: Page | Exception, **limits: float) -> dict[str, Swept]:
    found = sweep(Shows(*pages), *opened, LATER, Sweep(**limits), "run-2")  # type: ignore[arg-type]
    return {one.stream: one for one in found}


def lost(opened: Opened) -> set[tuple[str, str]]:
    return {(row["key"], row["kind"]) for row in losses.losses(opened[1]) if row["outcome"] is None}


def test_what_vanished_is_listed_exactly(opened: Opened) -> None:
    """Of three deals one is gone; the two that are shown, one of them changed since, and one that was deleted are no loss."""
    land(opened, Page(DEAL, [deal(1), deal(2), deal(3), deal(4)], deleted=[("4", "2026-06-02T00:00:00Z")]))
    told = look(opened, Page(DEAL, [deal(1), deal(3, "04T09")]))
    assert lost(opened) == {("2", "vanished")}
    assert (told["Deal"].held, told["Deal"].lost) == (3, 1)


def test_a_flag_of_deletion_is_a_delete(opened: Opened) -> None:
    """A record whose newest version says that it is deleted may vanish."""
    land(opened, Page(DEAL, [deal(1), deal(2), deal(2, "02T08", more=',"IsDeleted":true')]))
    look(opened, Page(DEAL, [deal(1)]))
    assert lost(opened) == set()


def test_an_insert_does_not_hide_a_loss(opened: Opened) -> None:
    """One gone and one new: the counts agree, the ids do not."""
    land(opened, Page(DEAL, [deal(1), deal(2)]))
    look(opened, Page(DEAL, [deal(1), deal(3, "04T09", "04T09")]))
    assert lost(opened) == {("2", "vanished")}


def test_going_back_to_an_older_version_is_a_loss(opened: Opened) -> None:
    """The source shows a stamp that is older than what landed."""
    land(opened, Page(DEAL, [deal(1), deal(2, "02T08")]))
    look(opened, Page(DEAL, [deal(1), deal(2, "01T08")]))
    assert lost(opened) == {("2", "reversed")}


def test_an_id_with_another_creation_was_given_anew(opened: Opened) -> None:
    """Told whether the other record landed before the sweep or not."""
    land(opened, Page(DEAL, [deal(1), deal(2), deal(2, "03T08", "03T08")]))
    look(opened, Page(DEAL, [deal(1, "04T08", "04T08"), deal(2, "03T08", "03T08")]))
    assert lost(opened) == {("1", "given_anew"), ("2", "given_anew")}


def test_facts_before_what_was_asked_are_left_alone(opened: Opened) -> None:
    """Clicks were asked for from the second of June on: the one of the first is not missed, that of the second is."""
    land(opened, Page(CLICK, [b'{"id":"a","at":"2026-06-01T05:00:00Z"}', b'{"id":"b","at":"2026-06-02T05:00:00Z"}']))
    look(opened, Page(CLICK))
    assert lost(opened) == {("b", "vanished")}


def test_what_goes_with_a_deleted_parent_is_no_loss(opened: Opened) -> None:
    """Lines of a deleted deal vanish without a word, those of a deal that is there do not."""
    lines = [f'{{"id":"{key}","deal":"{key}","at":"2026-06-01T05:00:00Z"}}'.encode() for key in (1, 2)]
    land(opened, Page(DEAL, [deal(1), deal(2)], deleted=[("2", "2026-06-02T00:00:00Z")]), Page(LINE, lines))
    look(opened, Page(DEAL, [deal(1)]), Page(LINE))
    assert lost(opened) == {("1", "vanished")}


def test_what_a_merge_took_away_is_no_loss(opened: Opened) -> None:
    """The merge names the one that is gone."""
    people = [f'{{"id":"{key}","stamp":"2026-06-01T05:00:00Z"}}'.encode() for key in (1, 2, 3)]
    land(opened, Page(PERSON, people), Page(MERGE, [b'{"id":"m","at":"2026-06-02T05:00:00Z","lost":"2"}']))
    look(opened, Page(PERSON, people[:1]))
    assert lost(opened) == {("3", "vanished")}


@pytest.mark.parametrize(("gone", "is_incident"), [(20, False), (21, True)])
def test_too_much_at_once_is_an_incident(opened: Opened, gone: int, is_incident: bool) -> None:
    """More than 20 rows and more than 1 %; the newest record is shown, so that only the number tells."""
    every = [deal(1, "03T08", "03T08"), *(deal(key) for key in range(2, 102))]
    land(opened, Page(DEAL, every))
    told = look(opened, Page(DEAL, every[: len(every) - gone]))
    assert (told["Deal"].fresh, told["Deal"].is_incident) == (gone, is_incident)


def test_many_of_very_many_are_none(opened: Opened) -> None:
    """21 of 101 are below a share of a quarter."""
    every = [deal(1, "03T08", "03T08"), *(deal(key) for key in range(2, 102))]
    land(opened, Page(DEAL, every))
    assert not look(opened, Page(DEAL, every[:80]), max_lost_rate=0.25)["Deal"].is_incident


def test_a_source_that_went_back_in_time_is_an_incident(opened: Opened) -> None:
    """One record lost, but it was the newest of all."""
    land(opened, Page(DEAL, [deal(1), deal(2, "03T08", "03T08")]))
    assert look(opened, Page(DEAL, [deal(1)]))["Deal"].is_incident


def test_a_known_loss_is_told_once_and_a_return_is_noted(opened: Opened) -> None:
    """A second look adds nothing; when the record is back, its loss is closed, and may be found anew."""
    land(opened, Page(DEAL, [deal(1), deal(2)]))
    look(opened, Page(DEAL, [deal(1)]))
    assert look(opened, Page(DEAL, [deal(1)]))["Deal"].fresh == 0
    look(opened, Page(DEAL, [deal(1), deal(2)]))
    assert lost(opened) == set()
    assert [row["outcome"] for row in losses.losses(opened[1])] == ["returned"]


def test_a_stream_that_is_not_shown_is_not_judged(opened: Opened) -> None:
    """No page, no loss; a page without rows is another matter."""
    land(opened, Page(DEAL, [deal(1)]))
    assert look(opened) == {} and lost(opened) == set()
    look(opened, Page(DEAL))
    assert lost(opened) == {("1", "vanished")}


def test_a_source_that_fails_midway_tells_nothing_of_that_stream(opened: Opened) -> None:
    """Half a list proves nothing, and the sweep is still due."""
    land(opened, Page(DEAL, [deal(1), deal(2)]))
    with pytest.raises(SourceUnavailable):
        look(opened, Page(DEAL, [deal(1)]), DOWN)
    assert lost(opened) == set()
    assert due(opened[1], "crm", LATER, 1)


def test_a_sweep_is_due_once_a_day_and_after_a_failure(opened: Opened) -> None:
    """Never in a fresh home; then once; on the same day only when the source had failed; never when switched off."""
    raw, ledger = opened
    assert not due(ledger, "crm", AS_OF, 1)
    land(opened, Page(DEAL, [deal(1)]))
    assert not due(ledger, "crm", AS_OF, 1) and due(ledger, "crm", LATER, 1) and not due(ledger, "crm", LATER, 0)
    look(opened, Page(DEAL, [deal(1)]))
    same_day = LATER + timedelta(hours=5)
    assert not due(ledger, "crm", same_day, 1)
    fetch(Canned(DOWN), raw, ledger, Days(FIRST_DAY, LATER.date(), True, same_day), "run-3")
    want(ledger, "crm")
    assert due(ledger, "crm", same_day, 1)


def test_a_home_whose_first_runs_were_cut_off_is_swept(opened: Opened) -> None:
    """Rows landed and no day counts as read: what the source lost before the first whole run is found by that run."""
    raw, ledger = opened
    raw.append(DEAL, [deal(1), deal(2)], extracted_at=AS_OF)
    assert not due(ledger, "crm", AS_OF, 1) and not due(ledger, "marketing", LATER, 1)
    assert due(ledger, "crm", LATER, 1)
    look(opened, Page(DEAL, [deal(1)]))
    assert lost(opened) == {("2", "vanished")}


def test_a_source_that_was_empty_is_swept(opened: Opened) -> None:
    """Nothing landed, but it was read: what came late since then is found by the sweep alone."""
    land(opened, Page(DEAL))
    assert due(opened[1], "crm", LATER, 1) and not due(opened[1], "marketing", LATER, 1)
