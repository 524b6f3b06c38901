"""Files of plan, money and people become our tables; rows that break the file's contract are refused with their reason."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from mpm_pipeline.contracts.files import FILES, columns
from mpm_pipeline.vocabulary import CURRENCY_EXPONENTS
from mpm_pipeline.warehouse.build import reference
from mpm_pipeline_tests.staged.staging import Bench

ACTUAL = {
    "line_id": "L1", "booked_on": "2026-03-31", "function": "Marketing", "kind": "program", "amount": "1234.505", "currency": "eur",
    "is_shadow_marketing": "true", "campaign": " Spring ",
}  # fmt: skip
SURVEY = {
    "response_id": "R1", "survey": "2026-Q1", "kind": "csat", "scale_max": "5", "sent_at": "2026-03-01T10:00:00+01:00",
    "answered_at": "2026-03-02T09:00:00Z", "score": "4", "email": "A@b.example",
}  # fmt: skip
REP = {"email": "Kim@acme.example", "start_on": "2026-01-01", "capacity_per_week": "4.5"}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "home")


@pytest.mark.parametrize(("currency", "minor"), [("eur", 123450), ("jpy", 1235), ("kwd", 1234505)])
def test_amounts_are_rounded_at_the_currency(bench: Bench, currency: str, minor: int) -> None:
    """1234.505 is 1234.50 EUR (half to even), 1235 JPY and 1234.505 KWD."""
    bench.land("finance", "actuals", [ACTUAL | {"currency": currency}])
    (line,) = bench.stage("files", "ledger_line")
    assert (line["amount_minor"], line["currency_code"]) == (minor, currency.upper())
    assert (line["function"], line["campaign"], line["is_shadow_marketing"]) == ("marketing", "Spring", True)


@pytest.mark.parametrize(
    ("damage", "reason", "field"),
    [
        ({"amount": "1,234.50"}, "bad_type", "amount"), ({"amount": "1e30"}, "bad_type", "amount"),
        ({"amount": "500000000000000"}, "bad_value", "amount"), ({"currency": "EURO"}, "bad_currency", "currency"),
        ({"function": "finance"}, "bad_value", "function"), ({"booked_on": "31.03.2026"}, "bad_type", "booked_on"),
        ({"kind": None}, "missing_field", "kind"), ({"is_shadow_marketing": "maybe"}, "bad_type", "is_shadow_marketing"),
    ],
)  # fmt: skip
def test_bad_ledger_lines(bench: Bench, damage: dict[str, Any], reason: str, field: str) -> None:
    """Each damage is refused under its own reason, and names its column."""
    bench.land("finance", "actuals", [ACTUAL, ACTUAL | {"line_id": "L2"} | damage])
    code, text = bench.refused("finance", "actuals")["L2"]
    assert (code, f"(field {field})" in text) == (reason, True)
    assert len(bench.stage("files", "ledger_line")) == 1


@pytest.mark.parametrize(
    ("kind", "scale", "score", "is_good"),
    [("csat", "5", "1", True), ("csat", "5", "0", False), ("csat", "5", "6", False), ("csat", "5", None, True),
     ("nps", "10", "0", True), ("nps", "10", "11", False), ("NPS", "10", "-1", False), ("csat", "0", None, False)],
)  # fmt: skip
def test_score_outside_its_scale(bench: Bench, kind: str, scale: str, score: str | None, is_good: bool) -> None:
    """The lowest CSAT is 1, the lowest NPS 0, the highest is the scale's; what lies outside is a bad value."""
    bench.land("service", "survey", [SURVEY | {"kind": kind, "scale_max": scale, "score": score}])
    assert bool(bench.stage("files", "survey_response")) is is_good
    assert [code for code, _ in bench.refused("service", "survey").values()] == ([] if is_good else ["bad_value"])


def test_survey_instants_are_utc(bench: Bench) -> None:
    """An instant with an offset is the same moment in UTC."""
    bench.land("service", "survey", [SURVEY])
    (row,) = bench.stage("files", "survey_response")
    assert row["sent_at"] == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert (row["score"], row["email"]) == (4.0, "a@b.example")


