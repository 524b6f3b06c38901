"""The outage of 10 May 2016: a day without the CRM, then five hours of entries lost at the source, some ids given anew.

The story runs once: a run before, one while the CRM is down, one when it is back, a person's confirmation, and a last run.
Sums by hand: won 5,000 before; in the five hours 1,000 + 2,500 + 7,000 more, which makes 15,500.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from mpm_pipeline_tests.e2e import na14
from mpm_pipeline_tests.e2e.company import Company
from mpm_pipeline_tests.e2e.harness import Outcome

pytestmark = pytest.mark.slow

SPAN = ("--from", na14.FROM, "--to", na14.TO)
NOTICE = ("notice", "--source", "salesforce", *SPAN)


@dataclass
class Story:
    """What each command said, by a name."""

    company: Company
    home: Path
    said: dict[str, Outcome] = field(default_factory=dict)
    page: str = ""

    def mpm(self, name: str, *arguments: str, **settings: str) -> None:
        outcome = self.said[name] = self.company.mpm(self.home, *arguments, **settings)
        for table in outcome.names():
            outcome.table(table)

    def at(self, moment: str) -> None:
        self.company.simulator.clock.set(datetime.fromisoformat(moment))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Walk through the story once."""
    root = tmp_path_factory.mktemp("outage")
    nowhere = {"MPM_SALESFORCE__URL": "http://127.0.0.1:9"}
    with Company(na14.world(root / "world")) as company:
        told = Story(company, root / "home")
        told.mpm("before", "run", "--json")
        told.at(na14.DOWN)
        told.mpm("down", "run", "--json", **nowhere)
        told.mpm("diff while down", "diff", "salesforce", *SPAN, "--json", **nowhere)
        told.mpm("confirm while down", "diff", "salesforce", *SPAN, "--confirm", "--json", **nowhere)
        told.at(na14.BACK)
        told.mpm("back", "run", "--json")
        told.page = (told.home / "scorecard.html").read_text()
        told.mpm("diff", "diff", "salesforce", *SPAN, "--json")
        told.mpm("shown", "diff", "salesforce", *SPAN, "--json", "--show")
        told.mpm("notice", *NOTICE, "--json")
        told.mpm("all that is lost", "diff", "--json")
        told.mpm("all people", "notice", "--json")
        told.mpm("csv", *NOTICE, "--csv")
        told.mpm("confirm", "diff", "salesforce", *SPAN, "--confirm", "--by", "Ada", "--json")
        told.mpm("after", "run", "--json")
        yield told


def won(outcome: Outcome) -> int:
    """Money won in the quarter, in cents."""
    figures = outcome.table("fct_kpi")
    rows = figures[
        (figures.kpi_id == "revenue_won") & (figures.period_grain == "quarter") & (figures.segment_kind == "all")
    ]
    return int(rows[rows.period_start.astype(str).str.startswith("2016-04-01")].value_minor.iloc[0])


def lead_ids(outcome: Outcome) -> set[str]:
    """Leads that have a life cycle."""
    return set(outcome.table("fct_lead_stage").lead_id)


def test_while_the_source_is_down_everything_landed_is_read(story: Story) -> None:
    """3 and the words that the source cannot be asked, with every entry of the five hours; nothing can be confirmed then."""
    assert story.said["down"].exit_code == 3
    assert won(story.said["down"]) == won(story.said["before"]) == 15_500_00
    found = story.said["diff while down"]
    assert (found.exit_code, found.document["is_asked"]) == (3, False)
    assert "cannot be asked" in found.document["error"]
    assert {row["key"] for row in found.document["entered"]} == na14.LOST | {na14.OPEN_DEAL}
    assert story.said["confirm while down"].exit_code == 3


def test_the_lost_ids_are_listed_exactly(story: Story) -> None:
    """25 leads of which two ids stand for others now, a contact and two deals; the open deal went back to what it was."""
    lost = {row["key"]: row["state"] for row in story.said["diff"].document["lost"]}
    anew = dict.fromkeys(na14.GIVEN_ANEW, "given_anew")
    assert lost == dict.fromkeys(na14.LOST, "vanished") | anew | {na14.OPEN_DEAL: "reversed"}
    assert story.said["diff"].exit_code == 0
    every = story.said["all that is lost"].document
    assert {row["key"]: row["state"] for row in every["entered"]} == lost


def test_what_changed_is_named_and_values_only_on_demand(story: Story) -> None:
    """Of the deal that went back: which fields; what they held only with --show."""
    (row,) = (one for one in story.said["diff"].document["lost"] if one["state"] == "reversed")
    assert {"StageName", "IsWon", "IsClosed"} <= set(row["fields"])
    assert "@" not in story.said["diff"].out
    (shown,) = (one for one in story.said["shown"].document["lost"] if one["state"] == "reversed")
    assert shown["values"]["StageName"] == {"entered": "Closed Won", "now": "Qualification"}


