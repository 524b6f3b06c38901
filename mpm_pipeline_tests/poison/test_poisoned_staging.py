"""What was let through stops nothing behind it: poisoned streams are staged, and a page that is bad beyond its limit stops the run."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from mpm_pipeline.errors import Halt
from mpm_pipeline.orchestration.session import setting_row
from mpm_pipeline.settings import Settings
from mpm_pipeline.staged.run import stage
from mpm_pipeline.warehouse.build import Warehouse
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline_tests.poison.stream_of_pages import AS_OF, Poisoned, run
from mpm_pipeline_tests.poison.streams import BY_NAME, Target, written

STAGED = {
    "salesforce/Opportunity": ("opportunity", "opportunity_id"), "marketo/leads": ("lead", "lead_id"), "stripe/charges": ("payment", "payment_id"),
    "stripe/invoices": ("invoice", "invoice_id"), "linkedin/adCampaigns": ("campaign", "campaign_id"),
}  # fmt: skip


def warehouse(raw: RawLog, source: str, **quality: float) -> Warehouse:
    """Return a warehouse over what landed, under settings of its own."""
    settings = Settings.model_validate({"quality": quality})
    row = {"source": source, "is_on": True, "state": "done", "covered_from": date(2026, 6, 1), "covered_to": AS_OF}
    given = {"run.setting": setting_row(settings, AS_OF), "run.source": pa.Table.from_pylist([row])}
    return Warehouse(raw.home, AS_OF, given, [source])


@pytest.mark.parametrize("name", BY_NAME)
def test_what_is_served_is_staged(tmp_path: Path, name: str) -> None:
    """No good, odd or bad record stops the models of its source; quarantine has a row for each bad one."""
    source = Poisoned(BY_NAME[name], 150, seed=30)
    raw, found = run(tmp_path, source)
    house = warehouse(raw, source.source, max_quarantined_rate=1, max_quarantined_page_rate=1)
    stage(house, raw, source.source)
    assert house.tables.rows(f"staged.{source.source}.meta_quarantine") == source.bad_rows
    if name in STAGED:
        table, key = STAGED[name]
        staged = house.tables.read(f"staged.{source.source}.{table}")[key].to_pylist()
        assert sorted(staged) == sorted(found.served)


def landed(root: Path, target: Target, bad: int, rows: int) -> RawLog:
    """Land ten pages of records, one of which holds bad ones; return the raw log."""
    pages = [[target.good(100 * page + place) for place in range(rows)] for page in range(10)]
    for members in pages[3][:bad]:
        members["Amount"] = '"1.234,50 EUR"'
    return land(root, target, pages)


def land(root: Path, target: Target, pages: list[list[dict[str, Any]]]) -> RawLog:
    """Land pages of one stream in one batch."""
    from mpm_pipeline.warehouse.home import Home
    from mpm_pipeline.warehouse.ledger import Ledger

    home = Home.open(root)
    raw = RawLog(home, Ledger(home), date(2026, 6, 1))
    payloads = [written(members) for page in pages for members in page]
    raw.append(target.stream, payloads, extracted_at=AS_OF, pages=[len(page) for page in pages])
    return raw


DEALS = BY_NAME["salesforce/Opportunity"]


def test_a_page_beyond_its_limit_stops_the_run(tmp_path: Path) -> None:
    """Fifty-one bad deals of the hundred of one page, though they are 5 % of all, stop before anything is staged anew."""
    raw = landed(tmp_path, DEALS, 51, 100)
    house = warehouse(raw, "salesforce")
    with pytest.raises(
        Halt, match=r"51 of the 100 rows of page 3 are refused.*max_quarantined_page_rate \(0.5\)"
    ) as halted:
        stage(house, raw, "salesforce")
    assert halted.value.exit_code == 4
    assert not house.tables.exists("staged.salesforce.opportunity")
    assert house.tables.rows("staged.salesforce.meta_quarantine") == 51


@pytest.mark.parametrize(("bad", "rows"), [(50, 100), (99, 99)])
def test_a_page_within_its_limit_goes_on(tmp_path: Path, bad: int, rows: int) -> None:
    """Half of a page is not more than half; a page of less than a hundred rows says little."""
    raw = landed(tmp_path, DEALS, bad, rows)
    house = warehouse(raw, "salesforce")
    stage(house, raw, "salesforce")
    assert house.tables.rows("staged.salesforce.opportunity") == 10 * rows - bad


def test_the_limit_is_a_setting(tmp_path: Path) -> None:
    """With a higher one the same page stops nothing."""
    raw = landed(tmp_path, DEALS, 51, 100)
    stage(warehouse(raw, "salesforce", max_quarantined_page_rate=0.6), raw, "salesforce")


def test_the_page_is_forgiven_when_its_rows_are_mended_at_the_source(tmp_path: Path) -> None:
    """Newer versions of the bad deals make the run go on without anyone's help."""
    raw = landed(tmp_path, DEALS, 51, 100)
    newer = [DEALS.good(300 + place) | {"SystemModstamp": '"2026-06-03T08:00:00.000+0000"'} for place in range(51)]
    raw.append(DEALS.stream, [written(members) for members in newer], extracted_at=AS_OF)
    house = warehouse(raw, "salesforce")
    stage(house, raw, "salesforce")
    assert house.tables.rows("staged.salesforce.opportunity") == 1000


def test_a_broken_newest_version_hides_the_older_truth(tmp_path: Path) -> None:
    """A deal whose newest version is no JSON is out, though an older version of it was sound."""
    raw = land(tmp_path, DEALS, [[DEALS.good(1), DEALS.good(2)]])
    broken = json.loads(written(DEALS.good(1))) | {
        "Amount": float("nan"),
        "SystemModstamp": "2026-06-03T08:00:00.000+0000",
    }
    raw.append(DEALS.stream, [json.dumps(broken).encode()], extracted_at=AS_OF)
    house = warehouse(raw, "salesforce")
    stage(house, raw, "salesforce")
    assert house.tables.read("staged.salesforce.opportunity")["opportunity_id"].to_pylist() == ["006000000000000002"]
    (row,) = house.tables.read("staged.salesforce.meta_quarantine").to_pylist()
    assert (row["key"], row["reason_code"]) == ("006000000000000001", "bad_json")
