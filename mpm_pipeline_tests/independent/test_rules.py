"""Rules of the funnel and sales half that one can check on paper: shares of credit, business hours, periods, mailboxes."""

import json
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mpm_pipeline_tests.independent.attribution import _decay, _positions, spread
from mpm_pipeline_tests.independent.calendar import Calendar
from mpm_pipeline_tests.independent.contract import sound
from mpm_pipeline_tests.independent.identity import Person
from mpm_pipeline_tests.independent.lifecycle import Cycle, Entry, Event, build
from mpm_pipeline_tests.independent.mailbox import company_domain, normalised, personal_key
from mpm_pipeline_tests.independent.routing import Hours
from mpm_pipeline_tests.independent.segments import region_of_country, segment_of_size, source_is_unknown
from mpm_pipeline_tests.independent.spend import over_days
from mpm_pipeline_tests.independent.touches import channel_of
from mpm_pipeline_tests.independent.world import instant, load

TWO_FIFTHS, THREE_TENTHS = Fraction(2, 5), Fraction(3, 10)


@pytest.mark.parametrize(
    ("size", "points", "each", "cents"),
    [
        (1, [0, 0], TWO_FIFTHS, [100]),  # one touch: all
        (2, [0, 1], TWO_FIFTHS, [50, 50]),  # no middle: 40 and 40 scaled up
        (4, [0, 2], TWO_FIFTHS, [40, 10, 40, 10]),  # 20 over two middle touches
        (3, [0, 1, 2], THREE_TENTHS, [34, 33, 33]),  # W without a middle: a third each, odd cent to the first
        (3, [0, 0, 2], THREE_TENTHS, [60, 10, 30]),  # first = lead creation: shares add
        (5, [0, 1, 3, 4], Fraction(225, 1000), [23, 23, 10, 22, 22]),  # 22.5 each: two odd cents to the earliest
    ],
)
def test_position_shares(size: int, points: list[int], each: Fraction, cents: list[int]) -> None:
    """Milestones share as published, coinciding ones add, a missing middle is scaled away; 100 cents stay 100."""
    assert spread(100, _positions(size, points, each)) == cents


def test_time_decay_halves_in_thirty_days() -> None:
    """A touch 30 days before the milestone weighs half of one at it: 2/3 and 1/3."""
    weights = [_decay(timedelta(days=30), 30), _decay(timedelta(0), 30)]
    assert spread(900, weights) == [300, 600]


def test_remainders_go_to_the_largest_and_then_to_the_earliest() -> None:
    """10 over weights 1, 1, 1 is 4, 3, 3; over 1, 2, 4 is 1.43, 2.86, 5.71 -> 1, 3, 6."""
    assert spread(10, [Fraction(1)] * 3) == [4, 3, 3]
    assert spread(10, [Fraction(1), Fraction(2), Fraction(4)]) == [1, 3, 6]


def test_days_of_spend_sum_to_the_whole() -> None:
    """10 cents over 4 days: 2.5, 5, 7.5, 10 round half-even to 2, 5, 8, 10: 2, 3, 3, 2."""
    assert [minor for _, minor in over_days(10, date(2026, 1, 1), 4)] == [2, 3, 3, 2]


def test_business_hours_across_a_weekend_and_a_change_of_clocks() -> None:
    """Friday 16:00 to Monday 10:00 in Berlin is two hours, also over the night the clocks change (29 March 2026)."""
    hours, berlin = Hours("Mon-Fri 09:00-17:00"), ZoneInfo("Europe/Berlin")
    friday, monday = datetime(2026, 3, 27, 15, tzinfo=UTC), datetime(2026, 3, 30, 8, tzinfo=UTC)
    assert hours.between(friday, monday, berlin) == 7200
    assert hours.after(friday, 2, berlin) == monday
    assert hours.after(datetime(2026, 3, 28, tzinfo=UTC), 8, berlin) == datetime(2026, 3, 30, 15, tzinfo=UTC)


def test_business_hours_until_midnight() -> None:
    """A day that closes at 24:00 is open to its end."""
    hours, utc = Hours("Mon-Sun 00:00-24:00"), ZoneInfo("UTC")
    friday = datetime(2026, 3, 27, 20, tzinfo=UTC)
    assert hours.after(friday, 20, utc) == datetime(2026, 3, 28, 16, tzinfo=UTC)
    assert hours.between(friday, datetime(2026, 3, 28, 16, tzinfo=UTC), utc) == 20 * 3600


def test_fiscal_periods_from_april() -> None:
    """31 March 2026 lies in the last quarter of the year that began in April 2025."""
    calendar = Calendar({"company": {"time_zone": "Asia/Tokyo", "fiscal_year_start_month": 4}})
    assert calendar.period("fiscal_year", date(2026, 3, 31)).start == date(2025, 4, 1)
    assert calendar.period("quarter", date(2026, 3, 31)).start == date(2026, 1, 1)
    assert calendar.date_of(datetime(2026, 3, 31, 15, tzinfo=UTC)) == date(2026, 4, 1)


def test_mailboxes() -> None:
    """Spellings of one mailbox agree; role mailboxes, placeholders and blanks say nothing; free mail names no company."""
    assert normalised(" J.Doe+x@GoogleMail.com ") == normalised("jdoe@gmail.com") == "jdoe@gmail.com"
    assert (
        personal_key("Billing@acme.example")
        is personal_key("n/a")
        is personal_key(None)
        is personal_key("test@acme.example")
        is None
    )
    assert company_domain("a@mail.acme.co.uk") == "acme.co.uk"
    assert company_domain("jdoe@gmail.com") is None


