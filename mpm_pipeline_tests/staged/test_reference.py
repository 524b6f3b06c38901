"""The small lists that ship with the code: complete, and never two answers to one question."""

import csv
from collections import Counter
from pathlib import Path

import pytest

import mpm_pipeline.staged
from mpm_pipeline.contracts.registry import records
from mpm_pipeline.vocabulary import CHANNELS, CURRENCY_EXPONENTS, LEAD_STAGES, REGIONS, SIDE_STAGES

FOLDER = Path(mpm_pipeline.staged.__file__).parent / "reference"


def read(name: str) -> list[dict[str, str]]:
    """Read one list."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["currency", "country", "region", "lead_status", "channel_type", "free_mail"])
def test_every_question_has_one_answer(name: str) -> None:
    """The first column of a list is its key."""
    rows = read(name)
    counts = Counter(next(iter(row.values())) for row in rows)
    assert [key for key, count in counts.items() if count > 1 or not key] == []


def test_currencies_are_those_of_the_vocabulary() -> None:
    """The list for SQL says what the vocabulary says."""
    assert {row["currency_code"]: int(row["exponent"]) for row in read("currency")} == CURRENCY_EXPONENTS


def test_countries_have_both_codes_and_lie_somewhere() -> None:
    """Every country has a region, and the codes of ISO 3166 are there: 249 of two letters, and Kosovo's."""
    rows = read("country")
    assert {row["region"] for row in rows} == set(REGIONS) - {"unknown"}
    twos = {row["name"] for row in rows if len(row["name"]) == 2 and row["name"] not in ("uk", "an")}
    assert len(twos) == 249 + 1 - 1, "Antarctica alone lies nowhere"
    region = {row["name"]: row["region"] for row in rows}
    assert [region[name] for name in ("turkey", "cyprus", "iran", "kazakhstan", "russia", "mexico", "egypt")] == [
        "EMEA", "EMEA", "APAC", "APAC", "EMEA", "AMER", "EMEA",
    ]  # fmt: skip


def test_maps_lead_into_the_agreed_words() -> None:
    """Statuses lead to stages and types to channels that exist."""
    assert {row["stage"] for row in read("lead_status")} == {*LEAD_STAGES, *SIDE_STAGES}
    assert {row["channel"] for row in read("channel_type")} <= set(CHANNELS)


def test_an_object_has_one_role_and_a_role_one_object_of_a_source() -> None:
    """A breach of a role can be told under its vendor's own word; every object is a stream that is read."""
    rows = read("object_role")
    for name in ("object", "role"):
        counts = Counter((row["source"], row[name]) for row in rows)
        assert max(counts.values()) == 1
    assert {(row["source"], row["object"]) for row in rows} <= records().keys()
