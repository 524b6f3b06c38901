"""The whole pipeline as plain calls, one stage after the other in this process, without Dagster.

Many of these tests ask what comes out of a world, not how it is scheduled; a Dagster run costs several times as much CPU and
is proven elsewhere (`mpm run` and `mpm demo`). Both ways make the same bytes, which `test_sources_off` holds.
"""

import json
from collections.abc import Collection, Mapping
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


def flow(home: Path, world: Path, **settings: str) -> Outcome:
    """Take a world through all stages into a fresh home; `out` is the state of every source, errors are raised."""
    with Company(world) as company:
        environment = company.environment | settings
        with only(environment):
            states = through(home, environment)
    return Outcome(home, 0, json.dumps(states), "")


def through(home: Path, environment: Mapping[str, str], parts: Collection[str] = PARTS) -> dict[str, str]:
    """Go through some parts of the river in this process's environment; return the state of every source."""
    with disk(home), Session.open(home) as session:
        remember(home, environment)
        as_of = session.as_of(RUN)
        if "land" in parts:
            for source in RAW_SOURCES:
                stages.fetch_days(session, source, session.settings.first_day, session.last_day(), RUN)
        if "build" in parts:
            for folder in STAGED_FOLDERS:
                stages.stage_source(session, folder, RUN)
            for name in stages.models():
                stages.build_model(session, name, RUN)
        if "serve" in parts:
            stages.publish(session, RUN)
            write_page(session.home, "")
        return {source: session.source_row(source, as_of)["state"] for source in SOURCES}
