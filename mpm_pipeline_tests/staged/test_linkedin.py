"""LinkedIn's records become our marketing tables: members who answered forms, their touches, campaigns and ads days."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from mpm_pipeline_tests.staged.staging import Bench, Rows

FORM = "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:3162,1)"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "home")


def ms(text: str) -> int:
    """Turn an instant in UTC into milliseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def response(key: str, *answers: tuple[Any, str], **fields: Any) -> dict[str, Any]:
    """Make one member's answers to form 3162."""
    said = [
        {"questionId": number, "answerDetails": {"textQuestionAnswer": {"answer": word}}} for number, word in answers
    ]
    base = {"id": key, "leadType": "SPONSORED", "testLead": False, "submittedAt": ms("2026-03-05T10:00:00.250"),
            "versionedLeadGenFormUrn": FORM, "formResponse": {"answers": said}}  # fmt: skip
    return base | fields


def form(**meanings: Any) -> dict[str, Any]:
    """Make form 3162; a meaning stands before the id of its question."""
    questions = [{"questionId": number, "predefinedField": meaning} for meaning, number in meanings.items()]
    return {"id": 3162, "lastModified": 1, "content": {"questions": questions}}


def ads(campaign: int, cost: Any, day: int = 5, month: int = 3, year: int = 2026) -> dict[str, Any]:
    """Make one campaign-day."""
    at = {"year": year, "month": month, "day": day}
    return {"dateRange": {"start": at, "end": at}, "pivotValues": [f"urn:li:sponsoredCampaign:{campaign}"],
            "impressions": 9, "costInLocalCurrency": cost}  # fmt: skip


def by_id(rows: Rows) -> dict[str, dict[str, Any]]:
    return {row["record_id"]: row for row in rows}


def test_person_by_the_meaning_of_questions(bench: Bench) -> None:
    """Answers become fields by the form's questions, whose ids stand as numbers on one side and as text on the other."""
    bench.land("linkedin", "leadForms", [form(EMAIL=101, FIRST_NAME="102", LAST_NAME=103, COMPANY_NAME=104, JOB_TITLE=105,
                                              COUNTRY=106)])  # fmt: skip
    said = [
        ("101", " Ada@Acme.io"),
        (102, "Ada"),
        (103, "Byron"),
        (104, "Acme"),
        (105, "CTO"),
        (106, "Japan"),
        (9, "x"),
    ]
    bench.land("linkedin", "leadFormResponses", [response("a", *said)])
    (row,) = bench.stage("linkedin", "person")
    assert (row["object"], row["record_id"], row["email"]) == ("leadFormResponses", "a", "ada@acme.io")
    assert (row["name"], row["company"], row["title"], row["region"]) == ("Ada Byron", "Acme", "CTO", "APAC")
    assert row["created_at"] == datetime(2026, 3, 5, 10, 0, 0, 250_000, UTC)
    assert (row["segment"], row["can_email"], row["is_deleted"]) == ("unknown", None, False)


def test_person_without_a_known_form(bench: Bench) -> None:
    """Where no form tells, the first answer that looks like a mail address is the address; choices are no words."""
    choice = {"questionId": 7, "answerDetails": {"multipleChoiceAnswer": {"options": [2]}}}
    told = response("a", (1, "Ada"), (2, "ada@acme.io"), (3, "eve@acme.io"))
    told["formResponse"]["answers"].append(choice)
    other = response("b", (1, "nobody")) | {
        "versionedLeadGenFormUrn": None,
        "form": {"leadGenFormUrn": "urn:li:leadGenForm:3162"},
    }
    bench.land("linkedin", "leadFormResponses", [told, other, response("c", formResponse=None)])
    found = by_id(bench.stage("linkedin", "person"))
    assert {key: row["email"] for key, row in found.items()} == {"a": "ada@acme.io", "b": None, "c": None}


def test_form_named_by_its_plain_urn(bench: Bench) -> None:
    """A response that names its form by the plain URN finds the questions too; a work mailbox is a mailbox."""
    bench.land("linkedin", "leadForms", [form(FIRST_NAME=1, WORK_EMAIL=2)])
    told = response("a", (1, "me@home"), (2, "ada@acme.io"), versionedLeadGenFormUrn=None)
    bench.land("linkedin", "leadFormResponses", [told | {"form": {"leadGenFormUrn": "urn:li:leadGenForm:3162"}}])
    assert bench.stage("linkedin", "person")[0]["email"] == "ada@acme.io"


