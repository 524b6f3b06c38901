"""Ranges of days, and what a source needs before it can be asked."""

from datetime import UTC, date, datetime

import pytest

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.errors import ConfigError
from mpm_pipeline.settings import Settings
from mpm_pipeline.sources import connector
from mpm_pipeline.sources.connector import Days, Page, connect, in_lots

AS_OF = datetime(2026, 6, 3, 9, 30, tzinfo=UTC)


def test_days_are_whole_utc_days() -> None:
    """A range of days is asked from the first instant of the first to the first instant after the last."""
    days = Days(date(2026, 6, 1), date(2026, 6, 3), False, AS_OF)
    assert [day.day for day in days.each()] == [1, 2, 3]
    assert days.since == days.starts_at == datetime(2026, 6, 1, tzinfo=UTC)
    assert days.ends_at == datetime(2026, 6, 4, tzinfo=UTC)


def test_the_first_partition_has_no_lower_bound() -> None:
    """Whatever is stamped before the first day belongs to it."""
    assert Days(date(2026, 6, 1), date(2026, 6, 3), True, AS_OF).since is None


def test_looking_back_ends_at_the_first_partition() -> None:
    """A look back of seven days holds today and the seven before, and never begins before the first partition."""
    back = Days.back_from(AS_OF, 7, date(2024, 1, 1))
    assert (back.first, back.last, back.reaches_start) == (date(2026, 5, 27), date(2026, 6, 3), False)
    young = Days.back_from(AS_OF, 7, date(2026, 6, 2))
    assert (young.first, young.reaches_start) == (date(2026, 6, 2), True)


def test_a_missing_credential_is_named() -> None:
    """The message names the settings, their variables and how to do without."""
    settings = Settings.model_validate({"salesforce": {"url": "http://127.0.0.1:1", "client_id": "me"}})
    with pytest.raises(ConfigError) as caught:
        connect(settings)
    assert "salesforce.client_secret is not set" in str(caught.value)
    assert "MPM_SALESFORCE__CLIENT_SECRET" in str(caught.value)
    assert "client_id" not in str(caught.value)


def test_sources_that_are_off_are_not_made() -> None:
    """A source without an address, or switched off, has no connector."""
    assert connect(Settings()) == []
    off = {"salesforce": {"url": "http://127.0.0.1:1", "enabled": False}}
    assert connect(Settings.model_validate(off)) == []


DEALS, TASKS = Stream("crm", "Deal", ("id",), "thing"), Stream("crm", "Task", ("id",), "thing")


def test_pages_of_one_stream_are_joined() -> None:
    """Payloads, stamps and tombstones stay in their order; another stream begins another lot."""
    pages = [
        Page(DEALS, [b"1", b"2"], ["a", "b"], [("x", "c")]),
        Page(DEALS, [b"3"], ["d"], [("y", "e")]),
        Page(TASKS, [b"4"]),
        Page(DEALS, [b"5"], ["f"]),
    ]
    first, second, third = in_lots(pages)
    assert first == Page(DEALS, [b"1", b"2", b"3"], ["a", "b", "d"], [("x", "c"), ("y", "e")])
    assert (second, third) == (Page(TASKS, [b"4"], None, []), Page(DEALS, [b"5"], ["f"], []))


def test_pages_with_stamps_of_their_own_stand_apart_from_those_without() -> None:
    """A payload that carries its own stamp is not given an empty one in its place."""
    lots = list(in_lots([Page(DEALS, [b"1"], ["a"]), Page(DEALS, [b"2"]), Page(DEALS, [b"3"])]))
    assert [(lot.payloads, lot.stamps) for lot in lots] == [([b"1"], ["a"]), ([b"2", b"3"], None)]


def test_a_lot_ends_when_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page that fills it is its last; none is lost."""
    monkeypatch.setattr(connector, "LOT", 3)
    lots = in_lots(Page(DEALS, [b"a", b"b"]) for _ in range(5))
    assert [len(lot.payloads) for lot in lots] == [4, 4, 2]
    assert list(in_lots([])) == []
