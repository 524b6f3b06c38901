"""The sweep itself: strikes a part of the pipeline at a point, runs everything once more, and compares what is served.

A part is struck in a copy of the home as it is just before it. What a kill leaves is taken as an image at every point of one
run; that real kills leave the same is held at some of them. Homes in the same state (`state.digest`) are run again once.
"""

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mpm_pipeline_tests.e2e.company import Company
from mpm_pipeline_tests.e2e.harness import bare
from mpm_pipeline_tests.e2e.river import PARTS
from mpm_pipeline_tests.kill_sweep.state import digest, duplicate


class Zygote:
    """The warm process; use it as a context manager."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "mpm_pipeline_tests.kill_sweep.zygote"]
        self.process = subprocess.Popen(command, env=bare(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.process.stdin.close()  # type: ignore[union-attr]
        self.process.wait()

    def run(
        self, home: Path, parts: Sequence[str], mode: str = "clean", at: int = 0, images: Path = Path(), only: str = ""
    ) -> Any:
        """Fork a child that goes through parts of the pipeline; return how it ended. `only`: the one part whose points count."""
        return self.runs([home], parts, [(mode, at)], images, only)[0]

    def runs(
        self,
        homes: Sequence[Path],
        parts: Sequence[str],
        strikes: Iterable[tuple[str, int]],
        images: Path = Path(),
        only: str = "",
    ) -> list[Any]:
        """Fork one child that does so on several homes, one after the other; a kill ends it, so it stands alone."""
        shared = {"parts": parts, "only": only, "environment": self.environment, "images": str(images)}
        jobs = [
            {"home": str(home), "mode": mode, "at": at} | shared
            for home, (mode, at) in zip(homes, strikes, strict=True)
        ]
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(jobs) + "\n")
        self.process.stdin.flush()
        told: list[Any] = json.loads(self.process.stdout.readline())
        return told


@dataclass
class Sweep:
    """All that is known of one company's sweep: homes before each part, points of each part, and what re-runs served."""

    zygote: Zygote
    folder: Path
    parts: Sequence[str] = PARTS
    """What a run is: all of the river, or its landing alone, whose rows then stand for what is served."""
    points: dict[str, list[str]] = field(default_factory=dict)
    states: dict[str, list[str]] = field(default_factory=dict)
    places: dict[str, list[str]] = field(default_factory=dict)
    served: dict[str, str] = field(default_factory=dict)
    undisturbed: str = ""
    struck: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)

    def prepare(self, *imaged: str) -> None:
        """Make the undisturbed run part by part, keep the home before each part, and count the points; take images of some parts."""
        home = self.folder / "clean"
        for part in self.parts:
            duplicate(home, self._before(part))
            images = self.folder / "images"
            images.mkdir(exist_ok=True)
            told = self.zygote.run(home, [part], "image" if part in imaged else "count", images=images)
            assert told["ended"] == "done", told
            self.points[part], self.states[part], self.places[part] = told["points"], told["states"], told["places"]
        self.undisturbed = told["served"]

    def placed(self, part: str) -> list[tuple[str, str]]:
        """Return the points of a part with the step to which each belongs."""
        return list(zip(self.points[part], self.places[part], strict=True))

    def images(self, part: str, places: Iterable[int]) -> None:
        """Run everything once more on what a kill at these points of a part leaves (counted from 1)."""
        for at in places:
            state = self.states[part][at - 1]
            if state not in self.served:
                home, image = self.fresh(), self.folder / "images" / state
                duplicate(image, home)
                self._rerun(home, state)
            self._compare(part, "image", at, state)

    def strike(self, part: str, mode: str, places: Iterable[int]) -> None:
        """Kill a part at some of its points, or let them fail, and run everything once more."""
        for at in places:
            home = self.fresh()
            duplicate(self._before(part), home)
            told = self.zygote.run(home, [part], mode, at)
            state = digest(home)
            self._judge(part, mode, at, told, state)
            if state not in self.served:
                self._rerun(home, state)
            self._compare(part, mode, at, state)

    def fresh(self) -> Path:
        """Return where a struck home goes; the last one is gone."""
        home = self.folder / "struck"
        shutil.rmtree(home, ignore_errors=True)
        return home

    def _judge(self, part: str, mode: str, at: int, told: Mapping[str, Any], state: str) -> None:
        """A kill kills and leaves its image; a failure is gone over, or told by an error of ours with words and status 3."""
        if mode == "kill":
            fine = told["ended"] == "killed" and (not self.states[part] or self.states[part][at - 1] == state)
        else:
            same = part != self.parts[-1] or told.get("served") == self.undisturbed
            fine = (told["ended"] == "done" and same) or (told["ended"] == "told" and told["code"] == 3)
            self.told[str(told.get("text", "went on"))] = f"{part} {at}"
        if not fine:
            self.wrong.append(
                f"{part}, {mode} at {at} ({self.points[part][at - 1]}): {told['ended']} {told.get('text', '')}"
            )

    def _rerun(self, home: Path, state: str) -> None:
        """Run everything once more, in two processes; when landing leaves what is known already, the rest is known too."""
        told = self.zygote.run(home, ["land"])
        if len(self.parts) == 1:
            self.served[state] = told["served"] if told["ended"] == "done" else f"the re-run {told}"
            return
        landed = digest(home)
        if told["ended"] == "done" and landed not in self.served:
            told = self.zygote.run(home, ["build", "serve"])
            self.served[landed] = told["served"] if told["ended"] == "done" else ""
        self.served[state] = self.served[landed] if told["ended"] == "done" else f"the re-run {told}"

    def _compare(self, part: str, mode: str, at: int, state: str) -> None:
        kind = self.points[part][at - 1]
        self.struck[mode, part, kind] += 1
        served = self.served[state]
        if served != self.undisturbed:
            what = served if served.startswith("the re-run") else "other rows are served"
            self.wrong.append(f"{part}, {mode} at {at} ({kind}), after one re-run: {what[:2000]}")

    def _before(self, part: str) -> Path:
        return self.folder / f"before-{part}"

    def report(self) -> str:
        """Say how many points there are and were struck, of which kind."""
        lines = [f"{sum(map(len, self.points.values()))} points in all"]
        lines += [f"  {part}: {len(kinds)} {dict(Counter(kinds))}" for part, kinds in self.points.items()]
        for mode, part in dict.fromkeys((mode, part) for mode, part, _ in self.struck):
            kinds = {kind: count for (one, where, kind), count in self.struck.items() if (one, where) == (mode, part)}
            lines.append(f"{mode} {part}: {sum(kinds.values())} {kinds}")
        return "\n".join([*lines, f"{len(self.served)} different states run again, {len(self.wrong)} points wrong"])


def company(folder: Path, examples: Path) -> Company:
    """A company of a few leads and accounts whose history is three days long."""
    world = folder / "world"
    shutil.copytree(examples / "lead_examples", world)
    card = world / "world.toml"
    card.write_text(card.read_text().replace('starts_at = "2025-06-01', 'starts_at = "2026-03-14'))
    return Company(world)
