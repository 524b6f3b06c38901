"""What losses make of the records that are read: nothing until a person confirms, then out as known at that as-of."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mpm_pipeline.contracts.record import Instant, Record, Text, need, opt, stream
from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.warehouse import losses
from mpm_pipeline.warehouse.accept import accept
from mpm_pipeline.warehouse.engine import connect
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.rawlog import RawLog

NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
FOUND, CONFIRMED, LATER = (NOON + timedelta(days=days) for days in (1, 2, 3))


class Deal(Record):
    """A thing that tells its creation."""

    id: Text = need("text", "id")
    stage: Text = opt("text", "stage")
    made: Instant = opt("instant", "creation")
    Config = stream("crm", "Deal", "id", "thing", stamp="stamp", created="made")


class Step(Record):
    """A fact that names a deal."""

    id: Text = need("text", "id")
    deal: Text = opt("text", "the deal")
    Config = stream("crm", "Step", "id", "fact", instant="at")


@pytest.fixture
def raw(tmp_path: Path) -> RawLog:
    home = Home.open(tmp_path)
    return RawLog(home, Ledger(home), date(2026, 6, 1))


def day(number: int) -> str:
    return f"2026-06-{number:02}T00:00:00Z"


def deal(key: str, stamp: int, made: int = 1, stage: str = "open") -> bytes:
    return f'{{"id":"{key}","stamp":"{day(stamp)}","made":"{day(made)}","stage":"{stage}"}}'.encode()


def land(raw: RawLog, *payloads: bytes, at: datetime = NOON, contract: type[Record] = Deal) -> None:
    raw.append(stream_of(contract), payloads, extracted_at=at)


def lose(raw: RawLog, *shown: bytes) -> list[dict[str, Any]]:
    """Compare with what the source shows, and note what is lost."""
    deals = stream_of(Deal)
    found = losses.compare(raw, deals, raw.arrange(deals, shown, extracted_at=FOUND), None, FOUND)
    losses.record(raw.ledger, "crm", "Deal", found.lost, FOUND, is_incident=False)
    return losses.losses(raw.ledger)


def read(raw: RawLog, as_of: datetime, contract: type[Record] = Deal) -> dict[str, dict[str, Any]]:
    """Return the accepted rows by key; none may be lost or doubled on the way."""
    with connect() as connection:
        account = accept(connection, raw, contract, as_of)
        rows = connection.sql(f'SELECT * FROM crm."{stream_of(contract).name}"').to_arrow_table().to_pylist()  # noqa: S608
    assert account.rows_in == account.rows_out + account.rows_quarantined == len(rows)
    return {row["_key"]: row for row in rows}


def test_a_lost_record_counts_until_a_person_confirms(raw: RawLog) -> None:
    """There when found, deleted from the confirmation on, and still there for whoever looks back to before it."""
    land(raw, deal("1", 1), deal("2", 2))
    rows = lose(raw, deal("1", 1))
    assert {key: row["_deleted"] for key, row in read(raw, LATER).items()} == {"1": False, "2": False}
    losses.confirm(raw.ledger, rows, CONFIRMED, "Ada")
    assert {key: row["_deleted"] for key, row in read(raw, LATER).items()} == {"1": False, "2": True}
    assert not read(raw, FOUND)["2"]["_deleted"]


def test_a_confirmed_record_that_comes_back_counts_again(raw: RawLog) -> None:
    """Even with the stamp that it had."""
    land(raw, deal("1", 1), deal("2", 2))
    losses.confirm(raw.ledger, lose(raw, deal("1", 1)), CONFIRMED, "Ada")
    losses.returned(raw.ledger, "crm", "Deal", [], {"1", "2"}, LATER)
    assert not read(raw, LATER)["2"]["_deleted"]
    assert read(raw, CONFIRMED)["2"]["_deleted"]


def test_a_record_that_went_back_is_its_newest_self_until_confirmed(raw: RawLog) -> None:
    """Both versions are kept; the older one counts only after a person said so."""
    land(raw, deal("1", 1, stage="open"), deal("1", 2, stage="won"))
    rows = lose(raw, deal("1", 1, stage="open"))
    assert read(raw, LATER)["1"]["stage"] == "won"
    losses.confirm(raw.ledger, rows, CONFIRMED, "Ada")
    assert read(raw, LATER)["1"]["stage"] == "open"


def test_what_changes_after_a_record_went_back_counts(raw: RawLog) -> None:
    """A version that landed after the loss was found is no part of what is taken out."""
    land(raw, deal("1", 1, stage="open"), deal("1", 2, stage="won"))
    losses.confirm(raw.ledger, lose(raw, deal("1", 1)), CONFIRMED, "Ada")
    land(raw, deal("1", 5, stage="lost"), at=LATER)
    assert read(raw, LATER)["1"]["stage"] == "lost"


def test_an_id_given_anew_is_two_records(raw: RawLog) -> None:
    """The lost one goes on under its own id with the steps made before the other one; confirmed, only the other one is left."""
    land(raw, deal("1", 1, stage="won"))
    land(raw, deal("1", 3, made=3, stage="new"), at=FOUND)
    steps = [f'{{"id":"{name}","deal":"1","at":"{day(at)}"}}'.encode() for name, at in (("old", 2), ("new", 4))]
    land(raw, *steps, contract=Step)
    rows = lose(raw, deal("1", 3, made=3))
    parted = "1~20260601000000"
    assert {key: row["stage"] for key, row in read(raw, FOUND).items()} == {"1": "new", parted: "won"}
    assert {key: row["deal"] for key, row in read(raw, FOUND, Step).items()} == {"old": parted, "new": "1"}
    losses.confirm(raw.ledger, rows, CONFIRMED, "Ada")
    assert {key: row["_deleted"] for key, row in read(raw, LATER).items()} == {"1": False, parted: True}


def test_a_date_ahead_that_is_mended_is_no_loss(raw: RawLog) -> None:
    """A deal read on 3 June bore 9 June as stamp and creation; now it bears the 2nd. A deal that really went back is one."""
    land(raw, deal("1", 9, 9), deal("2", 3))
    assert lose(raw, deal("1", 2, 2), deal("2", 3)) == []
    assert [row["kind"] for row in lose(raw, deal("1", 2, 2), deal("2", 2))] == [losses.REVERSED]


def test_a_row_without_an_id_is_no_lost_record(raw: RawLog) -> None:
    """An id of blanks was refused when it landed; that the source shows the record under its real id now is no loss."""
    land(raw, deal("  ", 1), deal("2", 2))
    assert lose(raw, deal("1", 1), deal("2", 2)) == []
