"""Models: a table, the SELECT or function that makes it, and the tables that it reads.

A SQL model is one file with one SELECT, named as its table; it names its inputs as `layer.table`, and what it reads is found
by parsing it. A Python model is a function of Arrow tables for what SQL does badly. Building validates against the contract.
Parsing all of them takes most of a second of every process, so what the files as shipped read is remembered in `reads.json`.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pyarrow as pa

from mpm_pipeline.contracts.registry import table as contract_of

READS = Path(__file__).with_name("reads.json")
Function = Callable[[Mapping[str, pa.Table]], pa.Table | Mapping[str, pa.Table]]


@dataclass(frozen=True)
class Model:
    """One table and how it is made. `name` is where it is stored, `contract` what it promises.

    A function that makes several tables at once returns them by name, and each is a model of its own with that function.
    """

    name: str
    contract: str
    inputs: tuple[str, ...]
    sql: Path | None = None
    function: Function | None = None
    purpose: str = ""

    @property
    def layer(self) -> str:
        return self.name.split(".")[0]


def sql_models(folder: Path, layer: str) -> list[Model]:
    """Return the SQL models of one folder, `<table>.sql` becoming `<layer>.<table>`, in an order in which they can be built."""
    found = []
    for file in sorted(folder.glob("*.sql")):
        name = f"{layer}.{file.stem}"
        contract = contract_of(name).Config.name
        found.append(Model(name, contract, references(file), sql=file, purpose=purpose(file)))
    return found


def in_order(models: Iterable[Model]) -> list[Model]:
    """Sort models so that each comes after those that it reads; ties by name. What a model reads of itself is the run before."""
    by_name = {model.name: model for model in models}
    graph = {name: sorted(set(model.inputs) & by_name.keys() - {name}) for name, model in sorted(by_name.items())}
    return [by_name[name] for name in TopologicalSorter(graph).static_order()]


def references(file: Path) -> tuple[str, ...]:
    """Return the `schema.table` names that a SQL model reads, sorted."""
    return _references(file.read_text())


@cache
def _references(sql: str) -> tuple[str, ...]:
    known = _remembered().get(fingerprint(sql))
    return tuple(known) if known is not None else parsed_references(sql)


def parsed_references(sql: str) -> tuple[str, ...]:
    """Find by parsing what a SELECT reads; some hundredths of a second each."""
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(sql, dialect="duckdb")
    return tuple(sorted({f"{table.db}.{table.name}" for table in tree.find_all(exp.Table) if table.db}))


def fingerprint(sql: str) -> str:
    """Return what a SQL text is remembered by."""
    return hashlib.sha256(sql.encode()).hexdigest()


@cache
def _remembered() -> dict[str, list[str]]:
    return json.loads(READS.read_text()) if READS.is_file() else {}


def purpose(file: Path) -> str:
    """Return the header comment of a SQL model as one line."""
    lines = []
    for line in file.read_text().splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    return " ".join(lines)
