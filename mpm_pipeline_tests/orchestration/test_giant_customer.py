"""A giant customer stops a run before anything rests on it, and what was published before stays."""

from pathlib import Path

import dagster as dg
import pytest

from mpm_pipeline.errors import Halt
from mpm_pipeline.orchestration import model_assets, stages
from mpm_pipeline.orchestration.model_assets import REGISTRY, TRUSTED
from mpm_pipeline.orchestration.runner import _failure
from mpm_pipeline.orchestration.session import Session
from mpm_pipeline_tests.kpis.conftest import rows

PUBLISH = dg.AssetKey(["publish", "served_tables"])
GIANT = "names_of_one_person: 13 where at most 12"


def records(people: int) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Return so many records of so many names as records and as a registry that takes them for one person."""
    named = [{"kind": "person", "source": "salesforce", "object": "Lead", "record_id": f"L{n}", "own_id": f"p_{n}"} for n in range(people)]  # fmt: skip
    return [row | {"name_key": row["own_id"]} for row in named], [row | {"id": "p_0", "is_present": True} for row in named]  # fmt: skip


def test_a_giant_customer_stops_before_publishing(
    defs: dg.Definitions, instance: dg.DagsterInstance, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve names on one person pass; with thirteen the check fails with its figure, exit 4, nothing is published."""
    people = {"now": 12}

    def write(session: Session, name: str, run_id: str) -> int:
        known, registry = records(people["now"])
        session.tables.replace("customer.identity_record", rows("customer.identity_record", known))
        session.tables.replace(name, rows(name, registry))
        return len(registry)

    monkeypatch.setattr(model_assets, "build_model", write)
    job, wanted = defs.resolve_job_def("rebuild"), [dg.AssetKey(REGISTRY.split(".")), PUBLISH]
    found = {}
    for people["now"] in (12, 13):
        result = job.execute_in_process(instance=instance, asset_selection=wanted, raise_on_error=False)
        found[people["now"]] = result
    assert found[12].success and (root / "served.sqlite").exists()
    stopped = found[13]
    assert not stopped.success
    assert PUBLISH not in {event.asset_key for event in stopped.get_asset_materialization_events()}
    (told,) = [one for one in stopped.get_asset_check_evaluations() if one.check_name == TRUSTED]
    assert not told.passed and told.blocking and told.metadata["names_of_one_person"].value == 13
    error = _failure(stopped)
    assert isinstance(error, Halt) and error.exit_code == 4 and GIANT in str(error)
    with Session.open(root) as session, pytest.raises(Halt, match=GIANT):
        stages.publish(session, "publishing alone")
