"""`mpm kpi`: the list needs no data; figures and their explanation are what was published, to the digit."""

from datetime import date

import pytest

from mpm_pipeline.kpis.catalogue import entries
from mpm_pipeline_tests.commands.served_home import served_home
from mpm_pipeline_tests.publish.literal import figure

RATE = {"unit": "rate", "numerator": 3, "denominator": 4, "n": 4, "low": 0.3, "high": 0.95, "coverage": 1.0}
MARCH, APRIL = (date(2026, month, 1) for month in (3, 4))


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Win rate of March 3/4, of April none yet, revenue of March 1,234.50; March was 2/4 before."""
    april = figure(
        "win_rate_count", None, unit="rate", null_reason="zero_denominator", numerator=0, denominator=0, state="provisional",
        period_start=APRIL, period_end=date(2026, 5, 1),
    )  # fmt: skip
    money = figure("revenue_won", 1234.5, unit="money", value_minor=123450, numerator=123450, currency_code="USD")
    before = {"kpis.fct_kpi": [figure("win_rate_count", 0.5, **RATE | {"numerator": 2}), april, money]}
    part = {
        "kpi_id": "win_rate_count",
        "period_grain": "month",
        "period_start": MARCH,
        "segment_kind": "all",
        "segment": "all",
    }
    after = {"kpis.fct_kpi": [figure("win_rate_count", 0.75, **RATE), april, money], "kpis.part_deal": [part]}
    return served_home(tmp_path_factory.mktemp("home"), before, after)


@pytest.fixture
def home(published, monkeypatch):
    """The home that is only looked at."""
    monkeypatch.setenv("MPM_HOME", str(published.root))
    return published


def test_the_list_names_every_kpi_without_a_home(mpm, root) -> None:
    """`mpm kpi list` works before any run and lists the catalogue."""
    told = mpm("kpi", "list", "--json")
    assert told.status == 0
    assert [one["kpi_id"] for one in told.document] == list(entries())
    assert not root.exists()


def test_show_prints_the_figures_of_one_kpi(mpm, home) -> None:
    """`mpm kpi show` gives numerator, denominator, value, state and the reason where there is no value."""
    rows = mpm("kpi", "show", "win_rate_count", "--json").document["figures"]
    assert [(row["numerator"], row["denominator"], row["value"], row["null_reason"]) for row in rows] == [
        (3, 4, 0.75, None),
        (0, 0, None, "zero_denominator"),
    ]
    words = mpm("kpi", "show", "win_rate_count").out
    assert "75.0%" in words
    assert "zero_denominator" in words


def test_show_keeps_to_the_newest_periods(mpm, home) -> None:
    """--periods 1 leaves the newest period alone."""
    rows = mpm("kpi", "show", "win_rate_count", "--periods", "1", "--json").document["figures"]
    assert [row["period_start"] for row in rows] == ["2026-04-01"]


def test_explain_says_what_a_figure_is_made_of(mpm, home) -> None:
    """Sentence, formula, numbers, interval, state, restatement and tables of the newest period that ended."""
    told = mpm("kpi", "explain", "win_rate_count")
    about = entries()["win_rate_count"]
    assert told.status == 0
    for words in (
        about["sentence"], about["formula"], "2026-03-01 to 2026-04-01", "Value: 75.0%", "Made of: 3 / 4.",
        "95 % interval: 30.0% to 95.0%, 4 observations", "State: restated", "from 0.5 to 0.75", "kpis.fct_opportunity",
    ):  # fmt: skip
        assert words in told.out


def test_explain_gives_the_reason_of_a_null_in_words(mpm, home) -> None:
    """A figure without a value says why in words, not 0."""
    told = mpm("kpi", "explain", "win_rate_count", "--period", "2026-04")
    assert "Value: -." in told.out
    assert "there is nothing to divide by in this period (zero_denominator)" in told.out


def test_money_is_exact(mpm, home) -> None:
    """Money is written from minor units in its currency."""
    assert "Value: 1,234.50 USD" in mpm("kpi", "explain", "revenue_won", "--period", "2026-03-15").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "win_rate"], "did you mean win_rate_count"),
        (["explain", "win_rate_count", "--period", "2031-01"], "figures run from 2026-03-01 to 2026-05-01"),
        (["explain", "win_rate_count", "--period", "May"], "neither a month such as 2026-05 nor a day"),
        (["explain", "win_rate_count", "--segment", "Mars"], "`mpm kpi show win_rate_count` shows what is"),
    ],
)
def test_what_does_not_exist_is_named(mpm, home, arguments: list[str], words: str) -> None:
    """An unknown KPI, period or segment ends with 2 and words that help on."""
    told = mpm("kpi", *arguments)
    assert told.status == 2
    assert words in told.err


def test_a_home_without_data_says_so(mpm, root) -> None:
    """Figures of an empty home are a clear error with status 2, and no home is made."""
    told = mpm("kpi", "show", "mqls")
    assert told.status == 2
    assert "holds no data yet" in told.err
    assert not root.exists()
