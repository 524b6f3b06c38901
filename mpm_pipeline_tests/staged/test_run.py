"""Staging a folder as a whole: every row is accounted for, bad rows stop nothing unless there are too many of them."""

import json
import logging
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.errors import Halt
from mpm_pipeline.settings import Settings
from mpm_pipeline.simulator.server import Simulator
from mpm_pipeline.sources.connector import Days
from mpm_pipeline.sources.fetch import fetch
from mpm_pipeline.sources.salesforce.connector import Salesforce
from mpm_pipeline.staged.run import check, stage
from mpm_pipeline.warehouse.accept import Accepted
from mpm_pipeline_tests.simulator.worlds import write_world
from mpm_pipeline_tests.staged.crm import AS_OF, CONTRACTS, STAMP, Crm

GOOD = [{"Id": f"006{number}", "StageName": "Won", "Amount": 1} for number in range(6)]


@pytest.fixture
def crm(tmp_path: Path) -> Crm:
    """An empty org."""
    return Crm(tmp_path)


def rows(crm: Crm, table: str) -> list[dict[str, Any]]:
    """Read a staged table."""
    return crm.warehouse.tables.read(f"staged.salesforce.{table}").to_pylist()  # type: ignore[no-any-return]


def broken(**fields: Any) -> bytes:
    """A deal with one field changed, as a payload; a field given as None is left out."""
    record = {"Id": "006X", "StageName": "Won", "CreatedDate": STAMP, "SystemModstamp": STAMP, "Amount": 1} | fields
    return json.dumps({name: value for name, value in record.items() if value is not None}).encode()


BAD = {
    "bad_json": b'{"Id":"006J","SystemModstamp":"2026-06-01T00:00:00.000+0000","Amount":NaN}',
    "duplicate_key": b'{"Id":"006D","Id":"006E","StageName":"Won","CreatedDate":"2026-06-01T00:00:00.000+0000"}',
    "missing_key": broken(Id=""),
    "missing_field": broken(Id="006F", StageName=None),
    "bad_type": broken(Id="006T", Amount="1.234,50 EUR"),
    "bad_currency": broken(Id="006C", CurrencyIsoCode="XYZ"),
    "bad_value": broken(Id="006V", Name="a\x00b"),
}


def test_each_kind_of_bad_row_ends_under_its_reason_and_changes_nothing_else(crm: Crm) -> None:
    """One damaged row per reason: all are named in quarantine without their values, and the good rows are staged."""
    crm.land("Opportunity", *GOOD, *BAD.values())
    stage(crm.warehouse, crm.raw, "salesforce")
    refused = {row["reason_code"]: row for row in rows(crm, "meta_quarantine")}
    assert {code: row["key"] for code, row in refused.items()} == {
        "bad_json": "006J", "duplicate_key": "006E", "missing_key": "", "missing_field": "006F", "bad_type": "006T",
        "bad_currency": "006C", "bad_value": "006V",
    }  # fmt: skip
    assert refused["bad_type"]["reason_text"] == "a field holds a value that is not of its type (field Amount)"
    assert all("1.234" not in str(row) and "XYZ" not in str(row) for row in refused.values())
    assert refused["bad_type"]["batch"].startswith("salesforce/Opportunity/") and refused["bad_type"]["row_no"] == 10
    assert {row["opportunity_id"] for row in rows(crm, "opportunity")} == {one["Id"] for one in GOOD}


def test_every_key_is_in_or_out(crm: Crm) -> None:
    """Per stream and day: keys in = accepted + refused, deleted ones among the accepted; older versions are no keys."""
    crm.land("Opportunity", *GOOD, broken(Id="006F", StageName=None))
    crm.land(
        "Opportunity",
        GOOD[0] | {"SystemModstamp": "2026-06-02T00:00:00.000+0000"},
        deleted=(("0061", "2026-06-02T08:00:00.000+0000"),),
    )
    stage(crm.warehouse, crm.raw, "salesforce")
    counted = {row["partition"]: row for row in rows(crm, "meta_reconciliation")}
    told = {
        day: tuple(row[name] for name in ("rows_in", "rows_out", "rows_quarantined", "rows_deleted"))
        for day, row in counted.items()
    }
    assert told == {"2026-06-01": (5, 4, 1, 0), "2026-06-02": (2, 2, 0, 1)}


def test_a_record_that_calls_itself_deleted_is_counted_as_such(crm: Crm) -> None:
    """In the recycle bin longer than its list of deleted ids tells: shown with its flag alone, it counts like one with a tombstone."""
    crm.land("Opportunity", *GOOD, deleted=(("0061", "2026-06-01T08:00:00.000+0000"),))
    crm.land("Opportunity", GOOD[0] | {"IsDeleted": True}, GOOD[1] | {"IsDeleted": True})
    stage(crm.warehouse, crm.raw, "salesforce")
    assert sum(row["rows_deleted"] for row in rows(crm, "meta_reconciliation")) == 2


