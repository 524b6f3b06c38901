"""Moving the clock past `now` shows new days and, on the first, late records of exactly three past days."""

from datetime import date, timedelta

from mpm_pipeline.simulator.world import Version
from mpm_pipeline_tests.simulator.generator.looking import Look, day_of, instant

FACTS = {
    "salesforce/LeadHistory": "CreatedDate", "salesforce/OpportunityHistory": "CreatedDate",
    "marketo/activities": "activityDate", "linkedin/leadFormResponses": "submittedAt", "stripe/invoices": "created",
    "stripe/charges": "created", "stripe/refunds": "created", "stripe/credit_notes": "created",
    "stripe/invoice_payments": "created", "stripe/payment_intents": "created",
}  # fmt: skip
VENDORS = {"salesforce", "marketo", "linkedin", "stripe"}
LATE_DAYS = {date(2026, 6, 24), date(2026, 6, 26), date(2026, 6, 28)}


def own_day(name: str, version: Version) -> date:
    """Return the day in which a record lies: a fact in its instant's, a thing in its modification's."""
    record = version.record
    if name == "linkedin/adAnalytics":
        return day_of(record["dateRange"]["start"])
    if "timeRange" in record:
        return instant(record["timeRange"]["start"]).date()
    for field in (FACTS.get(name), "SystemModstamp", "updatedAt"):
        if field and record.get(field):
            return instant(record[field]).date()
    return version.at.date()


def shown_between(look: Look, first: int, last: int) -> list[tuple[str, Version]]:
    """Return what the vendors begin to show in these hours after now."""
    begin, end = look.now + timedelta(hours=first), look.now + timedelta(hours=last)
    return [
        (f"{vendor}/{stream}", version)
        for vendor in sorted(VENDORS)
        for stream in look.world.streams(vendor)
        for version in look.all(f"{vendor}/{stream}")
        if begin < version.at <= end
    ]


def is_late(name: str, version: Version) -> bool:
    """Tell whether a version shows on a later day than the one after its own."""
    return own_day(name, version) < version.at.date() - timedelta(days=1)


def test_the_first_day_after_now_brings_late_records_of_three_days(look: Look) -> None:
    """Every vendor shows something late, and all of it lies in the three days, each of them in each vendor."""
    late = [(name, version) for name, version in shown_between(look, 0, 24) if is_late(name, version)]
    assert {own_day(name, version) for name, version in late} == LATE_DAYS
    for vendor in VENDORS:
        assert {own_day(name, version) for name, version in late if name.startswith(vendor)} == LATE_DAYS, vendor
    names = {name for name, _ in late}
    assert {"salesforce/Task", "salesforce/CampaignMember", "salesforce/LeadHistory", "marketo/activities"} <= names
    assert {"linkedin/adAnalytics", "stripe/charges", "stripe/invoices", "stripe/refunds"} <= names


def test_each_day_after_now_brings_new_records_of_each_vendor(look: Look) -> None:
    """Leads, activities, ads days and invoices of the new day show on each of the three days."""
    for day in range(3):
        names = {name for name, _ in shown_between(look, 24 * day, 24 * day + 24)}
        assert {
            "salesforce/Lead",
            "salesforce/Task",
            "marketo/activities",
            "linkedin/adAnalytics",
            "stripe/invoices",
        } <= names


def test_the_second_day_is_on_time_and_the_third_restates_one_old_ads_day(look: Look) -> None:
    """After the first day nothing older moves but a single ads row of twenty days before now."""
    assert not [name for name, version in shown_between(look, 24, 48) if is_late(name, version)]
    late = [(name, own_day(name, version)) for name, version in shown_between(look, 48, 72) if is_late(name, version)]
    assert late == [("linkedin/adAnalytics", date(2026, 6, 10))]


def test_nothing_shows_later_than_the_future_that_was_planned(look: Look) -> None:
    """No version of a vendor lies more than three and a half days after now; now lies in the past of all readers."""
    assert max(version.at for _, version in shown_between(look, 0, 24 * 400)) < look.now + timedelta(hours=84)
    assert look.now.isoformat() == "2026-06-30T18:00:00+00:00"
    assert look.starts_at.isoformat() == "2026-01-01T00:00:00+00:00"


def test_some_records_were_late_before_now_and_some_ads_days_were_restated(look: Look) -> None:
    """About a hundredth of the activities came a day or more after their time, a third of the ads rows twice."""
    activities = [version for version in look.all("marketo/activities") if version.at <= look.now]
    late = [version for version in activities if is_late("marketo/activities", version)]
    assert 0.004 < len(late) / len(activities) < 0.02
    rows = [version.key for version in look.all("linkedin/adAnalytics") if version.at <= look.now]
    assert 1.25 < len(rows) / len(set(rows)) < 1.6


def test_meetings_to_come_are_known_already(look: Look) -> None:
    """Reps have meetings with accounts in the weeks after now, entered before now."""
    to_come = [event for event in look.live("salesforce/Event") if instant(event["StartDateTime"]) > look.now]
    assert sum(event["AccountId"] is not None for event in to_come) >= 20
    assert all(instant(event["CreatedDate"]) <= look.now for event in to_come)
