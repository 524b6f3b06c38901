"""Which version counts where the vendor stamps nothing and the connector tells stamps from events, which live 30 days."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from mpm_pipeline.contracts.stripe import Charge
from mpm_pipeline.warehouse.accept import accept
from mpm_pipeline.warehouse.engine import connect
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.rawlog import RawLog

CREATED = 1_767_225_600  # 2026-01-01
EVENT = CREATED + 86_400


@pytest.fixture
def raw(tmp_path: Path) -> RawLog:
    home = Home.open(tmp_path / "home")
    return RawLog(home, Ledger(home), date(2025, 1, 1))


def land(raw: RawLog, status: str, stamp: int, on: datetime) -> None:
    payload = f'{{"id":"ch_1","amount":1,"currency":"usd","created":{CREATED},"status":"{status}"}}'
    raw.append(Charge.Config.metadata["stream"], [payload.encode()], extracted_at=on, stamps=[str(stamp)])


def status(raw: RawLog) -> str:
    with connect() as connection:
        accept(connection, raw, Charge, datetime(2027, 1, 1, tzinfo=UTC))
        return str(connection.execute("SELECT status FROM stripe.charges").fetchall()[0][0])


def test_change_that_no_event_tells_any_more(raw: RawLog) -> None:
    """Content never seen before is news, even when its event is gone and its stamp falls back to the creation."""
    land(raw, "pending", EVENT, datetime(2026, 1, 5, tzinfo=UTC))
    land(raw, "succeeded", CREATED, datetime(2026, 6, 5, tzinfo=UTC))
    assert status(raw) == "succeeded"


def test_older_content_that_shows_again(raw: RawLog) -> None:
    """A source that falls back to what it showed before does not undo what we know: that is a loss, not a change."""
    land(raw, "pending", CREATED, datetime(2026, 1, 1, tzinfo=UTC))
    land(raw, "succeeded", EVENT, datetime(2026, 1, 5, tzinfo=UTC))
    land(raw, "pending", CREATED, datetime(2026, 1, 9, tzinfo=UTC))
    assert status(raw) == "succeeded"


def test_change_back_by_a_new_event(raw: RawLog) -> None:
    """Content that was seen before counts again when a newer event stands behind it."""
    land(raw, "pending", CREATED, datetime(2026, 1, 1, tzinfo=UTC))
    land(raw, "failed", EVENT, datetime(2026, 1, 5, tzinfo=UTC))
    land(raw, "pending", EVENT + 60, datetime(2026, 1, 9, tzinfo=UTC))
    assert status(raw) == "pending"