def test_rows_stay_and_count_until_confirmed(story: Story) -> None:
    """The same sum and the same leads after the loss."""
    back = story.said["back"]
    assert back.exit_code == 0
    assert won(back) == 15_500_00
    assert set(na14.LOST_LEADS) <= lead_ids(back)


def test_an_id_given_anew_is_two_people(story: Story) -> None:
    """The lost one keeps its person under an id of its own, the other one is a new person."""
    before, back = (story.said[name].table("crosswalk").set_index("record_id").person_id for name in ("before", "back"))
    for key in na14.GIVEN_ANEW:
        assert back[f"{key}~20160510100000"] == before[key]
        assert back[key] != before[key]
    names = set(back.index)
    assert len([name for name in names if "~" in name]) == 2


def test_the_incident_is_told_everywhere(story: Story) -> None:
    """In the report, in freshness, on the page and at the figures; before and after the incident nowhere."""
    told = story.said["back"].document["sources"]["salesforce"]
    assert told["lost"] == {"Contact": 1, "Lead": 25, "Opportunity": 3}
    assert "mpm diff" in told["incident"]
    fresh = story.said["back"].table("meta_freshness").set_index(["source", "stream"])
    assert fresh.loc[("salesforce", "Lead"), "state"] == "late"
    assert "incident: 25 records of salesforce/Lead" in fresh.loc[("salesforce", "Lead"), "text"]
    assert fresh.loc[("stripe", "customers"), "state"] == "fresh"
    assert "incident: 25 records" in story.page
    for name in ("before", "after"):
        assert "incident" not in story.said[name].document["sources"]["salesforce"]
        assert not story.said[name].table("meta_freshness").text.str.contains("incident").any()


def test_figures_that_rest_on_lost_rows_are_marked(story: Story) -> None:
    """Provisional from the period of the oldest lost record on; periods before are as they were."""
    for name in ("revenue_won", "mqls"):
        figures = story.said["back"].table("fct_kpi")
        rows = figures[(figures.kpi_id == name) & (figures.period_grain == "month") & (figures.segment_kind == "all")]
        states = rows.set_index(rows.period_start.astype(str).str[:7]).state
        assert states["2016-05"] == "provisional"
        assert states["2016-02"] != "provisional" or name == "mqls"


def test_people_are_listed_with_a_channel_that_they_allow(story: Story) -> None:
    """By preference and consent; who must not be contacted has no address, not even in the file."""
    people = {row["name"] or "silent": row for row in story.said["notice"].document["people"]}
    told = {
        name: (people[name]["channel"], people[name]["address"])
        for name in ("Lost01", "Lost03", "Lost04", "Lost06", "Lost07", "silent")
    }
    assert told == {
        "Lost01": ("email", "lost01@lost01.example"),
        "Lost03": ("phone", "+49 30 1"),
        "Lost04": ("email", "lost04@lost04.example"),
        "Lost06": ("twitter", "@lost06"),
        "Lost07": (None, None),
        "silent": (None, None),
    }
    assert {"Other0", "Other1", "Kept", "Gone"} <= people.keys()
    assert not any(name.startswith("Kept0") for name in people)
    assert all(row["hold_promotions"] for row in people.values())
    assert {row["name"] for row in story.said["all people"].document["people"]} <= {
        row["name"] for row in people.values()
    }
    assert "lost05" not in story.said["notice"].out.lower() + story.said["csv"].out.lower()


def test_the_file_is_safe_in_a_sheet(story: Story) -> None:
    """A phone number with a plus and a handle with an at are texts, not formulas."""
    rows = list(csv.DictReader(io.StringIO(story.said["csv"].out)))
    assert {row["address"] for row in rows} >= {"'+49 30 1", "'@lost06"}
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_after_a_person_confirmed_the_figures_are_the_sources_own(story: Story) -> None:
    """Won 5,000 as worked out apart; only the kept leads and the two new people are left."""
    assert story.said["confirm"].document["confirmed"] == 29
    after = story.said["after"]
    assert won(after) == 5_000_00
    kept = {f"00Q0000000000{number:02}AAA" for number in range(1, 31)}
    assert lead_ids(after) == kept | set(na14.GIVEN_ANEW)
    deals = after.table("fct_opportunity").set_index("opportunity_id").stage
    assert dict(deals) == {na14.KEPT_DEAL: "Closed Won", na14.OPEN_DEAL: "Qualification"}


def test_who_confirmed_stands_in_the_ledger(story: Story) -> None:
    """Every loss with who and when."""
    from mpm_pipeline.warehouse.home import Home
    from mpm_pipeline.warehouse.ledger import Ledger
    from mpm_pipeline.warehouse.losses import losses

    with Ledger(Home(story.home)) as ledger:
        rows: list[dict[str, Any]] = losses(ledger)
    assert {(row["outcome"], row["closed_by"], row["closed_as_of"][:13]) for row in rows} == {
        ("confirmed", "Ada", "2016-05-11T14")
    }
    assert len(rows) == 29
