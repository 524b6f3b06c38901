"""The parts of the page from literal rows: period, banner, cards, funnel, bridge, channels, budget and leads."""

from datetime import date
from typing import Any

from mpm_pipeline.scorecard import cards, leads, money, sales, trust
from mpm_pipeline.scorecard.facts import EIGHT, Facts
from mpm_pipeline.scorecard.figures import Figures
from mpm_pipeline.staged.freshness import VANISHED
from mpm_pipeline_tests.scorecard import company
from mpm_pipeline_tests.scorecard.company import QUARTER, figure, none


def calendar(*rows: dict[str, Any], as_of: date = date(2026, 5, 12), fiscal_start: int = 1) -> Figures:
    return Figures(rows, as_of, fiscal_start)


def banner(facts: Facts) -> trust.Banner:
    figures = facts.calendar()
    return trust.banner(facts, figures, figures.shown())


def test_the_newest_complete_quarter_is_shown() -> None:
    """A running quarter is shown only as long as none has ended; one ends with its last day."""
    old, new = figure("mqls", QUARTER, 1.0, "quarter"), figure("mqls", date(2026, 4, 1), 1.0, "quarter")
    assert calendar(old, new).shown().label == "Q1 FY2026"  # type: ignore[union-attr]
    assert calendar(old, new, as_of=date(2026, 7, 1)).shown().label == "Q2 FY2026"  # type: ignore[union-attr]
    assert not calendar(new).shown().is_complete  # type: ignore[union-attr]
    assert calendar().shown() is None


def test_fiscal_quarters_are_named_as_in_the_tables() -> None:
    """With a fiscal year from April, January 2026 begins the fourth quarter of 2025/26."""
    assert calendar(figure("mqls", QUARTER, 1.0, "quarter"), fiscal_start=4).shown().label == "Q4 FY2025/26"  # type: ignore[union-attr]


def test_the_banner_is_as_good_as_its_worst_part() -> None:
    """All well is "yes", a source that is off is to be known, one that is late or failed asks for care."""
    well = company.facts(figures=[figure(EIGHT[0], QUARTER, 0.1, "quarter")], quarantine=[], violations=[], changes=[])
    assert banner(well).level == "good"
    assert banner(company.facts(off=("stripe",))).level == "know"
    assert banner(company.facts(late=("linkedin",))).level == "care"
    assert banner(company.empty()).level == "care"


def test_the_banner_names_what_is_late_off_broken_missing_and_changed() -> None:
    """Sources by name and reach, refused records by stream and reason, figures without a value by reason, changes by day."""
    found = banner(company.facts(late=("linkedin",), off=("stripe",)))
    text = "\n".join(
        [*(point.text for point in found.points), *(line for point in found.points for line in point.more)]
    )
    assert "LinkedIn (social) is behind: read 1 Nov 2025 – 8 May 2026 06:00 UTC." in text
    assert (
        "Switched off: Stripe (billing). Figures that need it are missing, those that others add to are made without it."
        in text
    )
    assert "3 records came in broken and are in no figure." in text
    assert "3 of Salesforce (CRM), Lead: a field holds a value that is not of its type." in text
    assert "Sales enablement score, Lead management score: this version does not compute it yet." in text
    assert "last on 10 May 2026" in text and "All 6 scorecard figures that have a value are final" in text
    assert found.points[0].level == "care"


def test_the_banner_names_a_file_that_vanished() -> None:
    """A folder whose only file is gone asks for care in the file's own words, not in those of a source that is behind in time."""
    rows = company.facts().freshness
    gone = f"service/survey {VANISHED}, when it was read at noon"
    rows = [row | {"state": "late", "text": gone} if row["source"] == "service" else row for row in rows]
    found = banner(company.facts(freshness=rows))
    assert found.level == "care" and any(f"is behind: {gone}." in point.text for point in found.points)


