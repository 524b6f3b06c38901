"""A whole publication: what is added on the way, what is told of changes, and what a kill in between leaves behind."""

from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from mpm_pipeline.errors import Halt
from mpm_pipeline.publish import publisher
from mpm_pipeline.publish.catalog import served
from mpm_pipeline.publish.publisher import publish
from mpm_pipeline.publish.reader import read_served
from mpm_pipeline.warehouse.build import Warehouse
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline_tests.publish.literal import AS_OF, figure, rows, setting, sources, warehouse

LATER = datetime(2026, 4, 11, 6, tzinfo=UTC)
QUARTER = {"period_grain": "quarter", "period_start": date(2026, 1, 1), "period_end": date(2026, 4, 1)}


def figures(home: Home, *given: dict[str, Any], as_of: datetime = AS_OF) -> Warehouse:
    made = warehouse(home, {"kpis.fct_kpi": [row | {"as_of_at": as_of} for row in given]})
    made.as_of = as_of
    return made


def restated(home: Home, url: str) -> list[tuple[Any, ...]]:
    found = read_served(home, url, "fct_kpi_restatement")["fct_kpi_restatement"]
    return [(row["kpi_id"], row["value_before"], row["value_after"], row["changed_at"]) for row in found]


def test_every_served_table_is_there(home: Home, url: str) -> None:
    """A publication of nothing has all served tables, the dictionary of them, and the BI file with the same tables."""
    done = publish(warehouse(home, {}), url)
    found = read_served(home, url, "meta_table", "meta_column", "meta_publication")
    assert sorted(done.tables) == sorted(served()) == [row["table_name"] for row in found["meta_table"]]
    assert {row["table_name"] for row in found["meta_column"]} == set(served())
    assert [(row["reporting_currency"], row["as_of_at"]) for row in found["meta_publication"]] == [("USD", AS_OF)]
    with duckdb.connect(str(home.bi_file), read_only=True) as connection:
        assert {row[0] for row in connection.execute("SHOW TABLES").fetchall()} == set(served())


def test_a_source_that_is_off_has_one_row_of_freshness(home: Home, url: str) -> None:
    """Freshness names every source that is off once, without a stream, and forgets streams from when it was on."""
    known = [
        {"source": "salesforce", "stream": "Lead", "state": "fresh", "text": "read up to now"},
        {"source": "finance", "stream": "budget", "state": "fresh", "text": "was read once"},
    ]
    publish(warehouse(home, {"staged.meta_freshness": known}, off=("finance", "stripe")), url)
    found = read_served(home, url, "meta_freshness")["meta_freshness"]
    assert [(row["source"], row["stream"], row["state"]) for row in found] == [
        ("finance", "", "off"), ("salesforce", "Lead", "fresh"), ("stripe", "", "off"),
    ]  # fmt: skip
    assert "switched off" in found[0]["text"]


@pytest.mark.parametrize(
    ("name", "changed", "cause"),
    [
        ("run.source", sources(off=("stripe",)), "coverage: stripe switched on or off, or first read, since it was published"),
        ("run.setting", setting(funnel_conversion_window_days=30, publish_rows=1), "setting: funnel_conversion_window_days changed since it was published"),
        ("run.setting", setting(funnel_conversion_window_days=90, publish_rows=2), "late: records of the period arrived or changed after it was published"),
        ("run.identity_decision", pa.table({"decision": ["yes"]}), "decision: people decided on who is one customer since it was published"),
    ],
)  # fmt: skip
def test_what_is_not_late_is_not_called_late(home: Home, name: str, changed: pa.Table, cause: str) -> None:
    """A source that is switched off, a setting of a definition, a decision on customers: each is the cause that is told."""
    plain: dict[str, pa.Table] = {"run.setting": setting(funnel_conversion_window_days=90, publish_rows=1)}
    for value, given in ((1.0, plain), (2.0, plain | {name: changed})):
        made = figures(home, figure("mqls", value))
        made.given |= given
        publish(made, "")
    found = read_served(home, "", "fct_kpi_restatement")["fct_kpi_restatement"]
    assert [row["cause"] for row in found] == [cause]


def test_a_changed_figure_is_told_and_a_final_one_is_marked(home: Home, url: str) -> None:
    """A final figure that changes becomes restated and stays so; each change leaves its row with before and after."""
    publish(figures(home, figure("mqls", 10.0), figure("sals", 5.0, state="provisional")), url)
    second = publish(figures(home, figure("mqls", 12.0), figure("sals", 6.0), as_of=LATER), url)
    assert second.restated == 2
    found = {row["kpi_id"]: row["state"] for row in read_served(home, url, "fct_kpi")["fct_kpi"]}
    assert found == {"mqls": "restated", "sals": "final"}
    assert restated(home, url) == [("mqls", 10.0, 12.0, LATER), ("sals", 5.0, 6.0, LATER)]
    third = publish(figures(home, figure("mqls", 12.0), figure("sals", 6.0), as_of=LATER), url)
    assert third.restated == 0 and len(restated(home, url)) == 2
    assert read_served(home, url, "fct_kpi")["fct_kpi"][0]["state"] == "restated"


