"""What was entered in some hours, from the raw log alone: bounds, kinds of entries, and what the source shows in their place."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.contracts.salesforce import Lead, LeadHistory, Opportunity
from mpm_pipeline.warehouse.entered import Entry, differing, entered, streams
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.losses import GIVEN_ANEW, REVERSED, VANISHED
from mpm_pipeline.warehouse.rawlog import RawLog

START, END = (datetime(2026, 6, 2, hour, tzinfo=UTC) for hour in (10, 15))
NIGHT = datetime(2026, 6, 3, tzinfo=UTC)


@pytest.fixture
def raw(tmp_path: Path) -> RawLog:
    home = Home.open(tmp_path)
    return RawLog(home, Ledger(home), date(2026, 6, 1))


def at(clock: str) -> str:
    """An instant of 2 June."""
    return f"2026-06-02T{clock}Z"


def lead(key: str, made: str, changed: str, **more: Any) -> bytes:
    return json.dumps({"Id": key, "CreatedDate": at(made), "SystemModstamp": at(changed), **more}).encode()


def land(raw: RawLog, *payloads: bytes, contract: Any = Lead, deleted: tuple[tuple[str, str], ...] = ()) -> None:
    raw.append(stream_of(contract), payloads, extracted_at=NIGHT, deleted=deleted)


def told(raw: RawLog, **more: Any) -> list[tuple[str, str, str]]:
    return [(one.stream, one.key, one.what) for one in entered(raw, "salesforce", START, END, **more)]


def test_new_changed_and_deleted_within_the_hours(raw: RawLog) -> None:
    """Their first instant belongs to them, their last does not; what was new and changed after them is still new."""
    land(
        raw,
        lead("1", "10:00:00", "10:00:00"),
        lead("2", "09:00:00", "14:59:59"),
        lead("3", "11:00:00", "18:00:00"),
        lead("4", "15:00:00", "15:00:00"),
        lead("5", "09:59:59", "15:00:00"),
        lead("6", "09:59:59", "09:59:59"),
        deleted=(("7", at("12:00:00")), ("8", at("15:00:00"))),
    )
    assert told(raw) == [
        ("Lead", "1", "new"),
        ("Lead", "2", "changed"),
        ("Lead", "3", "new"),
        ("Lead", "7", "deleted"),
    ]


def test_hours_may_be_given_in_another_time_zone(raw: RawLog) -> None:
    """They are the same hours."""
    from zoneinfo import ZoneInfo

    land(raw, lead("1", "10:00:00", "10:00:00"), lead("2", "09:59:59", "09:59:59"))
    zone = ZoneInfo("Asia/Kolkata")
    assert [one.key for one in entered(raw, "salesforce", START.astimezone(zone), END.astimezone(zone))] == ["1"]


def test_of_a_record_the_newest_version_of_the_hours_is_told(raw: RawLog) -> None:
    """Not the one that came after them; with what it held then, and when it was created and changed."""
    for changed, company in (("11:00:00", "a"), ("12:00:00", "b"), ("16:00:00", "c")):
        land(raw, lead("1", "09:00:00", changed, Company=company))
    (one,) = entered(raw, "salesforce", START, END)
    assert (one.payload["Company"], one.what, one.key, one.stream) == ("b", "changed", "1", "Lead")
    assert one.version_at == datetime(2026, 6, 2, 12, tzinfo=UTC) and one.created_at == datetime(
        2026, 6, 2, 9, tzinfo=UTC
    )
    assert one.incarnation == "2026-06-02T09:00:00.000000+00:00"


def test_an_id_that_was_given_anew_is_two_records(raw: RawLog) -> None:
    """Both were entered in the hours."""
    land(raw, lead("1", "10:30:00", "10:30:00"), lead("1", "12:30:00", "12:30:00"))
    assert [one.incarnation[11:16] for one in entered(raw, "salesforce", START, END)] == ["10:30", "12:30"]


def test_facts_are_entered_at_their_own_instant(raw: RawLog) -> None:
    """They tell no creation besides, and a stream after one of which nothing landed is told too."""
    for key, clock in (("h1", "12:00:00"), ("h2", "15:00:00")):
        payload = {"Id": key, "LeadId": "L1", "Field": "Status", "CreatedDate": at(clock)}
        land(raw, json.dumps(payload).encode(), contract=LeadHistory)
    land(raw, lead("1", "11:00:00", "11:00:00"))
    assert told(raw) == [("Lead", "1", "new"), ("LeadHistory", "h1", "new")]


def test_only_some_keys(raw: RawLog) -> None:
    """Streams that are not named, or with no key, are left out; those behind them are not."""
    land(raw, *(lead(key, "11:00:00", "11:00:00") for key in ("1", "2", "it's")))
    payload = {"Id": "d", "CreatedDate": at("11:00:00"), "SystemModstamp": at("11:00:00")}
    land(raw, json.dumps(payload).encode(), contract=Opportunity)
    assert told(raw, only={"Lead": {"it's", "2"}}) == [("Lead", "2", "new"), ("Lead", "it's", "new")]
    assert told(raw, only={"Lead": set(), "Opportunity": {"d"}}) == [("Opportunity", "d", "new")]
    assert told(raw, only={}) == []


def test_rows_without_a_key_and_unreadable_ones(raw: RawLog) -> None:
    """The first are nobody's; of the second key and stamp are told where they could be read, and no field."""
    land(raw, b'{"CreatedDate":"2026-06-02T11:00:00Z","SystemModstamp":"2026-06-02T11:00:00Z"}', b"[1]")
    land(raw, deleted=(("9", at("11:00:00")),))
    (one,) = entered(raw, "salesforce", START, END)
    assert (one.key, one.payload, one.created_at, one.incarnation) == ("9", {}, None, "")


