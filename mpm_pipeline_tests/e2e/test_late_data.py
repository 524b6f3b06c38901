"""Late data: the vendors' clocks move on by a day, records of three past days show, and exactly these days are asked for again.

The story runs once, in the order of the tests' names below: a quiet look, the day with late records, `mpm run`, a day on time,
and a replay of what was known at first.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from mpm_pipeline.orchestration.build import definitions
from mpm_pipeline.orchestration.instance import opened
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline_tests.e2e.company import LATE_DAYS, LIVE, VENDORS, Company, only, windows
from mpm_pipeline_tests.e2e.comparison import KEY, apart, changed, differences
from mpm_pipeline_tests.e2e.harness import Outcome

pytestmark = pytest.mark.slow


@dataclass
class Tick:
    """What the late-data sensor said at one look, and the asset graph that it spoke of."""

    skipped: str | None
    cursor: str | None
    requests: list[dg.RunRequest]
    graph: Any

    @property
    def asked(self) -> dict[str, set[str]]:
        """Return the sources whose raw days are requested, by day."""
        return {
            str(request.partition_key): {key.path[1] for key in request.asset_selection or () if key.path[0] == "raw"}
            for request in self.requests
        }


@dataclass
class Story:
    """What was seen at each stop."""

    company: Company
    home: Path
    ticks: dict[str, Tick] = field(default_factory=dict)
    runs: dict[str, Outcome] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)

    def look(self, name: str, *, probes: bool = True, cursor: str | None = None) -> None:
        """Run the job `probe`, then load the definitions afresh and let the sensor look."""
        with only(self.company.environment | {"MPM_HOME": str(self.home)}), opened(Home(self.home)) as instance:
            if probes:
                assert definitions().resolve_job_def("probe").execute_in_process(instance=instance).success
            defs = definitions()
            context = dg.build_sensor_context(instance=instance, cursor=cursor, definitions=defs)
            told = defs.resolve_sensor_def("late_data").evaluate_tick(context)
            self.ticks[name] = Tick(
                told.skip_message, told.cursor, list(told.run_requests or ()), defs.resolve_asset_graph()
            )

    def run(self, name: str, **settings: str) -> None:
        """Run `mpm run` and keep a copy of what it served."""
        outcome = self.company.mpm(self.home, "run", "--json", **settings)
        for table in outcome.names():
            outcome.table(table)
        self.runs[name] = outcome
        self.asked[name] = sum(len(windows(self.home, source)) for source in VENDORS)


@pytest.fixture(scope="module")
def story(world: Path, copy: Callable[[], Path]) -> Iterator[Story]:
    """Walk through the story once."""
    with Company(world) as company:
        told = Story(company, copy())
        told.look("quiet")
        company.advance(days=1)
        told.look("late")
        told.look("same state", probes=False, cursor=told.ticks["late"].cursor)
        told.run("late")
        told.look("landed")
        company.advance(days=1)
        told.look("on time")
        company.advance(days=-1)
        told.run("replay", MPM_AS_OF=LIVE.isoformat())
        yield told


def test_a_quiet_hour_requests_nothing(story: Story) -> None:
    """A probe of what has landed already leads to no request."""
    assert story.ticks["quiet"].requests == []


def test_exactly_the_late_days_and_the_new_one_are_requested(story: Story) -> None:
    """Three past days of all four vendors, the new day, the ads of the day before (they show a day later), today's files."""
    asked = story.ticks["late"].asked
    assert {day: asked.pop(day) for day in LATE_DAYS} == dict.fromkeys(LATE_DAYS, set(VENDORS))
    assert asked == {"2026-07-02": {"linkedin"}, "2026-07-03": set(VENDORS), "2026-07-04": {"files"}}