def test_touches(bench: Bench) -> None:
    """An answer is a hand-raise from its campaign, or from none; test answers and those ahead of us are out."""
    led = {"sponsoredLeadMetadata": {"campaign": "urn:li:sponsoredCampaign:123"}}
    rows = [
        response("a", leadMetadata=led), response("b", leadMetadata={}), response("c", testLead=True, leadMetadata=led),
        response("d", submittedAt=ms("2026-07-02T00:00:00")), response("e", testLead=None),
    ]  # fmt: skip
    bench.land("linkedin", "leadFormResponses", rows)
    found = by_id(bench.stage("linkedin", "touch"))
    assert {key: row["campaign_record_id"] for key, row in found.items()} == {"a": "123", "b": None, "e": None}
    assert (found["a"]["kind"], found["a"]["origin"], found["a"]["channel"]) == (
        "lead_form",
        "marketing",
        "paid_social",
    )
    assert found["a"]["is_hand_raise"] and (found["a"]["person_object"], found["a"]["person_record_id"]) == (
        "leadFormResponses", "a",
    )  # fmt: skip
    assert set(by_id(bench.stage("linkedin", "person"))) == {"a", "b", "d", "e"}


def test_campaigns(bench: Bench) -> None:
    """A campaign is paid_social whatever its type; its run becomes days in the company's zone, its id is the plain number."""
    run = {"start": ms("2026-03-01T23:30:00"), "end": ms("2026-03-31T22:30:00")}
    rows = [
        {"id": 1, "name": "Launch", "type": "SPONSORED_UPDATES", "account": "urn:li:sponsoredAccount:507", "runSchedule": run,
         "created": ms("2026-02-01T00:00:00"), "lastModified": 5},
        {"id": "urn:li:sponsoredCampaign:2", "changeAuditStamps": {"created": {"time": ms("2026-02-02T00:00:00")}}},
    ]  # fmt: skip
    bench.land("linkedin", "adCampaigns", rows)
    first, second = bench.stage("linkedin", "campaign")
    assert (first["campaign_id"], first["name"], first["type"]) == ("1", "Launch", "SPONSORED_UPDATES")
    assert (first["channel"], first["is_known_type"]) == ("paid_social", True)
    assert (first["start_date"], first["end_date"]) == (date(2026, 3, 2), date(2026, 4, 1))
    assert first["created_at"] == datetime(2026, 2, 1, tzinfo=UTC)
    assert (second["campaign_id"], second["created_at"]) == ("2", datetime(2026, 2, 2, tzinfo=UTC))


def test_costs_in_the_account_s_currency(bench: Bench) -> None:
    """Cost is in the ad account's currency, rounded once half-even, the day as it is; unseen accounts: reporting currency."""
    bench.land("linkedin", "adAccounts", [{"id": 507, "currency": "eur"}, {"id": 508, "currency": "JPY"}])
    bench.land(
        "linkedin", "adCampaigns", [{"id": 1, "account": "urn:li:sponsoredAccount:507"}, {"id": 2, "account": "508"}]
    )
    rows = [
        ads(1, "187.4200000000000"), ads(1, "0.0050000000000", 6), ads(1, "0.0150000000000", 7),
        ads(1, "10.0050000000001", 8), ads(2, "1250.5000000000000"), ads(3, "3.10"), ads(1, "0", 9), ads(1, None, 10),
        ads(1, "1.00") | {"pivotValues": ["urn:li:sponsoredAccount:507"]},
    ]  # fmt: skip
    bench.land("linkedin", "adAnalytics", rows)
    found = {(row["campaign_id"], row["start_date"].day): row for row in bench.stage("linkedin", "cost")}
    assert {key: (row["amount_minor"], row["currency_code"]) for key, row in found.items()} == {
        ("1", 5): (18742, "EUR"), ("1", 7): (2, "EUR"), ("1", 8): (1001, "EUR"), ("2", 5): (1250, "JPY"), ("3", 5): (310, "USD"),
    }  # fmt: skip
    assert all(row["start_date"] == row["end_date"] for row in found.values())
    assert found["1", 5]["cost_id"] == "1:2026-03-05"


