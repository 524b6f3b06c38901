"""The worlds that were made by hand, fetched from the simulator, staged and measured: every figure is the one worked out by hand."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mpm_pipeline.contracts.registry import table as contract_of
from mpm_pipeline.kpis.identities import INPUTS, breaches
from mpm_pipeline.orchestration.demo import environment
from mpm_pipeline.orchestration.session import RAW_SOURCES, STAGED_FOLDERS, Session
from mpm_pipeline.settings import load
from mpm_pipeline.simulator.server import Simulator
from mpm_pipeline.sources.connector import Days
from mpm_pipeline.sources.fetch import fetch
from mpm_pipeline.staged.run import stage
from mpm_pipeline.warehouse.build import Warehouse
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.validate import validate
from mpm_pipeline_tests.independent.expected import EXAMPLES, differences, table
from mpm_pipeline_tests.kpis.conftest import models

TABLES = {
    "three_currencies": ["expected.csv"],
    "tokyo_april": ["expected_money.csv", "expected_sales.csv"],
    "small_funnel": ["expected.csv"],
}


class Measured:
    """One example world after fetching and staging; tables are built on demand, once."""

    def __init__(self, example: str, root: Path) -> None:
        with Simulator(EXAMPLES / example) as simulator:
            known = environment(simulator.state(), simulator.world.starts_at.date(), EXAMPLES / example)
            home = Home.open(root)
            with Session(home, load(root, world=EXAMPLES / example, environment=known), Ledger(home)) as session:
                self.warehouse = self._staged(session, simulator.world.now)

    @staticmethod
    def _staged(session: Session, as_of: Any) -> Warehouse:
        days = Days(session.settings.first_day, as_of.date(), True, as_of)
        for source in RAW_SOURCES:
            for connector in session.connectors_of(source):
                fetch(connector, session.raw, session.ledger, days, str(uuid.uuid4()))
        warehouse = session.warehouse(as_of)
        for folder in STAGED_FOLDERS:
            if session.settings.is_on(folder):
                stage(warehouse, session.raw, folder)
        return warehouse

    def arrow(self, name: str) -> Any:
        """Build one table with everything upstream."""
        if name not in self.warehouse.given and name in models():
            for upstream in models()[name].inputs:
                if upstream != name:
                    self.arrow(upstream)
            checked = validate(contract_of(models()[name].contract), self.warehouse.compute(models()[name]))
            self.warehouse.given[name] = checked
        return self.warehouse.given.get(name)

    def rows(self, name: str) -> list[dict[str, Any]]:
        return self.arrow(name).to_pylist()


@pytest.fixture(scope="module", params=sorted(TABLES))
def measured(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Measured]]:  # fmt: skip
    """Each world in turn."""
    yield request.param, Measured(request.param, tmp_path_factory.mktemp(request.param))


def test_every_figure_is_the_one_worked_out_by_hand(measured):
    """Numerator, denominator, value, minor units and null reason of each line of the tables."""
    example, world = measured
    expected = [line for name in TABLES[example] for line in table(example, name)]
    assert len(expected) > 100 and differences(expected, world.rows("kpis.fct_kpi")) == []


def test_all_identities_hold(measured):
    """Sums, bridges and credits agree."""
    assert breaches({name: measured[1].arrow(name) for name in INPUTS}) == []


def test_bridges_and_budget_lines_are_those_worked_out_by_hand(measured):
    """Every month of the tables; in months that they do not name nothing moves, and there is no other budget line."""
    example, world = measured
    if example == "three_currencies":
        accounts = {row["account_id"]: row["record_id"] for row in world.rows("customer.account_of") if row["object"] == "Account"}  # fmt: skip
        moved = {(accounts[row["account_id"]], str(row["month"])): row for row in world.rows("kpis.fct_mrr")}
        assert _disagreeing(table(example, "expected_mrr.csv"), moved) == []
        assert all(row["opening_minor"] == row["closing_minor"] for row in moved.values())
        lines = {(row["budget_line_id"], str(row["month"])): row for row in world.rows("kpis.fct_budget")}
        assert _disagreeing(table(example, "expected_budget.csv"), lines) == [] and not lines


def _disagreeing(expected: list[dict[str, str]], have: dict[tuple[str, str], dict[str, Any]]) -> list[str]:
    """Say which expected rows differ; those that were looked at are taken out of `have`."""
    found = []
    for line in expected:
        row = have.pop((next(iter(line.values())), line["month"]), {})
        amounts = {name: row.get(f"{name}_minor") for name in list(line)[2:]}
        told = {name: "" if amount is None else str(amount) for name, amount in amounts.items()}
        if told != {name: line[name] for name in told}:
            found.append(f"{line}: is {told}")
    return found
