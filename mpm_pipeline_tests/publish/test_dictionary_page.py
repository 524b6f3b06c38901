"""The reference pages of the docs: made from the contracts and the catalogue, and not older than these."""

from pathlib import Path

from mpm_pipeline.publish.catalog import served
from mpm_pipeline.publish.dictionary_page import data_dictionary, kpi_catalogue

DOCS = Path(__file__).parent.parent.parent / "docs"
STALE = "docs/{} is older than its source; run `make docs` and commit it"


def test_the_data_dictionary_is_not_stale() -> None:
    """The committed data dictionary is what the contracts say today."""
    assert (DOCS / "data-dictionary.md").read_text() == data_dictionary(), STALE.format("data-dictionary.md")


def test_the_kpi_catalogue_is_not_stale() -> None:
    """The committed KPI catalogue is what the catalogue's files say today."""
    assert (DOCS / "kpi-catalogue.md").read_text() == kpi_catalogue(), STALE.format("kpi-catalogue.md")


def test_every_table_and_column_is_described() -> None:
    """The dictionary names every served table with its key and says of every column what it means."""
    page = data_dictionary()
    for name, contract in served().items():
        assert f"\n## {name}\n" in page
        for column, field in contract.to_schema().columns.items():
            assert field.description, f"{name}.{column} has no description"
            assert f"| `{column}` |" in page


def test_a_catalogue_becomes_a_page() -> None:
    """Each KPI has its heading, sentence, formula and what it needs; what is not stated is left out."""
    entry = {
        "title": "Qualified leads",
        "sentence": "How many.",
        "formula": "count of cycles",
        "needs_any": "crm;marketing",
    }
    page = kpi_catalogue({"mqls": entry})
    assert "## mqls" in page and "**Qualified leads.** How many." in page and "Formula: count of cycles." in page
    assert "- needs one of: crm;marketing" in page and "benchmark" not in page