def test_every_request_names_its_day_and_takes_what_depends_on_it(story: Story) -> None:
    """A request holds the raw assets that differ and everything after them, under a run key of its own."""
    tick = story.ticks["late"]
    assert [request.run_key for request in tick.requests] == [
        f"late:{day}:{','.join(sorted(sources))}:2026-07-04T00:00:00+00:00"
        for day, sources in sorted(tick.asked.items())
    ]
    for request in tick.requests:
        raw = {dg.AssetKey(["raw", source]) for source in tick.asked[str(request.partition_key)]}
        assert set(request.asset_selection or ()) == downstream(tick.graph, raw)


def downstream(graph: Any, keys: set[dg.AssetKey]) -> set[dg.AssetKey]:
    """Return keys and all that can be reached from them."""
    found, edge = set(keys), set(keys)
    while edge:
        edge = {child for key in edge for child in graph.get(key).child_keys} - found
        found |= edge
    return found


def test_a_second_look_at_the_same_state_requests_nothing(story: Story) -> None:
    """What is requested already is not requested twice, and what has landed not again."""
    assert story.ticks["same state"].requests == []
    assert "on their way" in str(story.ticks["same state"].skipped)
    assert story.ticks["landed"].requests == []
    assert "has landed" in str(story.ticks["landed"].skipped)


def test_a_day_on_time_requests_only_itself(story: Story) -> None:
    """When nothing comes late, only the new day is requested, besides the ads and page statistics that show a day or two later."""
    asked = story.ticks["on time"].asked
    assert {day for day, sources in asked.items() if sources - {"linkedin"}} == {"2026-07-04"}
    assert {day for day, sources in asked.items() if "linkedin" in sources} == {"2026-07-02", "2026-07-03"}


def test_the_run_asks_for_these_days_alone(story: Story, undisturbed: Outcome) -> None:
    """`mpm run` reads the days that the sensor named again, and no other."""
    for source in VENDORS:
        before = len(windows(undisturbed.home, source))
        days = [row["partition"] for row in windows(story.home, source)[before:]]
        assert days == sorted(story.ticks["late"].asked), source


def test_figures_are_those_of_an_independent_computation(story: Story, world: Path, undisturbed: Outcome) -> None:
    """Before and after, every served figure equals what is computed apart from the world as of that instant."""
    assert story.runs["late"].exit_code == 0, story.runs["late"].err
    for outcome, as_of in ((undisturbed, LIVE), (story.runs["late"], story.company.now)):
        assert differences(outcome.table("fct_kpi"), apart(world, as_of, outcome)) == []


def test_every_changed_figure_is_recorded_with_its_cause(story: Story, world: Path, undisturbed: Outcome) -> None:
    """Each figure that changed has one row with value before, after and cause; periods that had ended name late records."""
    before, after = undisturbed.table("fct_kpi"), story.runs["late"].table("fct_kpi")
    rows = story.runs["late"].table("fct_kpi_restatement").set_index(KEY)
    assert set(rows.index) == changed(before, after) and rows.index.is_unique
    for side, column in ((before, "value_before"), (after, "value_after")):
        values = side.set_index(KEY)["value"].reindex(rows.index)
        assert values.equals(rows[column].astype(float)), column
    ended = before.set_index(KEY)["period_end"].reindex(rows.index) <= f"{LIVE:%Y-%m-%d}"
    late = set(rows.index[ended & rows["cause"].str.startswith("late: ")])
    june = {(kpi, "month", "2026-06-01", "all", "all") for kpi in ("spend", "cost_per_lead", "inquiries", "sals")}
    assert june <= late & changed(apart(world, LIVE, undisturbed), apart(world, story.company.now, story.runs["late"]))


def test_a_past_as_of_replays_what_was_known_then(story: Story, world: Path, undisturbed: Outcome) -> None:
    """With MPM_AS_OF in the past nobody is asked, and the tables are those of the first run to the last byte."""
    replay = story.runs["replay"]
    assert replay.exit_code == 0, replay.err
    assert story.asked["replay"] == story.asked["late"]
    but = {"meta_publication"}  # its id is made of the record of changes too
    assert replay.export(without=but) == undisturbed.export(without=but)
    assert replay.table("fct_kpi_restatement").empty
    assert differences(replay.table("fct_kpi"), apart(world, LIVE, replay)) == []