def test_two_changes_under_one_as_of_are_one_row(home: Home, url: str) -> None:
    """A figure that changes twice while the clock stands keeps one row, from what readers saw first to what they see last."""
    for value, as_of in ((10.0, AS_OF), (11.0, LATER), (12.0, LATER)):
        publish(figures(home, figure("mqls", value), figure("sals", 5.0), as_of=as_of), url)
    assert restated(home, url) == [("mqls", 10.0, 12.0, LATER)]


def test_a_look_back_changes_no_record(home: Home, url: str) -> None:
    """A past as-of is served with the changes known then; the next publication is told against the newest, not against the look."""
    last = datetime(2026, 4, 12, tzinfo=UTC)
    publish(figures(home, figure("mqls", 10.0)), url)
    publish(figures(home, figure("mqls", 11.0), as_of=LATER), url)
    back = publish(figures(home, figure("mqls", 10.0)), url, looks_back=True)
    found = read_served(home, url, "fct_kpi")["fct_kpi"][0]
    assert (back.restated, restated(home, url), found["value"], found["state"]) == (0, [], 10.0, "final")
    publish(figures(home, figure("mqls", 12.0), as_of=last), url)
    assert restated(home, url) == [("mqls", 10.0, 11.0, LATER), ("mqls", 11.0, 12.0, last)]
    assert read_served(home, url, "fct_kpi")["fct_kpi"][0]["state"] == "restated"


def test_the_scorecard_is_restated_for_its_own_quarter_only(home: Home) -> None:
    """The flat table carries `restated` when the quarter that it shows changed, not when an older one did."""
    card = {
        "title": "T",
        "sentence": "S",
        "period": "Q1",
        "value_text": "1",
        "unit": "rate",
        "state": "final",
        "trust_text": "yes",
    }
    older = {"period_grain": "quarter", "period_start": date(2025, 10, 1), "period_end": date(2026, 1, 1)}

    def states(one: float, two: float) -> list[str]:
        made = warehouse(home, {
            "kpis.fct_kpi": [figure("a", one, **QUARTER), figure("b", two, **older), figure("b", 1.0, **QUARTER)],
            "kpis.kpi_scorecard": [card | {"kpi_id": "a"}, card | {"kpi_id": "b"}],
        })  # fmt: skip
        publish(made, "")
        return [row["state"] for row in read_served(home, "", "kpi_scorecard")["kpi_scorecard"]]

    assert states(1.0, 1.0) == ["final", "final"]
    assert states(2.0, 2.0) == ["restated", "final"]


def test_a_kill_after_writing_loses_no_change(home: Home, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the database was written, the next run compares with what readers saw and keeps the change they saw."""
    publish(figures(home, figure("mqls", 10.0)), url)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(publisher, "write_bi_file", killed)
        with pytest.raises(KeyboardInterrupt):
            publish(figures(home, figure("mqls", 11.0), as_of=LATER), url)
    assert restated(home, url) == [("mqls", 10.0, 11.0, LATER)]
    last = datetime(2026, 4, 12, tzinfo=UTC)
    publish(figures(home, figure("mqls", 12.0), as_of=last), url)
    assert restated(home, url) == [("mqls", 10.0, 11.0, LATER), ("mqls", 11.0, 12.0, last)]


def test_what_breaks_its_contract_is_not_published(home: Home, url: str) -> None:
    """A table outside its contract stops the publication before anything is written; what is served stays."""
    publish(figures(home, figure("mqls", 10.0)), url)
    with pytest.raises(Halt, match="fct_kpi"):
        publish(figures(home, figure("mqls", 11.0, coverage=2.0)), url)
    assert read_served(home, url, "fct_kpi")["fct_kpi"][0]["value"] == 10.0


def test_the_same_state_is_the_same_publication(home: Home) -> None:
    """Publishing the same figures twice gives the same fingerprint, whatever the order of rows; other figures another."""

    def published(*given: dict[str, Any]) -> str:
        publish(figures(home, *given), "")
        return str(read_served(home, "", "meta_publication")["meta_publication"][0]["publication_id"])

    first = published(figure("mqls", 1.0), figure("sals", 1.0))
    assert published(figure("sals", 1.0), figure("mqls", 1.0)) == first
    assert published(figure("mqls", 2.0), figure("sals", 1.0)) != first


def test_the_kpis_come_with_their_words(home: Home) -> None:
    """The catalogue is served, so that a dashboard has title, formula and benchmark beside the figure."""
    made = warehouse(
        home, {"kpis.catalogue": [{"kpi_id": "mqls", "title": "Qualified leads", "unit": "count", "kind": "count"}]}
    )
    publish(made, "")
    assert rows("publish.meta_kpi", []).num_rows == 0
    assert read_served(home, "", "meta_kpi")["meta_kpi"][0]["title"] == "Qualified leads"
