"""Real input that nobody here wrote becomes worlds, and what is served equals what is counted straight from the files.

The files are found by MPM_TEST_DATA (no default). Where it is not set these tests say what was not run; in CI that is a failure.
"""

import os
import sys
import warnings
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from mpm_pipeline_tests.e2e.company import mpm_here
from mpm_pipeline_tests.e2e.harness import Outcome

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[2] / "examples"
SERVED = "fct_kpi"


def data(name: str) -> Path | None:
    """Return a file or folder of the test data; None, with words, where there is none and nobody insists."""
    folder = os.environ.get("MPM_TEST_DATA")
    if folder:
        return Path(folder) / name
    text = f"NOT RUN: MPM_TEST_DATA is not set, so nothing was compared with {name}; set it to a folder that holds it"
    assert not os.environ.get("CI"), text
    warnings.warn(text, stacklevel=2)
    print(text, file=sys.stderr)
    return None


def example(name: str) -> ModuleType:
    """Import a script of examples/."""
    spec = spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def deals() -> pd.DataFrame | None:
    """The deals as the file has them."""
    folder = data("crm_sales_opportunities")
    return pd.read_csv(folder / "sales_pipeline.csv", parse_dates=["close_date"]) if folder else None


@pytest.fixture(scope="module")
def crm(deals: pd.DataFrame | None, tmp_path_factory: pytest.TempPathFactory) -> Outcome | None:
    """A demo of the world that the script makes of the CRM."""
    if deals is None:
        return None
    folder = tmp_path_factory.mktemp("crm")
    example("crm_world").make(data("crm_sales_opportunities"), folder / "world")
    outcome = mpm_here(folder / "home", "demo", "--world", str(folder / "world"), "--json")
    assert outcome.exit_code == 0, outcome.err
    return outcome


def figure(
    outcome: Outcome, kpi_id: str, column: str = "numerator", kind: str = "all", grain: str = "month"
) -> pd.Series:
    """Return one column of a KPI by period and segment."""
    table = outcome.table(SERVED)
    found = table[(table["kpi_id"] == kpi_id) & (table["segment_kind"] == kind) & (table["period_grain"] == grain)]
    return found.set_index(["period_start", "segment"])[column].dropna()


def agents(outcome: Outcome, values: pd.Series) -> dict[tuple[str, str], float]:
    """Name reps instead of their ids; values that are 0 are left out."""
    reps = outcome.table("dim_rep").set_index("rep_id")["name"]
    return {(month, reps[rep]): value for (month, rep), value in values.items() if value}


def counted(deals: pd.DataFrame, stage: str, column: str | None = None) -> dict[tuple[str, str], float]:
    """Count deals of a stage, or add a column up, by month of closing and agent."""
    some = deals[deals["deal_stage"] == stage]
    groups = some.groupby([some["close_date"].dt.strftime("%Y-%m-01"), "sales_agent"])
    found = groups.size() if column is None else groups[column].sum()
    return {key: value for key, value in found.items() if value}


def test_every_deal_is_served(deals: pd.DataFrame | None, crm: Outcome | None) -> None:
    """8,800 deals come out with stage, amount, product, close date and agent as the file has them; open ones without amount."""
    if deals is None or crm is None:
        return
    served = crm.table("fct_opportunity").set_index("name")
    reps = crm.table("dim_rep").set_index("rep_id")["name"]
    rows = deals.set_index("opportunity_id").loc[served.index]
    assert len(served) == len(deals) == 8_800
    assert (served["stage"] == rows["deal_stage"]).all() and (served["product_line"] == rows["product"]).all()
    assert (served["owner_id"].map(reps) == rows["sales_agent"]).all()
    assert (served["amount_minor"] / 100).astype(float).equals(rows["close_value"].astype(float))
    closed = rows["close_date"].notna()
    assert (served["close_date"][closed] == rows["close_date"][closed].dt.strftime("%Y-%m-%d")).all()


def test_won_lost_and_amounts_by_agent(deals: pd.DataFrame | None, crm: Outcome | None) -> None:
    """Won and lost deals, amounts won and win rate of every agent and month equal those counted from the file."""
    if deals is None or crm is None:
        return
    won, lost = counted(deals, "Won"), counted(deals, "Lost")
    assert agents(crm, figure(crm, "opportunities_won", kind="rep")) == won
    assert agents(crm, figure(crm, "opportunities_lost", kind="rep")) == lost
    amounts = {key: value * 100 for key, value in counted(deals, "Won", "close_value").items()}
    assert agents(crm, figure(crm, "revenue_won", "value_minor", "rep")) == amounts
    rates = {key: won.get(key, 0) / (won.get(key, 0) + lost.get(key, 0)) for key in won.keys() | lost.keys()}
    assert agents(crm, figure(crm, "win_rate_count", "value", "rep")) == pytest.approx(
        {k: v for k, v in rates.items() if v}
    )


def test_totals_and_open_deals(deals: pd.DataFrame | None, crm: Outcome | None) -> None:
    """4,238 won, 2,473 lost, 2,089 open; lost deals have no value, so the win rate by amount is 1 wherever there is one."""
    if deals is None or crm is None:
        return
    total = {"opportunities_won": 4_238, "opportunities_lost": 2_473}
    assert {kpi: figure(crm, kpi).sum() for kpi in total} == total
    assert figure(crm, "opportunities_open").sort_index().iloc[-1] == 2_089
    assert figure(crm, "revenue_won", "value_minor").sum() == deals["close_value"].sum() * 100
    assert set(figure(crm, "win_rate_amount", "value")) == {1.0}


def test_a_product_that_the_list_does_not_know_is_named(deals: pd.DataFrame | None, crm: Outcome | None) -> None:
    """1,480 violations of unknown_product say GTXPro, one for each of its deals, and no other product is unknown."""
    if deals is None or crm is None:
        return
    found = crm.table("meta_violation")
    found = found[found["rule"] == "unknown_product"]
    assert found["value"].value_counts().to_dict() == {"GTXPro": 1_480}
    named = crm.table("fct_opportunity").set_index("opportunity_id").loc[found["record_id"]]["name"]
    assert set(named) == set(deals.loc[deals["product"] == "GTXPro", "opportunity_id"])


def test_purchases_become_invoices(tmp_path: Path) -> None:
    """6,919 purchases become as many paid invoices: days, amounts and customers equal those of the file."""
    file = data("cdnow/CDNOW_sample.txt")
    if file is None:
        return
    example("cdnow_world").make(file, tmp_path / "world")
    outcome = mpm_here(tmp_path / "home", "demo", "--world", str(tmp_path / "world"), "--json")
    assert outcome.exit_code == 0, outcome.err
    bought = pd.read_csv(file, sep=r"\s+", names=["master", "customer", "day", "units", "dollars"], dtype=str)
    bought["cents"] = (bought["dollars"].astype(float) * 100).round().astype(int)
    served = outcome.table("fct_invoice")
    assert len(served) == len(bought) == 6_919
    day = pd.to_datetime(served["created_at"]).dt.strftime("%Y%m%d")
    assert served.groupby(day)["total_minor"].sum().to_dict() == bought.groupby("day")["cents"].sum().to_dict()
    mine = bought.groupby("cus_" + bought["customer"])["cents"].agg(["sum", "count"])
    assert served.groupby("customer_id")["total_minor"].agg(["sum", "count"]).to_dict() == mine.to_dict()
    assert (
        served.groupby("account_id")["total_minor"].sum().sort_values().tolist() == mine["sum"].sort_values().tolist()
    )
