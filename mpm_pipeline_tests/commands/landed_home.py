"""A home filled from a folder of files: real fetching and staging without Dagster, for commands that look at what a run left."""

import os
from datetime import date
from pathlib import Path

from mpm_pipeline.orchestration.session import Session
from mpm_pipeline.orchestration.stages import fetch_days, stage_source

DAY = date(2026, 3, 31)
HEADCOUNT = "employment_id,email,function,role,fte,start_on\n"


def file_of(folder: Path, name: str, text: str) -> Path:
    """Write one file of plans and people below a folder."""
    file = folder / f"{name}.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def landed_home(root: Path, folder: Path, run_id: str = "run") -> None:
    """Fetch and stage the files of a folder into a home, as of noon of DAY."""
    os.environ |= {"MPM_FILES__URL": str(folder), "MPM_FILES__START_AT": str(DAY), "MPM_AS_OF": f"{DAY}T12:00:00Z"}
    with Session.open(root) as session:
        fetch_days(session, "files", DAY, DAY, run_id)
        stage_source(session, "files", run_id)
