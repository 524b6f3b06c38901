"""`mpm explain`: the points of a lead sum to its score, and every id of a customer, also a retired one, leads to its records."""

from datetime import UTC, datetime

import pytest

from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.tables import Tables
from mpm_pipeline_tests.commands.served_home import served_home
from mpm_pipeline_tests.kpis.conftest import rows

ASSIGNED = {
    "lead_id": "00Q1", "person_id": "P1", "account_id": "A1", "outcome": "assigned", "outcome_reason": "best_value", "rep_id": "005A",
    "rep_name": "Ana", "score": 33.0, "fit_points": 0.0, "value_minor": 330000, "currency_code": "USD", "reason_text": "Ana: meets them.",
    "runner_up_rep_id": "005B", "runner_up_gap": -6.0, "capacity_price_minor": 90000,
}  # fmt: skip
HELD = {
    "lead_id": "00Q2", "person_id": "P2", "outcome": "held", "outcome_reason": "no_rep_data", "currency_code": "USD",
    "reason_text": "Held: no file says who takes leads (hr/reps).",
}  # fmt: skip
POINTS = [
    {"lead_id": "00Q1", "rep_id": rep, "dimension": dimension, "points": points, "text": text}
    for rep, dimension, points, text in (
        ("005A", "base", 6.0, "every pair"), ("005A", "meeting", 18.0, "meets the account in 9 days"), ("005A", "region", 6.0, "EMEA"),
        ("005A", "segment", 6.0, "adjacent"), ("005A", "tenure", -3.0, "still ramping"),
        ("005B", "base", 6.0, "every pair"), ("005B", "account", 15.0, "owns it"), ("005B", "meeting", 18.0, "meets them"),
    )
]  # fmt: skip
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def _record(source: str, kind: str, record: str, person: str | None, account: str | None) -> dict[str, object]:
    return {
        "source": source, "object": kind, "record_id": record, "person_id": person, "account_id": account, "confidence": 0.9,
        "reason": "same mailbox", "valid_from_at": SINCE, "recorded_from_at": SINCE,
    }  # fmt: skip


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    tables = {
        "leads.lead_distribution": [ASSIGNED, HELD],
        "leads.lead_score_point": POINTS,
        "kpis.dim_rep": [{"rep_id": "005A", "name": "Ana"}, {"rep_id": "005B", "name": "Bo"}],
        "customer.dim_person": [{"person_id": "P1", "name": "Cy", "email": "cy@example.com", "region": "EMEA", "segment": "mid"}],
        "customer.dim_account": [{"account_id": "A1", "name": "Acme", "region": "EMEA", "segment": "mid"}],
        "customer.crosswalk": [
            _record("salesforce", "Lead", "00Q1", "P1", "A1"),
            _record("marketo", "leads", "7", "P1", "A1"),
            _record("salesforce", "Account", "001", None, "A1"),
            _record("salesforce", "Lead", "00Q8", "P8", None),
        ],
        "customer.id_redirect": [
            {"old_id": "P0", "new_id": "P9", "kind": "merge", "reason": "merged in the CRM", "at": SINCE},
            {"old_id": "P9", "new_id": "P1", "kind": "older_record_arrived", "reason": "an older record came", "at": SINCE},
        ],
    }  # fmt: skip
    return served_home(tmp_path_factory.mktemp("home"), tables)


@pytest.fixture(autouse=True)
def home(published, monkeypatch):
    monkeypatch.setenv("MPM_HOME", str(published.root))


def test_the_points_of_a_lead_sum_to_its_score(mpm) -> None:
    """6 + 18 + 6 + 6 - 3 = 33: each with its words, strongest first, and the sum below."""
    told = mpm("explain", "lead", "00Q1")
    lines = [line.split() for line in told.out.splitlines() if line]
    dimensions = [line[0] for line in lines if len(line) > 1 and line[1][:1] in "+-" and line[0].isalpha()]
    assert dimensions == ["meeting", "base", "region", "segment", "tenure", "sum"]
    assert "+33.0" in told.out
    assert "-3.0  still ramping" in told.out
    points = mpm("explain", "lead", "00Q1", "--json").document["points"]
    assert sum(point["points"] for point in points) == ASSIGNED["score"]


