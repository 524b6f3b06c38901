"""What a session tells every model of the sources: `run.source`."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.orchestration.session import NEVER, Session
from mpm_pipeline.settings import Settings
from mpm_pipeline.sources.connector import Days, Page
from mpm_pipeline.sources.fetch import fetch
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline_tests.sources.canned import Canned

FIRST, SECOND = (datetime(2026, 6, day, tzinfo=UTC) for day in (2, 3))
LEAD = Stream("salesforce", "Lead", ("Id",), "thing", stamp="SystemModstamp")
SETTINGS = Settings.model_validate({"salesforce": {"url": "http://127.0.0.1:9"}})


class Org(Canned):
    """A CRM of one stream."""

    source = "salesforce"


@pytest.mark.parametrize(("is_hidden", "shown_to"), [(True, NEVER), (False, FIRST)])
def test_a_source_tells_what_it_does_not_show_and_until_when_it_did(
    tmp_path: Path, is_hidden: bool, shown_to: datetime
) -> None:
    """Hidden when it was read last: always so, or shown when it was read the day before."""
    home = Home.open(tmp_path)
    with Session(home, SETTINGS, Ledger(home)) as session:
        for as_of, hidden in ((FIRST, is_hidden), (SECOND, True)):
            days = Days(date(2026, 6, 1), date(2026, 6, 1), True, as_of)
            fetch(Org(Page(LEAD, is_hidden=hidden)), session.raw, session.ledger, days, as_of.isoformat())
        told = {row["source"]: row["hidden"] for row in session.source_rows(SECOND).to_pylist()}
    assert told.pop("salesforce") == [{"stream": "Lead", "shown_to_at": shown_to}]
    assert {len(hidden) for hidden in told.values()} == {0}