def test_the_ids_that_an_entry_names() -> None:
    """Of persons and companies, by the name of the field; blanks and other things are none."""
    payload = {"WhoId": "003", "accountid": 7, "leadIds": "", "customer": "cus", "OwnerId": "005", "ContactId": None, "PersonId": ["x"], "customers": "no"}  # fmt: skip
    assert Entry("Task", "1", "new", None, None, payload).names == {"003", "7", "cus"}


def test_snapshots_are_no_entries() -> None:
    """They have no versions."""
    assert {"Lead", "LeadHistory"} < {one.name for one in streams("salesforce")}
    assert all(one.kind != "snapshot" for one in streams("salesforce"))


def entry(raw: RawLog, hours: int = 5) -> Entry:
    (one,) = entered(raw, "salesforce", START, START + timedelta(hours=hours))
    return one


def test_what_the_source_shows_now_differs_by_fields(raw: RawLog) -> None:
    """Field by field, in order; also those that one of the two lacks. A deletion shows nothing."""
    land(raw, lead("1", "11:00:00", "11:00:00", Company="a", Status="new", Rating="hot"))
    held = entry(raw)
    assert differing(raw, "salesforce", held, None) == {}
    land(raw, lead("1", "11:00:00", "16:00:00", Company="b", Status="new", Title="cto"))
    land(raw, lead("2", "11:00:00", "17:00:00", Company="c"), deleted=(("1", at("18:00:00")),))
    found = differing(raw, "salesforce", held, {"kind": VANISHED})
    assert found == {
        "Company": ("a", "b"),
        "Rating": ("hot", None),
        "SystemModstamp": (at("11:00:00"), at("16:00:00")),
        "Title": (None, "cto"),
    }
    assert list(found) == sorted(found)


def test_what_a_loss_names_is_what_is_shown(raw: RawLog) -> None:
    """The version to which a record went back, or the other record under its id; nothing where it never landed."""
    land(raw, lead("1", "11:00:00", "11:00:00", Company="a"))
    held = entry(raw)
    land(raw, lead("1", "11:00:00", "08:00:00", Company="old"), lead("1", "16:00:00", "20:00:00", Company="other"))
    land(raw, lead("1", "17:00:00", "17:00:00", Company="newest"), lead("1", "18:00:00", "21:00:00", Company="last"))

    def shown(kind: str, clock: str) -> Any:
        return differing(raw, "salesforce", held, {"kind": kind, "shown_at": at(clock)}).get("Company")

    assert shown(REVERSED, "08:00:00") == ("a", "old")
    assert shown(GIVEN_ANEW, "16:00:00") == ("a", "other")
    assert shown(REVERSED, "09:00:00") is None and shown(GIVEN_ANEW, "17:00:01") is None
    assert differing(raw, "salesforce", held, {"kind": VANISHED})["Company"] == ("a", "last")