def test_restated_ads_day(bench: Bench) -> None:
    """An ads day has no stamp: what landed last counts, once."""
    bench.land("linkedin", "adAnalytics", [ads(1, "1.00"), ads(1, "5.00", 6)], at=datetime(2026, 6, 1, tzinfo=UTC))
    bench.land("linkedin", "adAnalytics", [ads(1, "2.50")], at=datetime(2026, 6, 2, tzinfo=UTC))
    assert [row["amount_minor"] for row in bench.stage("linkedin", "cost")] == [250, 500]


def test_refused_rows(bench: Bench) -> None:
    """A cost that is no number, a day that does not exist, a currency that is none and a missing instant are refused."""
    bench.land(
        "linkedin",
        "adAnalytics",
        [ads(1, "n/a"), ads(2, "1.00", 31, 2), {"pivotValues": ["urn:li:sponsoredCampaign:3"]}],
    )
    bench.land("linkedin", "adAccounts", [{"id": 507, "currency": "US$"}])
    bench.land("linkedin", "leadFormResponses", [response("a", submittedAt=None), response("b", submittedAt="soon")])
    codes = sorted(code for code, _ in bench.refused("linkedin", "adAnalytics").values())
    assert codes == ["bad_type", "bad_value", "missing_key"]
    assert bench.refused("linkedin", "adAccounts")["507"][0] == "bad_currency"
    assert {key: code for key, (code, _) in bench.refused("linkedin", "leadFormResponses").items()} == {
        "a": "missing_field", "b": "bad_type",
    }  # fmt: skip
    assert bench.stage("linkedin", "cost") == bench.stage("linkedin", "touch") == []


def test_figures_of_organisations_land(bench: Bench) -> None:
    """Daily figures of an organisation are accepted by organisation and day, though nothing reads them yet."""
    span = {"start": ms("2026-03-05T00:00:00"), "end": ms("2026-03-06T00:00:00")}
    row = {"organizationalEntity": "urn:li:organization:9", "timeRange": span}
    bench.land("linkedin", "organizationalEntityShareStatistics", [row | {"totalShareStatistics": {"clickCount": 1}}])
    bench.land("linkedin", "organizationalEntityFollowerStatistics", [row, row | {"timeRange": {"start": "x"}}])
    assert bench.refused("linkedin", "organizationalEntityShareStatistics") == {}
    assert [code for code, _ in bench.refused("linkedin", "organizationalEntityFollowerStatistics").values()] == [
        "bad_type"
    ]


def test_ads_rows_that_are_no_day_of_a_campaign_are_refused(bench: Bench) -> None:
    """A row over several days, of something else than a campaign, or without its cost would be money that is wrong or lost."""
    week = ads(1, "5.00")
    week["dateRange"]["end"] = {"year": 2026, "month": 3, "day": 9}
    other = ads(2, "5.00") | {"pivotValues": ["urn%3Ali%3AsponsoredCampaign%3A2"]}
    open_ended = ads(5, "5.00")
    del open_ended["dateRange"]["end"]
    bench.land("linkedin", "adAnalytics", [week, other, ads(3, None), ads(4, "0"), open_ended])
    bench.stage("linkedin", "cost")
    assert {key.split("|")[0]: code for key, (code, _) in bench.refused("linkedin", "adAnalytics").items()} == {
        "urn:li:sponsoredCampaign:1": "bad_value", "urn%3Ali%3AsponsoredCampaign%3A2": "bad_value",
        "urn:li:sponsoredCampaign:3": "missing_field",
    }  # fmt: skip


def test_an_ads_row_that_names_no_single_campaign_is_refused_alone(bench: Bench) -> None:
    """An URN without an id, or one of the parts of a campaign, stops nobody's load and is not counted as the campaign."""
    nameless = ads(1, "5.00") | {"pivotValues": ["urn:li:sponsoredCampaign:"]}
    part = ads(2, "5.00") | {"pivotValues": ["urn:li:sponsoredCampaign:2", "urn:li:sponsoredCreative:9"]}
    bench.land("linkedin", "adAnalytics", [nameless, part, ads(2, "7.00")])
    assert [row["amount_minor"] for row in bench.stage("linkedin", "cost")] == [700]
    assert {code for code, _ in bench.refused("linkedin", "adAnalytics").values()} == {"bad_value"}
