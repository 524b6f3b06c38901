"""The same customers on Spark as here: keys, contradictions, likeness at home, companies at their place. With `make test-long`."""

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mpm_pipeline.customer import resolve
from mpm_pipeline.customer.components import components
from mpm_pipeline.customer.resolution.on_spark import OnSpark
from mpm_pipeline.customer.resolution.tables import SCHEMAS
from mpm_pipeline.warehouse import spark
from mpm_pipeline_tests.customer.test_overmerge import chain, people, word

pytestmark = [pytest.mark.long, pytest.mark.timeout(3_600)]


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    with spark.local() as one:
        yield one


def at_home(number: int) -> list[dict[str, Any]]:
    """People at home, each told twice; every second one with a slip of the pen in name, street or birth date."""
    dice = random.Random(11)
    rows = []
    for n in range(number):
        told = {"first_name": word(n), "last_name": word(n * 13 + 5), "street": f"{n % 90 + 1} {word(n % 70)} Road", "city": word(n % 30), "postal_code": str(10_000 + n % 400), "birth_date": f"19{n % 60 + 30}-0{n % 9 + 1}-1{n % 10}"}  # fmt: skip
        field = dice.choice(["last_name", "street", "birth_date"])
        rows += [told, told | ({field: told[field][:-1] + "9"} if n % 2 else {"email": f"p{n}@mail{n}.com"})]
    return rows


def many() -> list[dict[str, Any]]:
    companies = [{"company": f"{word(n)} Works", "street": f"{n} Hill", "city": word(n % 9), "postal_code": str(20_000 + n), "is_company": True} for n in range(50) for _ in range(2)]  # fmt: skip
    return [*at_home(500), *people(100, 3, phone="+49 30 5555 1234"), *chain(100), *companies]


def few() -> list[dict[str, Any]]:
    """One person, once without a birth date."""
    told = at_home(1)[0]
    return [told, told | {"birth_date": None}]


def table(rows: list[dict[str, Any]]) -> pa.Table:
    names = sorted({name for row in rows for name in row} - {"truth"})
    return pa.table({"source": ["s"] * len(rows), "record_id": [f"r{n:05}" for n in range(len(rows))]} | {name: [row.get(name) for row in rows] for name in names})  # fmt: skip


@pytest.mark.parametrize(("rows", "most"), [(many(), 900), (few(), 2)], ids=["many", "few"])
def test_the_customers_are_the_same(session: Any, rows: list[dict[str, Any]], most: int) -> None:
    """Fifteen hundred records, and two: crosswalk, golden records, evidence and review queue of Spark are those of DuckDB, row by row."""
    here, there = resolve(table(rows)), resolve(table(rows), spark=session)
    assert here.golden_person.num_rows < most, "likeness joined nobody"
    for name in SCHEMAS:
        one, other = (sorted(map(repr, getattr(found, name).to_pylist())) for found in (here, there))
        assert one == other, name


def test_closures_are_the_same(session: Any) -> None:
    """Random graphs, one long chain and no edge at all: every record has the label that arrays give it."""
    dice = np.random.default_rng(5)
    member, key = (dice.integers(0, high, 400).astype(np.int64) for high in (300, 250))
    line = np.repeat(np.arange(60, dtype=np.int64), 2)
    for count, rows, keys in ((300, member, key), (61, line[1:], line[:-1]), (5, line[:0], line[:0])):
        assert OnSpark(session).components(count, rows, keys).tolist() == components(count, rows, keys).tolist()
