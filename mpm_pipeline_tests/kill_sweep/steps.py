"""Building and serving, struck step by step, so that every operation can be struck: a whole re-run costs nine seconds, a step half of one.

What is struck is a step of a home whose earlier steps were done and run again, and only that step is run again. That stands
for a whole re-run because a step writes to its own tables alone and reads earlier ones alone (`apart` holds the plan of the
models to it, `readable` the disk), so the steps before it may be run again before or after the strike. Some points are struck
in whole runs besides (`Sweep.strike`).
"""

import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mpm_pipeline.orchestration import stages
from mpm_pipeline_tests.e2e.river import steps
from mpm_pipeline_tests.kill_sweep.state import digest, duplicate, readable
from mpm_pipeline_tests.kill_sweep.sweep import Sweep

REALLY = 20
"""Of so many kills one is done, and must leave what its image shows."""


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
    run_again: int = 0
    alike: int = 0
    killed: int = 0
    ended: Counter[str] = field(default_factory=Counter)

    def strike(self) -> None:
        """Kill and refuse every operation of every step, of the opening of the home before and of the last look at it."""
        self.home = duplicate(self.sweep.folder / "before-build", self.sweep.folder / "steps")
        self._run(self.home, "land")
        for step in ("open", *steps(), "end", "serve"):
            self._step(step)
            print(f"{step}: {self.report()}", flush=True)

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
        found: dict[str, str] = {}
        for at, (kind, state) in enumerate(zip(kinds, told["states"], strict=True), 1):
            self._again("kill", step, at, kind, state, images / state, found, again)
            if at % REALLY == REALLY // 2:
                self._kill(step, at, kind, base, state)
        for at, kind in enumerate(kinds, 1):
            self._fail(step, at, kind, base, once)
            struck = self.sweep.folder / "struck"
            self._again("fail", step, at, kind, digest(struck), struck, found, again)
        shutil.rmtree(images)
        shutil.rmtree(base)

    def _again(
        self, mode: str, step: str, at: int, kind: str, state: str, home: Path, found: dict[str, str], wanted: str
    ) -> None:
        """Run a step again where it was struck; homes in the same state once."""
        self.struck[mode, kind] += 1
        if state in found:
            self.alike += 1
        else:
            place = home if home.name == "struck" else duplicate(home, self.sweep.fresh())
            found[state] = self._run(place, step)
            self.run_again += 1
        if found[state] != wanted:
            what = found[state] if found[state].startswith("the re-run") else "not what an undisturbed step leaves"
            self.sweep.wrong.append(f"{step}, {mode} at {at} ({kind}), after one re-run: {what[:2000]}")

    def _kill(self, step: str, at: int, kind: str, base: Path, state: str) -> None:
        struck = duplicate(base, self.sweep.fresh())
        told = self.sweep.zygote.run(struck, [step], "kill", at, only=step)
        self.killed += 1
        if told["ended"] != "killed" or digest(struck) != state:
            self.sweep.wrong.append(f"{step}, killed at {at} ({kind}): its image shows something else")

    def _fail(self, step: str, at: int, kind: str, base: Path, once: str) -> None:
        """Let an operation fail: it is gone over, or told by an error of ours with words and status 3."""
        struck = duplicate(base, self.sweep.fresh())
        told = self.sweep.zygote.run(struck, [step], "fail", at, only=step)
        self.ended[told["ended"]] += 1
        if told["ended"] == "done":
            fine = self._found(struck, step, told) == once
        else:
            fine = told["ended"] == "told" and told["code"] == 3
            self.sweep.told[str(told["text"])] = f"{step} {at}"
        if not fine:
            self.sweep.wrong.append(f"{step}, fail at {at} ({kind}): {told['ended']} {told.get('text', 'otherwise')}")

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
            f"{by_mode['kill']} killed ({self.run_again} states run again, {self.alike} leave the state of another, {self.killed} "
            f"really killed), {by_mode['fail']} refused {dict(self.ended)}, {len(self.sweep.wrong)} wrong"
        )
