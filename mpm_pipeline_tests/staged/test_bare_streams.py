"""A staged table of streams in which nothing has landed is not computed: it would have no rows."""

import json
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest

from mpm_pipeline.contracts.fields import fields
from mpm_pipeline.contracts.registry import records, stream_of
from mpm_pipeline.contracts.registry import table as contract_of
from mpm_pipeline.orchestration.session import STAGED_FOLDERS, setting_row
from mpm_pipeline.settings import Settings
from mpm_pipeline.staged import run
from mpm_pipeline.warehouse import engine
from mpm_pipeline.warehouse.build import reference
from mpm_pipeline.warehouse.models import references
from mpm_pipeline.warehouse.unlanded import declare
from mpm_pipeline.warehouse.validate import empty, validate
from mpm_pipeline_tests.staged.crm import AS_OF, Crm
from mpm_pipeline_tests.staged.stripe_records import SUBSCRIPTION


@pytest.mark.parametrize("folder", STAGED_FOLDERS)
def test_no_model_makes_rows_of_nothing(folder: str) -> None:
    """Each model of a folder, over the settings and the small lists, with all of the vendor's streams empty."""
    files = sorted((run.FOLDER / folder).glob("*.sql"))
    with engine.connect() as connection:
        given = {"run.setting": setting_row(Settings(), datetime(2026, 6, 1, tzinfo=UTC))}
        lists = {name for file in files for name in references(file) if name.startswith("reference.")}
        engine.show(connection, given | {name: reference(name.split(".")[1]) for name in lists})
        for contract in import_module(f"mpm_pipeline.contracts.{folder}").RECORDS:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {stream_of(contract).source}")
            declare(connection, stream_of(contract), fields(contract))
        for file in files:
            contract = contract_of(f"staged.{file.stem}")
            made = validate(contract, engine.fetch(connection, file.read_text()))
            assert made.equals(empty(contract)), file.stem


def test_only_models_without_any_rows_to_read_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one deal landed, all that reads deals is computed, be its other streams empty; the rest is not."""
    crm = Crm(tmp_path)
    crm.land("Opportunity", {"Id": "0061", "StageName": "Won", "Amount": 1})
    computed: list[str] = []
    select = run.select
    monkeypatch.setattr(run, "select", lambda *given: computed.append(given[1]) or select(*given))
    run.stage(crm.warehouse, crm.raw, "salesforce")
    read = [
        file.stem for file in (run.FOLDER / "salesforce").glob("*.sql") if "salesforce.Opportunity" in references(file)
    ]
    assert sorted(computed) == [f"staged.salesforce.{name}" for name in sorted(read)]
    assert crm.warehouse.tables.rows("staged.salesforce.lead") == 0
    assert crm.warehouse.tables.rows("staged.salesforce.opportunity") == 1


def test_a_stream_whose_newest_rows_are_all_refused_is_not_bare(tmp_path: Path) -> None:
    """What is kept of the versions before them is still read."""
    crm, subscriptions = Crm(tmp_path), stream_of(records()["stripe", "subscriptions"])
    crm.raw.append(subscriptions, [json.dumps(SUBSCRIPTION).encode()], extracted_at=AS_OF - timedelta(days=1))
    crm.raw.append(subscriptions, [b'{"id":"sub_1","created":NaN}'], extracted_at=AS_OF)
    known = crm.warehouse.given["run.source"]
    crm.warehouse.given["run.source"] = known.set_column(0, "source", [["stripe"]])
    run.stage(crm.warehouse, crm.raw, "stripe")
    rows = {name: crm.warehouse.tables.rows(f"staged.stripe.{name}") for name in ("subscription", "subscription_state")}
    assert rows == {"subscription": 0, "subscription_state": 1}