def test_rows_of_a_file_that_lacks_a_column(bench: Bench) -> None:
    """Every row of a file without a required column is refused for that, also where the missing column is the key."""
    whole = {column.name: "x" for column in columns(FILES["standards/exceptions"])}
    bench.land("standards", "exceptions", [{n: v for n, v in whole.items() if n != "expires_on"}])
    assert bench.refused("standards", "exceptions") == {
        "x": ("missing_column", "the file lacks a required column, so none of its rows can be read (field expires_on)")
    }
    bench.land("standards", "exceptions", [{n: v for n, v in whole.items() if n != "exception_id"}])
    assert bench.refused("standards", "exceptions")[""][0] == "missing_column"


def test_snapshot_replaces_the_one_before(bench: Bench) -> None:
    """A row that is gone from the newest file is gone, and of a key that occurs twice the last row counts."""
    bench.land("finance", "actuals", [ACTUAL, ACTUAL | {"line_id": "L2"}], at=datetime(2026, 6, 1, tzinfo=UTC))
    bench.land("finance", "actuals", [ACTUAL, ACTUAL | {"amount": "5"}], at=datetime(2026, 6, 2, tzinfo=UTC))
    assert [(row["line_id"], row["amount_minor"]) for row in bench.stage("files", "ledger_line")] == [("L1", 500)]


def test_budget_month(bench: Bench) -> None:
    """A month is its first day; 2026-13 and March are no months."""
    entry = {
        "entry_id": "E1", "budget_line_id": "B1", "level": "team", "name": "Events", "owner": "Kim", "month": "2026-03",
        "view": "Plan", "amount": "10", "currency": "JPY",
    }  # fmt: skip
    bench.land(
        "finance",
        "budget",
        [entry, entry | {"entry_id": "E2", "month": "2026-13"}, entry | {"entry_id": "E3", "month": "March"}],
    )
    (row,) = bench.stage("files", "budget_entry")
    assert (row["month_date"], row["view"], row["amount_minor"]) == (date(2026, 3, 1), "plan", 10)
    assert {key: code for key, (code, _) in bench.refused("finance", "budget").items()} == {
        "E2": "bad_type",
        "E3": "bad_type",
    }


def test_rates_are_positive(bench: Bench) -> None:
    """A rate keeps its own decimals; nought and less are no rates."""
    rate = {"rate_id": "1", "date": "2026-03-01", "base": "eur", "quote": "usd", "rate": "1.08350"}
    bench.land(
        "finance", "fx_rates", [rate, rate | {"rate_id": "2", "rate": "0"}, rate | {"rate_id": "3", "rate": "-1"}]
    )
    (row,) = bench.stage("files", "fx_rate")
    assert (row["base"], row["quote"], row["rate"]) == ("EUR", "USD", "1.08350")
    assert {code for code, _ in bench.refused("finance", "fx_rates").values()} == {"bad_value"}


def test_goal_keeps_its_numbers_as_text(bench: Bench) -> None:
    """A goal's baseline and target keep their decimals."""
    goal = {
        "goal_id": "G1", "name": "Win more", "kpi_id": "win_rate_count", "baseline": "0.20", "target": "0.25",
        "period_start": "2026-01-01", "period_end": "2027-01-01", "owner": "Kim",
    }  # fmt: skip
    bench.land("finance", "goals", [goal])
    (row,) = bench.stage("files", "goal")
    assert (row["baseline"], row["target"], row["end_date"]) == ("0.20", "0.25", date(2027, 1, 1))


def test_employment_in_thousandths(bench: Bench) -> None:
    """0.3335 of a full time is 334 thousandths (333.5, half to even); less than none is refused."""
    row = {"employment_id": "1", "function": "sales", "role": "SDR", "fte": "0.3335", "start_on": "2026-01-01"}
    bench.land(
        "hr",
        "headcount",
        [row, row | {"employment_id": "2", "fte": "-1"}, row | {"employment_id": "3", "role": "boss"}],
    )
    (found,) = bench.stage("files", "employment")
    assert (found["fte_milli"], found["role"], found["end_date"]) == (334, "sdr", None)
    assert {code for code, _ in bench.refused("hr", "headcount").values()} == {"bad_value"}


