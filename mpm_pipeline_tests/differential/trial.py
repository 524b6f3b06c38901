"""One trial: a seed's world with its edits and settings, run through the real flow, and what is served held against it.

`apart` compares one run in a fresh home with the independent computation. `again` runs `mpm run` three times in one home while
the edits happen, and compares the last with the independent computation and with a fresh home.
"""

import shutil
import tempfile
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from mpm_pipeline_tests.differential import draw
from mpm_pipeline_tests.differential.book import Edit, write
from mpm_pipeline_tests.differential.compare import Found, differences
from mpm_pipeline_tests.e2e.company import LIVE, Company
from mpm_pipeline_tests.e2e.harness import Outcome
from mpm_pipeline_tests.e2e.river import flow

BETWEEN = (timedelta(hours=22), timedelta(hours=14))
"""The time between the three runs of `again`; the last is at `LIVE`."""


NAMES = ["person_id", "account_id", "parent_account_id"]
OWN = {"crosswalk", "id_redirect", "kpi_scorecard", "meta_publication", "meta_reconciliation", "meta_quarantine"}
"""Tables of what a home did and knew before."""


@dataclass
class Trial:
    """A seed's material; `found` runs a part of its edits."""

    seed: int
    rate: float
    folder: Path
    thrice: bool = False

    def __post_init__(self) -> None:
        self.world = draw.world(self.folder / "base", self.seed)
        watched = sum(BETWEEN, timedelta()) if self.thrice else None
        self.edits = draw.edits(self.world, self.seed, self.rate, watched)
        self.settings = draw.settings(self.seed)

    def found(self, edits: Sequence[Edit]) -> Found:
        """Run with these edits and return what differs; a run that breaks is a difference too."""
        world = write(self.world, self.folder / "world", edits, self.settings, keep_lost=not self.thrice)
        home = self.folder / "home"
        shutil.rmtree(home, ignore_errors=True)
        try:
            return again(home, world) if self.thrice else apart(home, world)
        except Exception as error:  # whatever breaks is to be told with its seed
            at = traceback.extract_tb(error.__traceback__)[-1]
            return {f"broken {type(error).__name__} in {at.name}": [str(error)[:2000], traceback.format_exc()[-3000:]]}


def apart(home: Path, world: Path) -> Found:
    """Run a world once in a fresh home and compare."""
    return differences(world, LIVE, flow(home, world))


def again(home: Path, world: Path) -> Found:
    """Run a world three times in one home, and once in a fresh one; compare all three ways."""
    with Company(world, now=LIVE - sum(BETWEEN, timedelta())) as company:
        for step in (*BETWEEN, None):
            outcome = company.mpm(home, "run", "--json")
            if outcome.exit_code:
                raise RuntimeError(f"exit code {outcome.exit_code}: {outcome.err[-1500:]}")
            if step:
                company.advance(seconds=step.total_seconds())
    found = differences(world, LIVE, outcome)
    with tempfile.TemporaryDirectory() as other:
        fresh = flow(Path(other) / "home", world)
        for name, texts in unlike(outcome, fresh).items():
            found[f"fresh home {name}"] = texts
    return found


def unlike(old: Outcome, fresh: Outcome) -> Found:
    """Compare the canonical exports of two homes, without the names that each gives to persons and accounts.

    Nor whose history is an orphan's: of a lead that was deleted meanwhile the old home saw the lead (readings 55).
    """
    for one in (old, fresh):
        for name in one.names():
            one.cache[name] = one.table(name).drop(columns=NAMES, errors="ignore")
        one.cache["meta_violation"] = one.table("meta_violation").query("rule != 'lead_history_orphan'")
    left, right = (one.export(without=OWN) for one in (old, fresh))
    found = {}
    for name in left:
        texts = [f"only old: {row}" for row in left[name] if row not in set(right[name])][:20]
        texts += [f"only fresh: {row}" for row in right[name] if row not in set(left[name])][:20]
        if texts:
            found[name] = texts
    return found