def test_provisional_figures_are_counted() -> None:
    """The banner says how many of the scorecard's figures can still change."""
    rows = [figure(EIGHT[0], QUARTER, 0.1, "quarter", state="provisional"), figure(EIGHT[1], QUARTER, 4.0, "quarter")]
    assert any(
        "1 of 2 scorecard figures are provisional" in point.text for point in banner(company.facts(figures=rows)).points
    )


def test_a_card_shows_benchmark_trend_and_the_numbers_behind() -> None:
    """Cost to revenue: value, dated benchmark, change on the quarter before, and both sides in money."""
    facts = company.facts()
    figures = facts.calendar()
    card = cards.groups(facts, figures, figures.shown())[0][1][0]
    assert (card.value.replace("\u202f", " "), card.benchmark) == (
        "13.8 %",
        "10.6 %",
    ) and card.benchmark_source.startswith("IDC 2012-13")
    assert card.change == "down 0.2 percentage points on the quarter before"
    assert [(side.label, side.text.replace("\u00a0", " ").replace("\u202f", " ")) for side in card.sides] == [
        ("sales and marketing expense", "USD 1.32 M"), ("recognised revenue", "USD 9.22 M"),
    ]  # fmt: skip
    assert card.bullet is not None and card.bullet.bar > card.bullet.tick and card.spark is not None


def test_people_behind_a_card_are_averaged_over_the_period() -> None:
    """Thousandths of FTE-days over the 90 days of the quarter: 26 people are 26.0 full-time."""
    facts = company.facts()
    figures = facts.calendar()
    card = cards.groups(facts, figures, figures.shown())[0][1][2]
    assert card.sides[1].text == "26.0 full-time on average"
    assert card.benchmark == "USD 40,000-70,000 a year; not compared with a quarter" and card.bullet is None


def test_a_card_without_a_figure_says_why() -> None:
    """No value, no trend and no bar are drawn for a figure that does not exist."""
    rows = [none(EIGHT[0], QUARTER, "zero_denominator"), none(EIGHT[6], QUARTER, "not_covered")]
    facts = company.facts(figures=rows)
    found = cards.groups(facts, facts.calendar(), facts.calendar().shown())
    first, score = found[0][1][0], found[2][1][1]
    assert (first.value, first.note, first.bullet, first.spark) == (
        "no figure",
        "no revenue was recognised in this period",
        None,
        None,
    )
    assert (score.value, score.note) == ("no figure", "this version does not compute it yet")


def test_a_win_rate_by_amount_is_of_no_use_when_lost_deals_have_no_amount() -> None:
    """With every lost deal at amount 0 the rate is always 100 %: the page says so and does not draw it."""
    sides = {"numerator": 500, "denominator": 500}
    rows = [
        *(figure("win_rate_amount", start, 1.0, grain, **sides) for start, grain in ((QUARTER, "quarter"), (QUARTER, "month"))),
        *(figure("opportunities_lost", start, 7.0, grain, numerator=7) for start, grain in ((QUARTER, "quarter"), (QUARTER, "month"))),
        figure("win_rate_count", QUARTER, 0.5, "month"),
    ]  # fmt: skip
    figures = calendar(*rows)
    found = sales.won_and_lost(figures, figures.shown())
    assert found.tiles[1].value == "of no use" and "every lost deal has the amount 0" in found.tiles[1].note
    assert found.charts[0].table[0] == ["Month", "By count"]


def test_a_win_rate_by_amount_stands_when_nothing_was_lost() -> None:
    """100 % without a lost deal is a true figure."""
    rate = figure("win_rate_amount", QUARTER, 1.0, "quarter", numerator=5, denominator=5)
    figures = calendar(rate, figure("opportunities_lost", QUARTER, 0.0, "quarter", numerator=0))
    assert sales.won_and_lost(figures, figures.shown()).tiles[1].value.startswith("100.0")


