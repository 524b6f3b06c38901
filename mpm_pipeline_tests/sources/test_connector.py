"""Ranges of days, and what a source needs before it can be asked."""

from datetime import UTC, date, datetime

import pytest

from mpm_pipeline.errors import ConfigError
from mpm_pipeline.settings import Settings
from mpm_pipeline.sources.connector import Days, connect

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
