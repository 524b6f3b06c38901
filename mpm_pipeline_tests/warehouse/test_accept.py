"""From landed versions to typed records: the newest counts as known at as-of, deletes stand above, names never collide."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mpm_pipeline.contracts.record import Flag, Record, Text, Whole, need, opt, stream
from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.vocabulary import QUARANTINE_REASONS
from mpm_pipeline.warehouse import accept as module
from mpm_pipeline.warehouse.accept import Accepted, accept, reconcile_sql, refused_sql
from mpm_pipeline.warehouse.engine import connect
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.rawlog import RawLog

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)


class Deal(Record):
    """A thing whose fields are named like columns of ours."""

    id: Text = need("text", "id")
    Field: Text = opt("text", "a name that SQL takes for `field`")
    Reason: Text = opt("text", "a name that SQL takes for `reason`")
    Key: Text = opt("text", "a name that SQL takes for `key`")
    n: Whole = opt("whole", "number", ge=0)
    is_on: Flag = opt("flag", "flag")
    Config = stream("crm", "Deal", "id", "thing", stamp="stamp", keeps_versions=True)


class Plan(Record):
    """A snapshot."""

    id: Text = need("text", "id")
    Config = stream("crm", "plan", "id", "snapshot")


@pytest.fixture
def raw(tmp_path: Path) -> RawLog:
    """A fresh raw log."""
    home = Home.open(tmp_path)
    return RawLog(home, Ledger(home), date(2026, 6, 1))


Rows = list[dict[str, Any]]


def accepted(raw: RawLog, contract: type[Record], as_of: datetime = NOON, suffix: str = "") -> tuple[Accepted, Rows]:
    """Accept a stream and return the account of it and its rows."""
    declared = stream_of(contract)
    with connect() as connection:
        account = accept(connection, raw, contract, as_of)
        table = connection.sql(f'SELECT * FROM crm."{declared.name}{suffix}"').to_arrow_table()  # noqa: S608
    return account, sorted(table.to_pylist(), key=lambda row: row["_key"])


def land(raw: RawLog, *payloads: bytes, at: datetime = NOON, deleted: tuple[tuple[str, str], ...] = ()) -> None:
    """Land deals."""
    raw.append(stream_of(Deal), payloads, extracted_at=at, deleted=deleted)


def deal(day: int, more: str = "") -> bytes:
    """A version of one deal."""
    return f'{{"id":"1","stamp":"2026-06-{day:02d}T00:00:00Z"{more}}}'.encode()


def test_names_like_our_own_are_read(raw: RawLog) -> None:
    """A payload may have fields named `Field`, `Reason` or `Key`."""
    land(raw, deal(1, ',"Field":"Status","Reason":"Budget","Key":"K","n":7.0,"is_on":true'))
    _, (row,) = accepted(raw, Deal)
    assert (row["Field"], row["Reason"], row["Key"], row["n"], row["is_on"]) == ("Status", "Budget", "K", 7, True)
    assert row["_key"] == "1"


def test_the_newest_stamp_counts_and_then_the_newest_landing(raw: RawLog) -> None:
    """By stamp, then by when it was read."""
    land(raw, deal(2, ',"n":2'), at=NOON.replace(hour=10))
    land(raw, deal(1, ',"n":1'), at=NOON.replace(hour=11))
    assert accepted(raw, Deal)[1][0]["n"] == 2
    land(raw, deal(2, ',"n":3'), at=NOON.replace(hour=11))
    assert accepted(raw, Deal)[1][0]["n"] == 3


def test_as_known_then(raw: RawLog) -> None:
    """What landed after as-of is not known at as-of."""
    land(raw, deal(1, ',"n":1'), at=NOON.replace(hour=10))
    land(raw, deal(2, ',"n":2'), at=NOON)
    account, (row,) = accepted(raw, Deal, NOON.replace(hour=11))
    assert (row["n"], account.rows_in, account.newest_extracted_at) == (1, 1, NOON.replace(hour=10))


def test_a_delete_stands_above_the_newest_payload(raw: RawLog) -> None:
    """A deleted record keeps its newest fields under the flag; a delete without any payload is a bare key."""
    land(raw, deal(1, ',"n":1'), deleted=(("1", "2026-06-02T00:00:00Z"), ("9", "2026-06-02T00:00:00Z")))
    _, rows = accepted(raw, Deal)
    assert [(row["_key"], row["n"], row["_deleted"], row["_is_tombstone"]) for row in rows] == [
        ("1", 1, True, False),
        ("9", None, True, True),
    ]
    land(raw, deal(3, ',"n":3'))
    assert [(row["n"], row["_deleted"]) for row in accepted(raw, Deal)[1]] == [(3, False), (None, True)]


def test_versions_are_offered_where_a_stream_keeps_them(raw: RawLog) -> None:
    """All readable versions, without refused ones and deletes."""
    land(raw, deal(1, ',"n":1'), deal(2, ',"n":-1'), deal(3, ',"n":3'), deleted=(("1", "2026-06-02T00:00:00Z"),))
    _, rows = accepted(raw, Deal, suffix="$versions")
    assert sorted(row["n"] for row in rows) == [1, 3]


def test_the_account_adds_up(raw: RawLog) -> None:
    """Distinct keys, rows without a key one by one, and how new they are."""
    land(raw, deal(1), deal(2), b'{"id":"2","n":-1}', b'{"n":1}', b'{"n":2}', b"nonsense")
    account, _ = accepted(raw, Deal)
    assert (account.rows_in, account.rows_out, account.rows_quarantined) == (5, 1, 4)
    assert account.newest_event_at == datetime(2026, 6, 2, tzinfo=UTC)


def test_the_refusal_names_the_field_that_did_not_come(raw: RawLog) -> None:
    """A field that was asked for and is not in the answer, and one that is there and cannot be read."""
    payloads = (
        deal(1, ',"n":1,"is_on":true'),
        b'{"id":"2","is_on":true}',
        b'{"id":"3","n":1}',
        b'{"id":"4","n":"x","is_on":true}',
    )
    raw.append(stream_of(Deal), payloads, extracted_at=NOON, asked=("id", "n", "is_on"))
    with connect() as connection:
        accept(connection, raw, Deal, NOON)
        found = connection.sql('SELECT key, reason_code, reason_text FROM crm."Deal$refused" ORDER BY key').fetchall()
    assert [(key, code, text[-14:].split("(")[-1]) for key, code, text in found] == [
        ("2", "missing_field", "field n)"), ("3", "missing_field", "field is_on)"), ("4", "bad_type", "field n)"),
    ]  # fmt: skip


@pytest.mark.parametrize("content", [[b'{"id":"2"}'], []])
def test_only_the_newest_snapshot_counts(raw: RawLog, content: list[bytes]) -> None:
    """A row that the newest snapshot lacks is gone, even when it has no rows at all."""
    raw.append(stream_of(Plan), [b'{"id":"1"}'], extracted_at=NOON.replace(hour=10))
    raw.append(stream_of(Plan), content, extracted_at=NOON)
    assert [row["_key"].encode() for row in accepted(raw, Plan)[1]] == [b"2"][: len(content)]
    assert [row["_key"] for row in accepted(raw, Plan, NOON.replace(hour=11))[1]] == ["1"]


def test_a_stream_that_never_came_is_an_empty_table(raw: RawLog) -> None:
    """Models can name it all the same."""
    account, rows = accepted(raw, Deal)
    assert (account, rows) == (Accepted(stream_of(Deal), 0, 0, 0, None, None), [])


def test_long_records_are_read_in_bounded_memory(raw: RawLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eighty megabytes of long records are read by an engine that may use 600, because it reads a few at a time."""
    monkeypatch.setenv("MPM_ENGINE_MEMORY", "600MB")
    monkeypatch.setattr("mpm_pipeline.warehouse.engine._idle", [])
    more = ',"note":"' + "x" * 2_000_000 + '"'
    land(raw, *(deal(1, more).replace(b'"id":"1"', f'"id":"{number}"'.encode()) for number in range(40)))
    account, _ = accepted(raw, Deal)
    assert (account.rows_in, account.rows_out) == (40, 40)