def test_the_funnel_shows_the_newest_cohort_that_was_watched_in_full() -> None:
    """While a cohort is too young its conversion is no figure, and the last mature one stands beside it."""
    facts = company.facts()
    figures = facts.calendar()
    step = sales.funnel(figures, figures.shown())[1]
    assert (step.value, step.conversion) == ("512", "no figure")
    assert step.watched.replace("\u202f", " ") == "38.8 % in Q4 FY2025"
    assert sales.funnel(calendar(), None) == []


def test_the_bridge_opens_where_the_quarter_before_closed() -> None:
    """775,000 + 41,200 + 22,800 + 3,100 - 9,400 - 18,900 - 1,350 = 812,450."""
    facts = company.facts()
    figures = facts.calendar()
    found = money.recurring(figures, figures.shown())
    table = [[cell.replace("\u00a0", " ") for cell in row] for row in found.charts[0].table[1:]]
    assert table == [
        ["Opening", "USD 775,000"], ["New", "USD 41,200"], ["Expansion", "USD 22,800"], ["Reactivation", "USD 3,100"],
        ["Contraction", "−USD 9,400"], ["Churn", "−USD 18,900"], ["Exchange rates", "−USD 1,350"], ["Closing", "USD 812,450"],
    ]  # fmt: skip
    assert found.notes == []


def test_a_bridge_with_a_missing_step_is_not_drawn() -> None:
    """One movement without a figure, and there is no bridge rather than one that seems to close."""
    facts = company.facts()
    rows = [row for row in facts.figures if row["kpi_id"] != "mrr_fx"]
    assert money.recurring(calendar(*rows), facts.calendar().shown()).charts == []


def test_channels_sum_their_months_and_divide_anew() -> None:
    """Paid social, January to March: 3 x 41,200 + 150 x (8 + 6 + 9) = 127,050 over 3 x 152 = 456 inquiries is 279."""
    facts = company.facts()
    figures = facts.calendar()
    _, table = money.spending(facts, figures, figures.shown())
    assert table is not None
    row = [cell.replace("\u00a0", " ") for cell in table.rows[0]]
    assert row[:4] == ["Paid social", "USD 127,050", "456", "USD 279"]
    assert table.rows[-1][0] == "No touch known" and table.rows[-1][1] == "–"


def test_a_channel_without_spend_has_no_cost_per_inquiry() -> None:
    """Inquiries that cost nothing are no cost of 0 but no cost at all."""
    rows = [
        figure("cost_per_lead", QUARTER, 0.0, segment_kind="channel", segment="web", numerator=0, denominator=5),
        figure("mqls", QUARTER, 1.0, "quarter"),
    ]
    credit = [{"measure": "revenue", "channel": "web", "credit_reporting_minor": 500_000, "n": 1}]
    facts = company.facts(figures=rows, credits=credit)
    _, table = money.spending(facts, facts.calendar(), facts.calendar().shown())
    assert table is not None
    assert [cell.replace("\u00a0", " ") for cell in table.rows[0]] == ["Web", "–", "5", "–", "–", "USD 5,000"]


def test_budget_lines_stand_under_their_parents() -> None:
    """Parents by size with their children below them; a line without a plan says so."""
    facts = company.facts()
    _, table = money.budget(facts, facts.calendar(), facts.calendar().shown())
    assert table is not None
    assert [row[0].strip() for row in table.rows] == ["Marketing", "Demand generation", "Events", "Brand", "Sandbox"]
    assert table.rows[2][4].replace("\u00a0", " ") == "−USD 900" and table.rows[4][2:] == [
        "no plan",
        table.rows[4][3],
        "–",
    ]


def test_leads_stand_under_their_rep_and_the_rest_has_reasons() -> None:
    """Reps by number of leads with the reasons of each; leads that wait are counted by reason in words."""
    found = leads.distribution(company.facts())
    assert (found.total, found.assigned) == (67, 40)
    assert [(rep.name, rep.count) for rep in found.reps][:2] == [("Ana Okafor", 14), ("Jonas Weber", 11)]
    assert "owns Company A Industries (+15)" in found.reps[0].leads[0].reason
    assert found.waiting[0] == ("Held", "the person has opted out of both e-mail and calls", 4)
