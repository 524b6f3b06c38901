"""As-of: the one place of the whole pipeline that may ask for the time.

A run's as-of is `MPM_AS_OF`, else the time that the sources themselves tell, else the machine's clock, which marks the run
degraded. Everything else takes as-of as an argument; durations are measured by monotonic clocks and are no time of day.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from mpm_pipeline.errors import ConfigError

AGREEMENT = timedelta(minutes=10)


def as_of(environment: Mapping[str, str], dates: Mapping[str, datetime | None]) -> tuple[datetime, str]:
    """Return as-of in UTC and where it comes from: `setting`, `sources` or `machine` (a degraded run).

    `dates` holds the `Date` that each enabled source sent in this run; None: it sent none. The smallest counts, if all
    that were sent agree within ten minutes.
    """
    wish = environment.get("MPM_AS_OF", "").strip()
    if wish:
        return instant("MPM_AS_OF", wish), "setting"
    told = sorted(date for date in dates.values() if date is not None)
    if told and told[-1] - told[0] <= AGREEMENT:
        return told[0].astimezone(UTC), "sources"
    return datetime.now(UTC).replace(microsecond=0), "machine"


def instant(name: str, text: str) -> datetime:
    """Read an ISO 8601 instant; without a zone it is UTC, like all instants here. `name`: what is wrong when it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{name} is {text!r}; it must be an instant such as 2026-06-30T00:00:00Z") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
