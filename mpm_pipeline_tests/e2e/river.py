"""The whole pipeline as plain calls, one stage after the other in this process, without Dagster.

Many of these tests ask what comes out of a world, not how it is scheduled; a Dagster run costs several times as much CPU and
is proven elsewhere (`mpm run` and `mpm demo`). Both ways make the same bytes, which `test_sources_off` holds.
"""

import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from mpm_pipeline.orchestration import stages
from mpm_pipeline.orchestration.demo import remember
from mpm_pipeline.orchestration.session import RAW_SOURCES, STAGED_FOLDERS, Session
from mpm_pipeline.scorecard.page import write_page
from mpm_pipeline.vocabulary import SOURCES
from mpm_pipeline.warehouse.storage import disk
from mpm_pipeline_tests.e2e.company import Company, only
from mpm_pipeline_tests.e2e.harness import Outcome

RUN = "run"


PARTS = ("land", "build", "serve")


def steps() -> tuple[str, ...]:
    """Return what building is made of: the staged folders and the models, in their order."""
    return (*STAGED_FOLDERS, *stages.models())


def make(session: Session, step: str) -> None:
    """Make the staged tables of a folder, or the table of a model."""
    if step in STAGED_FOLDERS:
        stages.stage_source(session, step, RUN)
    else:
        stages.build_model(session, step, RUN)


def flow(home: Path, world: Path, **settings: str) -> Outcome:
    """Take a world through all stages into a fresh home; `out` is the state of every source, errors are raised."""
    with Company(world) as company:
        environment = company.environment | settings
        with only(environment):
            states = through(home, environment)
    return Outcome(home, 0, json.dumps(states), "")


def through(
    home: Path, environment: Mapping[str, str], parts: Collection[str] = PARTS, reached: Callable[[str], object] = id
) -> dict[str, str]:
    """Go through some parts of the river, or steps of its building, in this process's environment; return the state of every source.

    `reached` is told what begins: `land`, each step, `serve`, and `end`; what is before the first is the opening of the home.
    """
    with disk(home), Session.open(home) as session:
        remember(home, environment)
        as_of = session.as_of(RUN)
        if "land" in parts:
            reached("land")
            for source in RAW_SOURCES:
                stages.fetch_days(session, source, session.settings.first_day, session.last_day(), RUN)
        if set(parts) - {"land"}:
            session.warehouse(as_of)
        for step in steps():
            if "build" in parts or step in parts:
                reached(step)
                make(session, step)
        if "serve" in parts:
            reached("serve")
            stages.publish(session, RUN)
            write_page(session.home, "")
        reached("end")
        return {source: session.source_row(source, as_of)["state"] for source in SOURCES}
