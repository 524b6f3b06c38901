"""As-of: the setting, else the sources when they agree, else the machine."""

from datetime import UTC, datetime, timedelta

import pytest

from mpm_pipeline.errors import ConfigError
from mpm_pipeline.sources.clock import as_of

JUNE = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_the_setting_beats_the_sources() -> None:
    """MPM_AS_OF counts, in any zone, without a zone as UTC."""
    assert as_of({"MPM_AS_OF": "2026-06-01T14:00:00+02:00"}, {"crm": JUNE + timedelta(1)}) == (JUNE, "setting")
    assert as_of({"MPM_AS_OF": "2026-06-01T12:00:00Z"}, {}) == (JUNE, "setting")
    assert as_of({"MPM_AS_OF": "2026-06-01 12:00"}, {}) == (JUNE, "setting")


def test_the_smallest_of_dates_that_agree_counts() -> None:
    """Sources within ten minutes of each other tell the time; one that sent none is left out."""
    dates = {"crm": JUNE + timedelta(minutes=10), "billing": JUNE, "files": None}
    assert as_of({}, dates) == (JUNE, "sources")


@pytest.mark.parametrize(
    "dates", [{}, {"files": None}, {"crm": JUNE, "billing": JUNE + timedelta(minutes=10, seconds=1)}]
)
def test_without_agreement_the_machine_tells(dates: dict[str, datetime | None]) -> None:
    """No date, or dates more than ten minutes apart: the machine's clock, and the run is degraded."""
    moment, origin = as_of({}, dates)
    assert origin == "machine"
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)


def test_a_setting_that_is_no_instant_is_an_error() -> None:
    """The message names the variable and what it should be."""
    with pytest.raises(ConfigError, match="MPM_AS_OF is 'yesterday'; it must be an instant"):
        as_of({"MPM_AS_OF": "yesterday"}, {})
