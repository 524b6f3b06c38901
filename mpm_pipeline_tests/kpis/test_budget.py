"""Plan against actual: the tree of lines, its rates, and the figures made of it (readings 36, 40, 53)."""

import pytest


def entry(entry_id, line, month, view, amount, *, parent=None, currency="USD"):
    return {"entry_id": entry_id, "budget_line_id": line, "parent_line_id": parent, "level": "team", "name": line, "owner": "o", "month_date": f"{month}-01", "view": view, "amount_minor": amount, "currency_code": currency}  # fmt: skip


def booked(line_id, day, budget_line, amount, *, kind="program", currency="USD"):
    return {"line_id": line_id, "booked_on": day, "budget_line_id": budget_line, "amount_minor": amount, "kind": kind, "function": "other", "currency_code": currency}  # fmt: skip


def rate(rate_id, day, base, quote, value):
    return {"rate_id": rate_id, "rate_date": day, "base": base, "quote": quote, "rate": value}


def budget(world, entries, lines=(), rates=(), as_of="2026-07-10 00:00"):
    home = world(as_of).measuring("budget")
    home.stage("budget_entry", *entries, source="finance").stage("ledger_line", *lines, source="finance")
    return home.stage("fx_rate", *rates, source="finance")


def rows(home):
    return {(r["budget_line_id"], r["month"].isoformat()[:7]): r for r in home.table("kpis.fct_budget")}


def figures(home, grain="month"):
    found = [r for r in home.table("kpis.fct_kpi") if r["kpi_id"].startswith("budget_") and r["period_grain"] == grain]
    return {(row["kpi_id"], row["period_start"].isoformat()[:7]): row for row in found}


def test_a_parent_is_the_sum_of_its_children_and_its_own_amount_only_where_they_have_none(world):
    """May: children 30 + 40 beat the parent's own 100; June: nobody below has a plan, so 100; the target is never summed."""
    found = rows(budget(world, [
        entry("1", "top", "2026-05", "plan", 100), entry("2", "top", "2026-06", "plan", 100), entry("3", "top", "2026-05", "target", 500),
        entry("4", "a", "2026-05", "plan", 30, parent="top"), entry("5", "b", "2026-05", "plan", 7, parent="top"), entry("6", "bb", "2026-05", "plan", 40, parent="b"),
        entry("7", "a", "2026-05", "target", 9, parent="top"), entry("8", "a", "2026-06", "forecast", 5, parent="top"),
    ]))  # fmt: skip
    assert [found[key]["plan_minor"] for key in (("top", "2026-05"), ("top", "2026-06"), ("b", "2026-05"))] == [
        70,
        100,
        40,
    ]
    assert (found["top", "2026-05"]["target_minor"], found["top", "2026-06"]["forecast_minor"], found["a", "2026-06"]["plan_minor"]) == (500, 5, None)  # fmt: skip
    assert [found[line, "2026-05"]["is_top"] for line in ("top", "a", "bb")] == [True, False, False]


def test_what_is_booked_on_a_parent_comes_on_top_of_its_children_and_revenue_never(world):
    """20 on the parent, 5 on the child, a credit of 2; revenue, an unknown line and tomorrow's booking are out."""
    home = budget(
        world,
        [entry("1", "top", "2026-07", "plan", 10), entry("2", "a", "2026-07", "plan", 10, parent="top")],
        [booked("1", "2026-07-01", "top", 20), booked("2", "2026-07-02", "a", 5), booked("3", "2026-07-02", "a", -2), booked("4", "2026-07-02", "a", 900, kind="revenue"), booked("5", "2026-07-02", "nowhere", 900), booked("6", "2026-07-11", "a", 900)],
    )  # fmt: skip
    found = rows(home)
    assert (found["top", "2026-07"]["actual_minor"], found["a", "2026-07"]["actual_minor"], found["a", "2026-07"]["variance_minor"]) == (23, 3, -7)  # fmt: skip
    assert ("nowhere", "2026-07") not in found
    july = figures(home)
    assert [july[f"budget_{name}", "2026-07"]["value_minor"] for name in ("plan", "actual", "variance")] == [10, 23, 13]
    assert july["budget_used_rate", "2026-07"]["value"] == 2.3 and july["budget_used_rate", "2026-07"]["low"] is None


def test_months_to_come_are_planned_with_an_actual_of_nothing(world):
    """The running year holds September's plan; the running quarter too; July itself does not."""
    home = budget(world, [entry("1", "top", "2026-07", "plan", 10), entry("2", "top", "2026-09", "plan", 70)])
    assert rows(home)["top", "2026-09"]["actual_minor"] == 0
    assert figures(home, "fiscal_year")["budget_plan", "2026-01"]["value_minor"] == 80
    assert figures(home, "quarter")["budget_plan", "2026-07"]["value_minor"] == 80
    assert figures(home)["budget_plan", "2026-07"]["value_minor"] == 10


def test_parents_in_a_ring_are_tops_and_count_once(world):
    """x above y above x, and z below x: both of the ring are tops, z is under x."""
    home = budget(world, [entry("1", "x", "2026-05", "plan", 1, parent="y"), entry("2", "y", "2026-05", "plan", 2, parent="x"), entry("3", "z", "2026-05", "plan", 4, parent="x")])  # fmt: skip
    found = rows(home)
    assert {line: (found[line, "2026-05"]["plan_minor"], found[line, "2026-05"]["is_top"]) for line in "xyz"} == {"x": (4, True), "y": (2, True), "z": (4, False)}  # fmt: skip
    assert figures(home)["budget_plan", "2026-05"]["value_minor"] == 6