def test_runner_up_value_and_price_are_told(mpm) -> None:
    """Bo scored 39 and is full; the lead is worth 3,300.00 USD and one more place of Ana 900.00 USD."""
    told = mpm("explain", "lead", "00Q1")
    assert "Runner-up: Bo, 6 points ahead, but full." in told.out
    assert "Expected value: 3,300.00 USD." in told.out
    assert "One more place of Ana would be worth 900.00 USD." in told.out
    reps = mpm("explain", "lead", "00Q1", "--json").document["reps"]
    assert [(rep["rep_name"], rep["score"]) for rep in reps] == [("Bo", 39.0), ("Ana", 33.0)]


def test_a_lead_is_found_by_its_person_too(mpm) -> None:
    """The person's id leads to the same lead."""
    assert mpm("explain", "lead", "P1", "--json").document["lead"]["lead_id"] == "00Q1"


def test_a_held_lead_says_why(mpm) -> None:
    """A lead that nobody gets tells its reason."""
    assert "Held: no file says who takes leads" in mpm("explain", "lead", "00Q2").out


@pytest.mark.parametrize("name", ["P1", "P9", "P0", "marketo:leads:7"])
def test_every_id_of_a_person_leads_to_its_records(mpm, name: str) -> None:
    """The id of today, ids of before over two moves, and a source record all end at person P1 with two records."""
    found = mpm("explain", "customer", name, "--json").document
    assert (found["kind"], found["customer"]["person_id"]) == ("person", "P1")
    assert [row["record_id"] for row in found["records"]] == ["7", "00Q1"]


def test_each_record_names_whom_it_shares_a_key_with(mpm, published) -> None:
    """The lead shares a mailbox with the marketing lead, and it alone is named: no mailbox is printed."""
    evidence = {"key_type": "mailbox", "key_value": "cy@example.com", "bits": 12.0, "records": 2}
    row = {"source": "salesforce", "object": "Lead", "record_id": "00Q1", "other_source": "marketo", "other_object": "leads", "other_record_id": "7"}  # fmt: skip
    Tables(Home.open(published.root)).replace("customer.identity_evidence", rows("customer.identity_evidence", [row | evidence]))  # fmt: skip
    told = mpm("explain", "customer", "P1")
    assert "mailbox with marketo:leads:7" in told.out and "cy@" not in told.out
    assert mpm("explain", "customer", "P1", "--json").document["records"][1]["shares"] == [{"key": "mailbox", "with": "marketo:leads:7"}]  # fmt: skip


def test_moves_are_told_with_their_reasons(mpm) -> None:
    """A retired id says when and why it went, step by step."""
    words = mpm("explain", "customer", "P0").out
    assert "P0 is P9 since 2026-01-01 00:00 UTC: merged in the CRM" in words
    assert "P9 is P1 since 2026-01-01 00:00 UTC: an older record came" in words


def test_an_account_shows_its_companies_and_no_address_is_printed(mpm) -> None:
    """An account is made of company records; no e-mail address leaves, in words or in JSON."""
    found = mpm("explain", "customer", "A1", "--json")
    assert [row["record_id"] for row in found.document["records"]] == ["001"]
    for arguments in (["P1"], ["P1", "--json"], ["A1"], ["A1", "--json"]):
        assert "@" not in mpm("explain", "customer", *arguments).out


@pytest.mark.parametrize(
    ("kind", "name"), [("lead", "00Q9"), ("customer", "P7"), ("customer", "stripe:customers:cus_1")]
)
def test_an_unknown_id_is_named(mpm, kind: str, name: str) -> None:
    """What is not there ends with 2 and is named."""
    told = mpm("explain", kind, name)
    assert told.status == 2
    assert name in told.err


@pytest.mark.parametrize("name", ["P8", "salesforce:Lead:00Q8"])
def test_a_customer_whose_records_went_is_told_as_gone(mpm, name: str) -> None:
    """The crosswalk still has the id, so it is not told as one that never was."""
    told = mpm("explain", "customer", name)
    assert told.status == 2 and "no customer any more" in told.err and "salesforce:Lead:00Q8" in told.err