def test_a_refused_newest_version_hides_the_older_truth(crm: Crm) -> None:
    """When the newest version of a deal is bad, the deal is out: an older truth is never shown in its place."""
    crm.land("Opportunity", *GOOD)
    crm.land("Opportunity", broken(Id="0060", Amount="a lot", SystemModstamp="2026-06-05T00:00:00.000+0000"))
    stage(crm.warehouse, crm.raw, "salesforce")
    assert "0060" not in {row["opportunity_id"] for row in rows(crm, "opportunity")}
    crm.land("Opportunity", broken(Id="0060", Amount=9, SystemModstamp="2026-06-06T00:00:00.000+0000"))
    stage(crm.warehouse, crm.raw, "salesforce")
    assert {row["opportunity_id"]: row["amount_minor"] for row in rows(crm, "opportunity")}["0060"] == 900
    assert rows(crm, "meta_quarantine") == []


def test_too_many_refused_rows_stop_the_run(crm: Crm) -> None:
    """Above the share that settings allow nothing is staged anew, and quarantine says what it was."""
    crm.land("Opportunity", *GOOD)
    stage(crm.warehouse, crm.raw, "salesforce")
    crm.land(
        "Opportunity",
        *(broken(Id=f"006B{number}", Amount="x") for number in range(40)),
        *({"Id": f"006G{number}", "StageName": "Won"} for number in range(60)),
    )
    with pytest.raises(Halt, match=r"salesforce/Opportunity: 40 of 106 rows are refused.*max_quarantined_rate \(0.2\)"):
        stage(crm.warehouse, crm.raw, "salesforce")
    assert len(rows(crm, "opportunity")) == len(GOOD)
    assert Counter(row["reason_code"] for row in rows(crm, "meta_quarantine")) == {"bad_type": 40}


def test_a_small_stream_only_warns(crm: Crm, caplog: pytest.LogCaptureFixture) -> None:
    """Below a hundred rows a large share of refused ones is told, and the run goes on."""
    caplog.set_level(logging.WARNING)
    crm.land("Opportunity", GOOD[0], broken(Amount="x"))
    stage(crm.warehouse, crm.raw, "salesforce")
    assert "1 of 2 rows are refused" in caplog.text
    assert len(rows(crm, "opportunity")) == 1


def test_a_lost_row_stops_the_run() -> None:
    """A key that is neither accepted nor refused is a loss on the way, however few they are."""
    stream = stream_of(CONTRACTS["Lead"])
    check([Accepted(stream, 3, 2, 1, None, None)], 1.0)
    with pytest.raises(Halt, match="salesforce/Lead: of 3 keys 2 were accepted and 0 refused"):
        check([Accepted(stream, 3, 2, 0, None, None)], 1.0)


def test_staging_tells_what_it_made_and_repeats_itself(crm: Crm) -> None:
    """All tables of the folder and its three accounts are named, empty ones too, and a second run makes the same."""
    crm.land("Opportunity", *GOOD)
    names = stage(crm.warehouse, crm.raw, "salesforce")
    assert {"staged.salesforce.opportunity", "staged.salesforce.touch", "staged.salesforce.meta_freshness"} <= set(
        names
    )
    before = {name: sorted(map(str, crm.warehouse.tables.read(name).to_pylist())) for name in names}
    assert stage(crm.warehouse, crm.raw, "salesforce") == names
    assert {name: sorted(map(str, crm.warehouse.tables.read(name).to_pylist())) for name in names} == before


def test_from_the_vendor_to_staged_tables(tmp_path: Path) -> None:
    """Over real HTTP: what the org holds at its clock is read, landed and staged."""
    streams = {
        "salesforce/Account": [{"Id": "001", "Name": "Acme", "BillingCountry": "JP", "SystemModstamp": STAMP}],
        "salesforce/Opportunity": [
            {
                "Id": "006",
                "AccountId": "001",
                "StageName": "Won",
                "Amount": 1500.0,
                "CurrencyIsoCode": "JPY",
                "CloseDate": "2026-06-02",
                "IsWon": True,
                "IsClosed": True,
                "CreatedDate": STAMP,
                "SystemModstamp": STAMP,
            }
        ],
    }
    crm = Crm(tmp_path / "home")
    with Simulator(write_world(tmp_path / "world", streams, now="2026-06-30T12:00:00Z")) as simulator:
        state = simulator.state()["sources"]["salesforce"]
        settings = Settings.model_validate({"salesforce": {"url": state["url"], **state["credentials"]}})
        connector = Salesforce(settings)
        as_of = connector.probe()
        assert as_of == AS_OF
        result = fetch(connector, crm.raw, crm.ledger, Days(crm.raw.first_day, AS_OF.date(), True, AS_OF), "run-1")
        connector.close()
    assert (result.state, result.rows_in) == ("done", 2)
    stage(crm.warehouse, crm.raw, "salesforce")
    assert [(row["name"], row["region"]) for row in rows(crm, "account")] == [("Acme", "APAC")]
    assert [(row["amount_minor"], row["currency_code"], row["is_won"]) for row in rows(crm, "opportunity")] == [
        (1500, "JPY", True)
    ]
    fresh = {row["stream"]: row for row in rows(crm, "meta_freshness")}
    assert fresh["Account"]["state"] == "fresh" and fresh["Account"]["newest_extracted_at"] == AS_OF