def test_a_version_that_tells_no_time_is_as_new_as_its_landing(raw: RawLog) -> None:
    """A broken version without a readable stamp stands above the sound one before it: the key is out, not shown as it was."""
    land(raw, deal(2), at=NOON.replace(hour=10))
    land(raw, b'{"id":"1","n":NaN}', at=NOON)
    account, rows = accepted(raw, Deal)
    assert (rows, account.rows_in, account.rows_quarantined) == ([], 1, 1)


@pytest.mark.parametrize("stamp", ["null", '"yesterday"', '"2026-06-09T00:00:00Z"'])
def test_a_version_without_a_sound_stamp_gives_way_to_what_landed_later(raw: RawLog, stamp: str) -> None:
    """Read on 3 June with a stamp that tells nothing, read again mended with that of 1 June: the mended version is served."""
    land(raw, f'{{"id":"1","stamp":{stamp},"n":1}}'.encode(), at=NOON)
    land(raw, deal(1, ',"n":2'), at=NOON + timedelta(days=1))
    account, rows = accepted(raw, Deal, NOON + timedelta(days=2))
    assert ([row["n"] for row in rows], account.rows_quarantined) == ([2], 0)


def test_a_tombstone_that_is_told_again_deletes_no_restored_record(raw: RawLog) -> None:
    """Deleted on 2 June, restored under a stamp ahead on the 3rd; the list of the deleted, read again, still has it. A new deletion counts."""
    gone = ("1", "2026-06-02T08:00:00Z")
    land(raw, deal(1), at=NOON - timedelta(days=1))
    raw.append(stream_of(Deal), [], extracted_at=NOON, deleted=[gone])
    land(raw, b'{"id":"1","stamp":"2027-01-01T00:00:00Z","n":2}', at=NOON + timedelta(days=1))
    raw.append(stream_of(Deal), [], extracted_at=NOON + timedelta(days=2), deleted=[gone, ("2", gone[1])])
    found = {row["_key"]: row["_deleted"] for row in accepted(raw, Deal, NOON + timedelta(days=3))[1]}
    assert found["1"] is False
    raw.append(stream_of(Deal), [], extracted_at=NOON + timedelta(days=3), deleted=[("1", "2026-06-03T08:00:00Z")])
    found = {row["_key"]: row["_deleted"] for row in accepted(raw, Deal, NOON + timedelta(days=4))[1]}
    assert found["1"] is True