def test_rep_defaults(bench: Bench) -> None:
    """A rep without further words serves all, ramps in 180 days, and has no quota."""
    bench.land("hr", "reps", [REP])
    (rep,) = bench.stage("files", "rep")
    assert (rep["email"], rep["regions"], rep["ramp_days"], rep["absent"]) == ("kim@acme.example", "", 180, "")
    assert (rep["quota_minor"], rep["is_a_rep"]) == (None, None)


def test_rep_quota_and_absence(bench: Bench) -> None:
    """A quota without a currency is in the reporting currency; a span that is none refuses the row."""
    span = "2026-03-02/2026-03-09; 2026-05-01/2026-05-02"
    bench.land(
        "hr", "reps", [REP | {"quota": "1000", "absent": span}, REP | {"email": "b@c.example", "absent": "in March"}]
    )
    (rep,) = bench.stage("files", "rep")
    assert (rep["quota_minor"], rep["currency_code"], rep["absent"]) == (100000, "USD", span.replace(" ", ""))
    assert bench.refused("hr", "reps")["b@c.example"][0] == "bad_type"


def test_one_rep_written_in_two_ways(bench: Bench) -> None:
    """An e-mail in two spellings is one rep."""
    bench.land("hr", "reps", [REP, REP | {"email": "kim@acme.example"}])
    assert len(bench.stage("files", "rep")) == 1


def test_referral_is_a_partner_touch(bench: Bench) -> None:
    """A referral is a touch at the start of its day in the company's zone (Berlin, summer time: 22:00 UTC before)."""
    referral = {
        "referral_id": "F1", "referred_on": "2026-06-02", "referrer": "Ann", "referrer_kind": "customer", "domain": " Acme.Example "
    }  # fmt: skip
    bench.land("partners", "referrals", [referral])
    (touch,) = bench.stage("files", "touch")
    assert touch["at"] == datetime(2026, 6, 1, 22, tzinfo=UTC)
    assert (touch["source"], touch["origin"], touch["kind"], touch["channel"]) == (
        "partners",
        "partner",
        "referral",
        "partner",
    )
    assert (touch["domain"], touch["email"], touch["is_hand_raise"]) == ("acme.example", None, False)
    assert bench.stage("files", "referral")[0]["referrer_kind"] == "customer"


def test_resource_use_and_exception(bench: Bench) -> None:
    """The use of a resource and an exception come through with their types."""
    use = {
        "usage_id": "U1",
        "email": "a@b.example",
        "resource": "Deck",
        "kind": "collateral",
        "at": "2026-03-01T08:00:00Z",
        "rating": "4.5",
    }
    exception = {
        "exception_id": "X1", "rule": "unknown_product", "scope": "EMEA", "business_case": "pilot", "owner": "Kim",
        "expires_on": "2026-12-31",
    }  # fmt: skip
    bench.land("enablement", "usage", [use])
    bench.land("standards", "exceptions", [exception])
    assert bench.stage("files", "resource_use")[0]["rating"] == 4.5
    assert bench.stage("files", "standard_exception")[0]["expires_on"] == date(2026, 12, 31)


def test_every_currency_has_its_exponent() -> None:
    """The list of exponents that staging joins holds exactly the currencies that contracts accept."""
    found = (row.values() for row in reference("currency").to_pylist())
    assert {code: int(exponent) for code, exponent in found} == CURRENCY_EXPONENTS


@pytest.mark.parametrize(("end", "is_good"), [("2026-05-09", True), ("2026-05-08", False), ("2026-05-10", True)])
def test_an_employment_cannot_end_before_it_began(bench: Bench, end: str, is_good: bool) -> None:
    """Negative days would lower everybody's head count; one that ends the day before its first never began and has none."""
    row = {"employment_id": "e", "function": "sales", "role": "sdr", "fte": "1", "start_on": "2026-05-10", "end_on": end}  # fmt: skip
    bench.land("hr", "headcount", [row])
    assert bool(bench.stage("files", "employment")) is is_good
    assert [code for code, _ in bench.refused("hr", "headcount").values()] == ([] if is_good else ["bad_value"])