def _day(number: int) -> datetime:
    return datetime(2026, 1, number, tzinfo=UTC)


def _cycles(*events: tuple[int, str], created: int | None = None) -> list[Cycle]:
    found = [Event(_day(number), kind, "00Q") for number, kind in events]
    return build(Person(0), found, Entry(_day(created), "00Q", True) if created else None)


def test_the_first_inquiry_is_the_hand_raise_else_the_creation_and_never_after_the_mql() -> None:
    """Created on the 2nd: a form on the 5th is the inquiry; without a form the 2nd; with an mql on the 4th, the 4th."""
    assert _cycles((5, "hand"), created=2)[0].entries["inquiry"] == Entry(_day(5), "00Q")
    assert _cycles((5, "mql"), created=2)[0].entries["inquiry"] == Entry(_day(2), "00Q", imputed=True)
    assert _cycles((4, "mql"), (5, "hand"), created=2)[0].entries["inquiry"] == Entry(_day(4), "00Q", imputed=True)


def test_a_hand_raise_after_recycling_belongs_to_the_next_cycle() -> None:
    """The first cycle keeps the lead's creation; the form opens the second, which sql then fills."""
    first, second = _cycles((3, "mql"), (4, "recycled"), (6, "hand"), (8, "sql"), created=2)
    assert first.entries["inquiry"].at == _day(2)
    assert {stage: (e.at.day, e.imputed) for stage, e in second.entries.items()} == {
        "inquiry": (6, False),
        "mql": (8, True),
        "sal": (8, True),
        "sql": (8, False),
    }


def test_a_later_stage_alone_re_opens_and_imputes() -> None:
    """Accepted after a rejection: cycle 2 with inquiry and mql imputed at that instant."""
    assert [sorted(c.entries) for c in _cycles((3, "rejected"), (9, "sal"), created=2)] == [
        ["inquiry", "rejected"],
        ["inquiry", "mql", "sal"],
    ]


def test_going_back_and_repeating_change_nothing() -> None:
    """mql, sal, inquiry status, mql again: one cycle, first entries."""
    (only,) = _cycles((3, "mql"), (4, "sal"), (5, "inquiry"), (6, "mql"), created=2)
    assert {stage: e.at.day for stage, e in only.entries.items()} == {"inquiry": 2, "mql": 3, "sal": 4}


def test_words_for_region_size_source_and_channel() -> None:
    """The agreed words at their edges."""
    assert [region_of_country(c) for c in ("USA", "tr", "Iran", "Narnia", None)] == [
        "AMER",
        "EMEA",
        "APAC",
        "unknown",
        "unknown",
    ]
    assert [segment_of_size(n) for n in (199, 200, 1999, 2000, 0, None)] == [
        "smb",
        "mid",
        "mid",
        "enterprise",
        "smb",
        "unknown",
    ]
    assert all(source_is_unknown(s) for s in (None, "", " N / A ", "please SELECT", "-", "Test"))
    assert not source_is_unknown("Web")
    assert [channel_of("Paid Social", v) for v in ("linkedin", "google_ads", "salesforce")] == [
        "paid_social",
        "paid_search",
        "paid_other",
    ]
    assert [channel_of(w, "marketo") for w in ("tradeshow", " Web Content", "Sky writing", None)] == [
        "event",
        "web",
        "other",
        "other",
    ]


def test_a_record_with_a_value_of_another_type_counts_nowhere() -> None:
    """A head count in words refuses the lead; a number written as text, or none, does not; a deal needs its close date."""
    lead = {"Id": "00Q", "CreatedDate": "2026-01-01T00:00:00.000+0000"}
    heads = ["about 50", "50", 50, None, "1.234,50 EUR", float("nan")]
    assert [sound("salesforce", "Lead", lead | {"NumberOfEmployees": n}, instant) for n in heads] == [
        False,
        True,
        True,
        True,
        False,
        False,
    ]
    assert not sound("salesforce", "Opportunity", lead | {"CloseDate": None}, instant)


def test_what_a_world_shows_at_an_instant(tmp_path: Path) -> None:
    """The newest visible version; after `until` the older one again; a merge for 15 days; start_at cuts activities only."""
    (tmp_path / "world.toml").write_text('starts_at = "2026-01-01T00:00:00Z"')
    lines = [
        {"at": "2026-01-01T00:00:00Z", "record": {"Id": "1", "Name": "old"}},
        {"at": "2026-02-01T00:00:00Z", "until": "2026-03-01T00:00:00Z", "record": {"Id": "1", "Name": "new"}},
        {"at": "2026-02-01T00:00:00Z", "deleted": True, "record": {"Id": "2", "MasterRecordId": "1"}},
    ]
    for name, rows in {
        "salesforce/Account": lines,
        "marketo/activities": [
            {
                "record": {
                    "marketoGUID": str(year),
                    "leadId": 1,
                    "activityTypeId": 2,
                    "activityDate": f"{year}-06-01T00:00:00Z",
                }
            }
            for year in (2025, 2026)
        ],
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    world = load(tmp_path)
    seen = {month: world.as_of(datetime(2026, month, 10, tzinfo=UTC)) for month in (1, 2, 3, 7)}
    assert [seen[m].records("salesforce", "Account")[0]["Name"] for m in (1, 2, 3)] == ["old", "new", "old"]
    assert [len(seen[m].removed("salesforce", "Account")) for m in (1, 2, 3)] == [0, 1, 0]
    assert [a["marketoGUID"] for a in seen[7].records("marketo", "activities")] == ["2026"]