def test_a_tree_may_be_as_deep_as_it_is(world):
    """Thirty lines under each other: the lowest one's 7 are the plan of each of them, and of the whole."""
    lines = [entry(str(place), f"l{place}", "2026-05", "target", 1, parent=f"l{place - 1}" if place else None) for place in range(30)]  # fmt: skip
    home = budget(world, [*lines, entry("30", "l29", "2026-05", "plan", 7, parent="l28")])
    assert {row["plan_minor"] for row in rows(home).values()} == {7}
    assert figures(home)["budget_plan", "2026-05"]["value_minor"] == 7


@pytest.mark.parametrize(
    ("rates", "plan"),
    [
        ([rate("1", "2024-01-01", "EUR", "USD", "1.5")], 150),
        ([rate("1", "2024-01-01", "EUR", "USD", "1.5"), rate("2", "2026-05-01", "EUR", "USD", "2"), rate("3", "2026-05-02", "EUR", "USD", "9")], 200),
        ([rate("1", "2024-01-01", "EUR", "USD", "1.5"), rate("2", "2026-04-30", "USD", "EUR", "0.1")], 150),
        ([rate("1", "2026-04-30", "USD", "EUR", "0.1")], 1_000),
        ([rate("1", "2024-01-01", "EUR", "GBP", "0.5"), rate("2", "2026-02-01", "GBP", "USD", "1.3")], 65),
        ([rate("1", "2026-05-02", "EUR", "USD", "9")], None),
    ],
)  # fmt: skip
def test_a_plan_takes_the_newest_rate_at_or_before_its_month_however_old(world, rates, plan):
    """Direct first, whatever its age; then inverse; then a cross whose legs are of different days; never a later one."""
    home = budget(world, [entry("1", "top", "2026-05", "plan", 100, currency="EUR"), entry("2", "top", "2026-05", "forecast", 7)], rates=rates)  # fmt: skip
    assert rows(home)["top", "2026-05"]["plan_minor"] == plan
    figure = figures(home)["budget_plan", "2026-05"]
    assert (figure["value_minor"], figure["null_reason"]) == ((plan, None) if plan else (None, "fx_missing"))


def test_rates_with_many_decimals_stay_exact(world):
    """1 JPY = 0.006756756756757 USD: 1,480,000 yen are 10,000.00 dollars; a cross of two such rates is no overflow."""
    long = [rate("1", "2026-07-01", "JPY", "USD", "0.006756756756757"), rate("2", "2026-07-01", "KRW", "JPY", "0.108108108108108"), rate("3", "2026-07-01", "GBP", "USD", ".5")]  # fmt: skip
    home = budget(world, [], [booked("1", "2026-07-01", None, 1_480_000, currency="JPY"), booked("2", "2026-07-01", None, 1_369_000_000, currency="KRW"), booked("3", "2026-07-01", None, 4, currency="GBP")], long)  # fmt: skip
    assert [row["amount_reporting_minor"] for row in home.table("kpis.expense")] == [1_000_000, 100_000_000, 2]


def breaches(home):
    return {(row["rule"], row["object"], row["record_id"]) for row in home.table("kpis.meta_violation")}


def test_a_parent_that_is_not_its_children_and_a_booking_on_no_line_are_breaches(world):
    """May: 100 above 30 + 40; June agrees, July's children have none, and a target is never a sum. Revenue needs no line, other bookings do."""
    home = budget(world, [
        entry("1", "top", "2026-05", "plan", 100), entry("2", "a", "2026-05", "plan", 30, parent="top"), entry("3", "b", "2026-05", "plan", 40, parent="top"),
        entry("4", "top", "2026-06", "plan", 30), entry("5", "a", "2026-06", "plan", 30, parent="top"), entry("6", "top", "2026-07", "plan", 9),
        entry("7", "top", "2026-05", "target", 500), entry("8", "a", "2026-05", "target", 1, parent="top"),
    ], [booked("l1", "2026-05-02", "a", 5), booked("l2", "2026-05-02", "nowhere", 5), booked("l3", "2026-05-02", None, 5), booked("l4", "2026-05-02", None, 5, kind="revenue")])  # fmt: skip
    assert breaches(home) == {
        ("budget_parent_differs", "budget", "1"),
        ("unknown_budget_line", "actuals", "l2"),
        ("unknown_budget_line", "actuals", "l3"),
    }
    told = {row["record_id"]: (row["value"], row["text"]) for row in home.table("kpis.meta_violation")}
    assert told["1"] == ("top", "plan of 2026-05 is not the sum of its children's, which is served")


def test_a_parent_in_another_currency_may_be_off_by_what_rounding_does(world):
    """1.01 EUR are 1.08 USD, its parts 0.51 and 0.50 are 0.55 + 0.54 = 1.09, which excuses no cent of other lines; and without a budget no booking is on an unknown line."""
    entries = [entry("1", "top", "2026-05", "plan", 101, currency="EUR"), entry("2", "a", "2026-05", "plan", 51, parent="top", currency="EUR"), entry("3", "b", "2026-05", "plan", 50, parent="top", currency="EUR")]  # fmt: skip
    rates = [rate("r", "2026-04-30", "EUR", "USD", "1.07")]
    assert breaches(budget(world, entries, rates=rates)) == set()
    beside = [entry("4", "usd", "2026-05", "plan", 101), entry("5", "c", "2026-05", "plan", 100, parent="usd")]
    assert breaches(budget(world, entries + beside, rates=rates)) == {("budget_parent_differs", "budget", "4")}
    assert breaches(budget(world, [], [booked("l1", "2026-05-02", "a", 5)])) == set()
