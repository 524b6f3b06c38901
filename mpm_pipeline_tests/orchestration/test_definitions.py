"""What Dagster loads: every asset says what it is, whose it is and how fresh it must be; partitions end where the data does."""

import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
import yaml

from mpm_pipeline.customer.identify import OUTPUTS
from mpm_pipeline.orchestration.model_assets import HOLDS, RECONCILED
from mpm_pipeline.orchestration.partitions import daily
from mpm_pipeline.orchestration.raw_assets import NO_GAP, REACHED
from mpm_pipeline.orchestration.session import RAW_SOURCES, STAGED_FOLDERS, Session
from mpm_pipeline.vocabulary import LAYERS
from mpm_pipeline_tests.orchestration.conftest import FIRST, LAST

CHECKOUT = Path(__file__).parents[2]
MOST_ASSETS = 250


@pytest.fixture(scope="module")
def specs(defs: dg.Definitions) -> list[dg.AssetSpec]:
    return list(defs.resolve_all_asset_specs())


def test_the_definitions_can_be_loaded(defs: dg.Definitions) -> None:
    """Dagster finds no contradiction in them."""
    dg.Definitions.validate_loadable(defs)


def test_every_asset_says_what_it_is(specs: list[dg.AssetSpec]) -> None:
    """Each asset has a description, a layer as its group, an owner, kinds, a code version and a freshness policy."""
    for spec in specs:
        name = spec.key.to_user_string()
        assert spec.description, name
        assert spec.group_name in LAYERS, name
        assert spec.owners and spec.kinds, name
        assert spec.code_version, name
        assert spec.freshness_policy, name


def test_every_table_shows_its_columns(specs: list[dg.AssetSpec]) -> None:
    """Every staged table and every model has its columns with descriptions, and its table's name."""
    for spec in specs:
        if spec.group_name not in ("raw", "publish"):
            columns = spec.metadata["dagster/column_schema"].columns
            assert columns and all(column.description for column in columns), spec.key
            assert spec.metadata["dagster/table_name"] == ".".join(spec.key.path)


def test_only_raw_is_partitioned_and_the_budget_is_kept(specs: list[dg.AssetSpec]) -> None:
    """One partitioned asset a source, everything after it unpartitioned, and not more assets than Dagster carries lightly."""
    partitioned = sorted(spec.key.path for spec in specs if spec.partitions_def)
    assert partitioned == sorted(["raw", source] for source in RAW_SOURCES)
    assert len(specs) <= MOST_ASSETS


def test_every_table_has_its_checks(defs: dg.Definitions) -> None:
    """Raw: reached, no day missing. Staged: nothing lost on the way. Staged and models: the contract holds. The last two block."""
    graph = defs.resolve_asset_graph()
    names: dict[str, set[tuple[str, bool]]] = {}
    for key in graph.asset_check_keys:
        names.setdefault(key.asset_key.to_user_string(), set()).add((key.name, graph.get(key).blocking))
    for source in RAW_SOURCES:
        assert names[f"raw/{source}"] == {(REACHED, False), (NO_GAP, False)}
    for folder in STAGED_FOLDERS:
        assert (RECONCILED, True) in names[f"staged/{folder}/meta_reconciliation"]
    for key in graph.get_all_asset_keys():
        if key.path[0] not in ("raw", "publish"):
            assert (HOLDS, True) in names[key.to_user_string()], key


def test_everything_hangs_together(defs: dg.Definitions) -> None:
    """The page rests on every raw source, and nothing but raw has no parent."""
    graph = defs.resolve_asset_graph()
    page = dg.AssetKey(["publish", "scorecard_page"])
    above = dg.AssetSelection.assets(page).upstream().resolve(graph)
    assert {key.path[1] for key in above if key.path[0] == "raw"} == set(RAW_SOURCES)
    roots = {key.path[0] for key in graph.get_all_asset_keys() if not graph.get(key).parent_keys}
    assert roots <= {"raw", "kpis", "customer"}


def test_schedules_and_sensors_are_on(defs: dg.Definitions) -> None:
    """The two refreshes, the hourly probe and both sensors run without being switched on by hand."""
    schedules = {one.name: (one.cron_schedule, one.default_status) for one in defs.schedules or ()}
    assert set(schedules) == {"daily_refresh", "hourly_refresh", "hourly_probe"}
    assert {status for _, status in schedules.values()} == {dg.DefaultScheduleStatus.RUNNING}
    sensors = {one.name: one.default_status for one in defs.sensors or ()}
    assert sensors == dict.fromkeys(("late_data", "raw_landed", "failed_runs"), dg.DefaultSensorStatus.RUNNING)


def test_partitions_run_to_as_of(root: Path) -> None:
    """31 UTC days of March; a home that does not exist is not made by looking."""
    keys = daily().get_partition_keys()
    assert (keys[0], keys[-1], len(keys)) == (str(FIRST), str(LAST), 31)
    assert not root.exists()


def test_partitions_of_a_past_world_end_with_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without MPM_AS_OF the newest as-of of the ledger is the last day: a world of 2016 has days of 2016 alone."""
    monkeypatch.setenv("MPM_AS_OF", "2016-01-10T06:00:00Z")
    for source in ("SALESFORCE", "STRIPE", "FILES"):
        monkeypatch.setenv(f"MPM_{source}__START_AT", "2016-01-01")
    with Session.open(root) as session:
        session.as_of("first")
    monkeypatch.delenv("MPM_AS_OF")
    keys = daily().get_partition_keys()
    assert (keys[0], keys[-1], len(keys)) == ("2016-01-01", "2016-01-10", 10)


def test_the_first_partition_ignores_sources_without_an_address(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that is off does not draw the partitions back to its own default start."""
    monkeypatch.delenv("MPM_SALESFORCE__URL")
    monkeypatch.setenv("MPM_SALESFORCE__START_AT", "2020-01-01")
    assert daily().get_partition_keys()[0] == str(date(2026, 3, 1))


def test_both_ways_of_loading_name_the_same_module() -> None:
    """workspace.yaml and [tool.dg] say the same thing, because one silently beats the other."""
    workspace = yaml.safe_load((CHECKOUT / "workspace.yaml").read_text())
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["dg"]["project"]
    assert workspace == {"load_from": [{"python_module": project["code_location_target_module"]}]}


@pytest.mark.slow
def test_dg_check_defs_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dagster's own command finds the project and is content with it."""
    monkeypatch.setenv("MPM_HOME", str(tmp_path / "home"))
    command = [str(Path(sys.executable).with_name("dg")), "check", "defs"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All definitions loaded successfully" in done.stdout + done.stderr


def test_tables_that_are_made_together_are_one_step(defs: dg.Definitions) -> None:
    """Resolution makes its tables at once: under an executor of processes it would be computed for each of them anew."""
    graph = defs.resolve_asset_graph()
    made = {key: graph.get(key).assets_def.op.name for key in graph.get_all_asset_keys() if key.path[0] == "customer"}
    together = {key.path[-1] for key, step in made.items() if step == "customer__identify"}
    assert together == {name.split(".")[1] for name in OUTPUTS}
    assert len(set(made.values())) == len(made) - len(together) + 1