@pytest.mark.parametrize(
    ("gone_at", "shown"),
    [("2026-06-02T08:00:00Z", {"1": False, "2": True}), ("2026-06-03T12:00:10Z", {"1": True, "2": True})],
)
def test_a_tombstone_beside_a_version_without_a_sound_stamp(raw: RawLog, gone_at: str, shown: dict[str, bool]) -> None:
    """What is shown in one landing with a list of the deleted was restored since, unless it was deleted while the landing went on."""
    land(raw, deal(1), deal(1).replace(b'"id":"1"', b'"id":"2"'), at=NOON - timedelta(days=1))
    land(raw, b'{"id":"1","stamp":"later","n":2}', deleted=(("1", gone_at), ("2", gone_at)))
    assert {row["_key"]: row["_deleted"] for row in accepted(raw, Deal, NOON + timedelta(days=1))[1]} == shown


def test_a_tombstone_beside_an_unreadable_row_hides_no_refusal(raw: RawLog) -> None:
    """The row is in quarantine: nobody knows whether it is newer than the deletion of the day before."""
    land(raw, deal(1), at=NOON - timedelta(days=1))
    land(raw, b'{"id":"1","n":NaN}', deleted=(("1", "2026-06-02T08:00:00Z"),))
    account, rows = accepted(raw, Deal)
    assert (rows, account.rows_in, account.rows_quarantined) == ([], 1, 1)


def test_accents_of_a_key_may_be_composed_or_not(raw: RawLog) -> None:
    """The same key in both spellings is one record."""
    land(raw, '{"id":"Caf\u00e9","stamp":"2026-06-01T00:00:00Z"}'.encode())
    land(raw, '{"id":"Cafe\u0301","stamp":"2026-06-02T00:00:00Z","n":2}'.encode(), at=NOON.replace(hour=13))
    _, (row,) = accepted(raw, Deal, NOON.replace(hour=14))
    assert (row["_key"], row["n"]) == ("Caf\u00e9", 2)


def test_a_stamp_that_lies_ahead_does_not_hold_its_record(raw: RawLog) -> None:
    """A deal read on 3 June is dated 9 June: it is served, told, and sets no newest instant; the version of 4 June replaces it."""
    land(raw, deal(9, ',"n":1'), b'{"id":"2","stamp":"2026-06-02T00:00:00Z"}')
    account, rows = accepted(raw, Deal)
    assert [row["n"] for row in rows] == [1, None]
    assert (account.rows_ahead, account.newest_event_at) == (1, datetime(2026, 6, 2, tzinfo=UTC))
    later = NOON + timedelta(days=1)
    land(raw, deal(4, ',"n":2'), at=later)
    account, rows = accepted(raw, Deal, later)
    assert [row["n"] for row in rows] == [2, None] and account.rows_ahead == 0


