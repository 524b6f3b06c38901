"""The page as text: what it shows and escapes, that it is written whole or not at all, and read from either database."""

import json
import re
from pathlib import Path

import pytest

from mpm_pipeline.errors import ConfigError, DiskRefuses
from mpm_pipeline.publish.publisher import publish
from mpm_pipeline.publish.reader import NothingPublished
from mpm_pipeline.scorecard import page
from mpm_pipeline.scorecard.facts import read
from mpm_pipeline.scorecard.page import render, write_page
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline_tests import postgres
from mpm_pipeline_tests.publish.literal import figure, warehouse
from mpm_pipeline_tests.scorecard import company

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "home")


def published(home: Home, url: str = "") -> Home:
    """Publish a few literal rows: one lead to a rep of a hostile name, one figure, one source off."""
    lead = {
        "lead_id": "00Q1", "person_id": "p1", "account_id": "a1", "outcome": "assigned", "outcome_reason": "best_value", "rep_id": "r1",
        "rep_name": SCRIPT, "score": 83.9, "value_minor": 120_000, "currency_code": "USD", "reason_text": "owns the account (+15)",
    }  # fmt: skip
    tables = {
        "kpis.fct_kpi": [
            figure("win_rate_count", 0.5, period_grain="quarter", period_start=company.QUARTER, unit="rate")
        ],
        "leads.lead_distribution": [lead],
        "customer.dim_person": [{"person_id": "p1", "name": "Zoë Ünal", "region": "EMEA", "segment": "mid"}],
    }
    publish(warehouse(home, tables, off=("stripe",)), url)
    return home


def test_the_page_says_what_the_issue_asks_for() -> None:
    """Banner first, then the eight, win rate, funnel, pipeline, spend, bridge, budget, leads with reasons and what changed."""
    text = render(company.facts())
    places = [text.index(words) for words in (
        "Can I trust this?", "The eight figures", "Won and lost</h2>", "Funnel</h2>", "Pipeline</h2>", "Spend and what it is credited with",
        "Recurring revenue</h2>", "Budget against actual", "Which rep gets which lead", "What changed</h2>",
    )]  # fmt: skip
    assert places == sorted(places)
    assert text.count('class="card"') == 8 and "As known on" in text and "12 May 2026 06:00 UTC" in text


def test_data_is_escaped_in_markup_and_in_the_charts() -> None:
    """A name that is a script appears only escaped, and the charts' rows cannot end their element."""
    facts = company.facts(
        people={"r1-0": SCRIPT},
        credits=[{"measure": "pipeline", "channel": SCRIPT, "credit_reporting_minor": 5, "n": 1}],
    )
    text = render(facts)
    assert SCRIPT not in text and "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    specs = re.search(r'<script type="application/json" id="chart-specs">(.*?)</script>', text, re.DOTALL)
    assert specs is not None and "<" not in specs.group(1)
    names = {row["name"] for row in json.loads(specs.group(1))["channels"]["data"]["values"]}
    assert SCRIPT.capitalize() in names


def test_the_page_names_no_other_place() -> None:
    """No link, font, image or script is loaded from anywhere, and the policy forbids it."""
    text = render(company.empty())
    assert not re.search(r"(?:src|href)=\"(?!#)", text) and "url(" not in text and "@import" not in text
    assert "default-src &#39;none&#39;" in text


def test_the_same_rows_give_the_same_bytes() -> None:
    """A page depends on nothing but the rows."""
    assert render(company.facts()) == render(company.facts())


def test_the_page_is_written_from_what_is_published(home: Home) -> None:
    """Figures, the source that is off, the lead's person and the escaped rep come from the served tables."""
    file = write_page(published(home), "")
    text = file.read_text(encoding="utf-8")
    assert file == home.scorecard and "50.0" in text and "Zoë Ünal" in text and "owns the account (+15)" in text
    assert "Stripe (billing)" in text and SCRIPT not in text
    assert [one.name for one in home.root.glob(".scorecard-*")] == []


@pytest.mark.postgres
def test_the_page_is_the_same_from_postgres(home: Home, tmp_path: Path) -> None:
    """The rows of the page are equal whichever database they were published to."""
    with postgres.server() as server, postgres.database(server) as url:
        published(home, url)
        published(home)
        there, here = read(home, url), read(home, "")
    assert there == here


def test_a_page_that_cannot_be_made_leaves_the_old_one(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """When writing fails half-way, the last page stays whole and nothing else is left."""
    before = write_page(published(home), "").read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(page.os, "fsync", full)
    with pytest.raises(DiskRefuses, match="is full"):
        write_page(home, "")
    assert home.scorecard.read_bytes() == before and list(home.root.glob(".scorecard-*")) == []


def test_without_a_publication_no_page_is_written(home: Home) -> None:
    """Before the first run the error says what to do, as a matter of usage."""
    with pytest.raises(NothingPublished, match="mpm run") as caught:
        write_page(home, "")
    assert isinstance(caught.value, ConfigError) and not home.scorecard.exists()


def test_an_empty_publication_is_a_page_without_figures() -> None:
    """Sources that brought nothing give a page that says so in every part, and no zero."""
    text = render(company.empty())
    for words in (
        "No figure was published yet",
        "There is no lead to distribute",
        "Nothing counts leads yet",
        "No bridge:",
    ):
        assert words in text
    assert text.count("no figure") >= 8
