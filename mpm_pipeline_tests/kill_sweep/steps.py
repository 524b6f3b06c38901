"""Building and serving, struck step by step, so that every operation can be struck: a whole re-run costs nine seconds, a step a tenth of one.

What is struck is a step of a home whose earlier steps were done and run again, and only that step is run again. That stands
for a whole re-run because a step writes to its own tables alone and reads earlier ones alone (`apart` holds the plan of the
models to it, `readable` the disk), so the steps before it may be run again before or after the strike. Some points are struck
in whole runs besides (`Sweep.strike`).
"""

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mpm_pipeline.orchestration import stages
from mpm_pipeline_tests.e2e.river import steps
from mpm_pipeline_tests.kill_sweep.state import digest, duplicate, readable
from mpm_pipeline_tests.kill_sweep.sweep import Sweep

AT_ONCE = 25
"""Homes that are struck, or run again, by one process: to open an engine costs more than a step."""
REALLY = 20
"""Of so many kills, counted over all steps, one is done, and must leave what its image shows."""


def apart() -> list[str]:
    """Return models that read a table which a later step makes; their own of before they may read."""
    order = {name: place for place, name in enumerate(steps())}
    return [
        f"{name} reads {read}"
        for name, model in stages.models().items()
        for read in model.inputs
        if order.get(read, -1) > order[name]
    ]


@dataclass
class Steps:
    """What is known of one company's steps."""

    sweep: Sweep
    home: Path = field(init=False)
    struck: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: dict[str, str] = field(default_factory=dict)
    """Of the step that is struck: what a re-run finds in homes of a state."""
    run_again: int = 0
    killed: int = 0
    ended: Counter[str] = field(default_factory=Counter)

    def strike(self) -> None:
        """Kill and refuse every operation of every step, of the opening of the home before and of the last look at it."""
        self.home = duplicate(self.sweep.folder / "before-build", self.sweep.folder / "steps")
        self._run(self.home, "land")
        for step in ("open", *steps(), "end", "serve"):
            known = len(self.sweep.wrong)
            self._step(step)
            print("\n".join([f"{step}: {self.report()}", *self.sweep.wrong[known:]]), flush=True)

    def _step(self, step: str) -> None:
        base = duplicate(self.home, self.sweep.folder / "base")
        images = self.sweep.folder / "step-images"
        images.mkdir()
        told = self.sweep.zygote.run(self.home, [step], "image", images=images, only=step)
        assert told["ended"] == "done", told
        kinds, once = told["points"], self._found(self.home, step, told)
        part = "serve" if step == "serve" else "build"
        assert kinds == [kind for kind, place in self.sweep.placed(part) if place == step], (
            "other points than a whole run's"
        )
        again = self._run(self.home, step)
        struck = [
            ("kill", at, kind, state) for at, (kind, state) in enumerate(zip(kinds, told["states"], strict=True), 1)
        ]
        places = {state: images / state for state in told["states"]}
        before = sum(number for (mode, _), number in self.struck.items() if mode == "kill")
        for at in range(REALLY - before % REALLY, len(kinds) + 1, REALLY):
            self._kill(step, at, kinds[at - 1], base, images / told["states"][at - 1])
        every = list(enumerate(kinds, 1))
        for first in range(0, len(every), AT_ONCE):
            for at, kind, home in self._fails(step, every[first : first + AT_ONCE], base, once):
                struck.append(("fail", at, kind, digest(home)))
                places.setdefault(struck[-1][3], home)
            self._hold(step, struck, places, again)
            struck, places = [], {}
        shutil.rmtree(images)
        shutil.rmtree(base)
        self.found.clear()

    def _hold(self, step: str, struck: list[tuple[str, int, str, str]], places: dict[str, Path], wanted: str) -> None:
        """Run a step again wherever it was struck, homes in the same state once, and compare."""
        fresh = [state for state in places if state not in self.found]
        self.run_again += len(fresh)
        for first in range(0, len(fresh), AT_ONCE):
            lot = fresh[first : first + AT_ONCE]
            homes = [self._room(number, places[state]) for number, state in enumerate(lot)]
            told = self.sweep.zygote.runs(homes, [step], [("clean", 0)] * len(homes))
            for state, home, one in zip(lot, homes, told, strict=True):
                self.found[state] = self._found(home, step, one)
        for mode, at, kind, state in struck:
            self.struck[mode, kind] += 1
            if self.found[state] != wanted:
                is_told = self.found[state].startswith("the re-run")
                what = self.found[state][:2000] if is_told else "not what an undisturbed step leaves"
                self.sweep.wrong.append(f"{step}, {mode} at {at} ({kind}), after one re-run: {what}")

    def _room(self, number: int, home: Path) -> Path:
        room = self.sweep.folder / "again" / str(number)
        shutil.rmtree(room, ignore_errors=True)
        return duplicate(home, room)

    def _kill(self, step: str, at: int, kind: str, base: Path, image: Path) -> None:
        struck = duplicate(base, self.sweep.fresh())
        told = self.sweep.zygote.run(struck, [step], "kill", at, only=step)
        self.killed += 1
        if told["ended"] != "killed" or digest(struck, any_order=True) != digest(image, any_order=True):
            self.sweep.wrong.append(f"{step}, killed at {at} ({kind}): its image shows something else")

    def _fails(
        self, step: str, points: list[tuple[int, str]], base: Path, once: str
    ) -> Iterator[tuple[int, str, Path]]:
        """Let operations fail, each in a home of its own: it is gone over, or told by an error of ours with words and status 3."""
        rooms = self.sweep.folder / "failed"
        shutil.rmtree(rooms, ignore_errors=True)
        homes = [duplicate(base, rooms / str(at)) for at, _ in points]
        strikes = [("fail", at) for at, _ in points]
        all_told = self.sweep.zygote.runs(homes, [step], strikes, only=step)
        for (at, kind), home, told in zip(points, homes, all_told, strict=True):
            self.ended[told["ended"]] += 1
            if told["ended"] == "done":
                fine = self._found(home, step, told) == once
            else:
                fine = told["ended"] == "told" and told["code"] == 3
                self.sweep.told[str(told["text"]).replace(str(home), "HOME")] = f"{step} {at}"
            if not fine:
                words = told.get("text", "otherwise")
                self.sweep.wrong.append(f"{step}, fail at {at} ({kind}): {told['ended']} {words}")
            yield at, kind, home

    def _run(self, home: Path, step: str) -> str:
        return self._found(home, step, self.sweep.zygote.run(home, [step]))

    def _found(self, home: Path, step: str, told: dict[str, Any]) -> str:
        if told["ended"] != "done":
            return f"the re-run {told}"
        return str(told["served"]) if step == "serve" else readable(home)

    def report(self) -> str:
        """Say how many points were struck and in which way."""
        by_mode = {mode: sum(n for (one, _), n in self.struck.items() if one == mode) for mode in ("kill", "fail")}
        return (
            f"{by_mode['kill']} killed ({self.killed} really, the others by their image), "
            f"{by_mode['fail']} refused {dict(self.ended)}; {self.run_again} different states run again, the other "
            f"{sum(by_mode.values()) - self.run_again} points left one of these; {len(self.sweep.wrong)} wrong"
        )