def test_a_stamp_of_later_today_is_none_that_lies_ahead(raw: RawLog) -> None:
    """A run for noon takes its whole day, so a stamp of midnight that follows orders versions like any other."""
    land(raw, deal(4, ',"n":1'), deal(3, ',"n":2'))
    account, rows = accepted(raw, Deal)
    assert [row["n"] for row in rows] == [1] and account.rows_ahead == 0


def test_the_account_of_each_day_adds_up(raw: RawLog) -> None:
    """In, out and refused by day, deletes among them; and the refused rows as quarantine has them."""
    at = "2026-06-0{}T00:00:00Z"
    rows = [
        f'{{"id":"{key}","stamp":"{at.format(day)}","n":{n}}}'.encode()
        for key, day, n in (("1", 1, 1), ("2", 2, -1), ("3", 2, 3))
    ]
    land(raw, *rows, deleted=(("4", at.format(2)), ("1", at.format(2))))
    with connect() as connection:
        account = accept(connection, raw, Deal, NOON)
        days = connection.sql(f"{reconcile_sql(Deal)} ORDER BY partition").fetchall()
        refused = connection.sql(refused_sql("crm", "Deal")).to_arrow_table().to_pylist()
    assert days == [("crm", "Deal", "2026-06-02", 4, 3, 1, 2)]
    assert (account.rows_in, account.rows_out, account.rows_quarantined, account.rows_in_headless_file) == (4, 3, 1, 0)
    assert account.newest_extracted_at == NOON and account.rows_ahead == 0
    (row,) = refused
    assert row.pop("batch").startswith("crm/Deal/all.20260603T120000.")
    assert row == {
        "source": "crm",
        "stream": "Deal",
        "key": "2",
        "reason_code": "bad_value",
        "reason_text": f"{QUARANTINE_REASONS['bad_value']} (field n)",
        "row_no": 1,
        "first_seen_at": NOON,
        "resolved_at": None,
    }


def test_a_file_without_a_needed_column_is_counted_apart(raw: RawLog) -> None:
    """All rows of it are refused, under a reason of their own."""
    raw.append(stream_of(Plan), [b'{"name":"1"}', b'{"name":"2"}'], extracted_at=NOON)
    with connect() as connection:
        account = accept(connection, raw, Plan, NOON)
    assert (account.rows_in, account.rows_quarantined, account.rows_in_headless_file) == (2, 2, 2)


def test_long_records_are_read_in_lots_of_bounded_size(raw: RawLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each once, whatever the lots: two fit into one, a third does not, and one alone may be larger than a lot."""
    monkeypatch.setattr(module, "LONG", 100)
    monkeypatch.setattr(module, "LOT", 700)
    sizes = (300, 300, 300, 900, 50, 300)
    land(raw, *(f'{{"id":"{place}","n":1,"note":"{"x" * size}"}}'.encode() for place, size in enumerate(sizes)))
    lots: list[list[int]] = []
    split = module._lots

    def noted(connection: Any) -> Any:
        for lot in split(connection):
            lots.append(lot)
            yield lot

    monkeypatch.setattr(module, "_lots", noted)
    account, rows = accepted(raw, Deal)
    assert [len(lot) for lot in lots] == [2, 1, 1, 1]
    assert (account.rows_in, account.rows_out, [row["_key"] for row in rows]) == (6, 6, ["0", "1", "2", "3", "4", "5"])


def test_what_lies_ahead_is_served_and_sets_no_newest_instant(raw: RawLog) -> None:
    """More than a day after as-of; a delete is not counted as such a row."""
    rows = [f'{{"id":"{day}","stamp":"2026-06-{day:02}T00:00:00Z"}}'.encode() for day in (2, 4, 5)]
    land(raw, *rows, deleted=(("9", "2026-06-09T00:00:00Z"),))
    account, found = accepted(raw, Deal)
    assert (account.rows_out, account.rows_ahead, len(found)) == (4, 1, 4)
    assert account.newest_event_at == datetime(2026, 6, 4, tzinfo=UTC)
