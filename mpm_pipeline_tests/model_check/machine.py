"""The model: what may happen between a source and its loader, in any order, and what must be true once all is quiet.

After a quiet run the loader holds what the source shows, value by value, and what the source lost without a word, which it names.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar, Protocol

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from mpm_pipeline_tests.model_check.shop import DOWN, Crash, Shop

AGO = [timedelta(0), timedelta(seconds=1), timedelta(hours=1), timedelta(days=1), timedelta(days=5), timedelta(days=25)]
STEPS = [timedelta(seconds=1), timedelta(minutes=55), timedelta(hours=13), timedelta(days=1), timedelta(days=9)]
A_DAY = timedelta(days=1)
PAUSES = [A_DAY, timedelta(days=9)]
STEPS_EACH = 12
BREAKS: list[BaseException] = [DOWN, Crash()]


PLACES = ["add_batch", "add_windows", "put_state"]
"""Writes of the ledger that come after rows have landed."""


class Loader(Protocol):
    """What is checked."""

    def run(self) -> None: ...
    def die_before(self, place: str) -> None: ...
    def held(self) -> dict[str, int]: ...
    def lost(self) -> set[str]: ...
    def close(self) -> None: ...


class Machine(RuleBasedStateMachine):
    """One sequence; `maker` makes the loader of a shop."""

    maker: Callable[[Shop], Loader]
    latest: timedelta
    daily: bool
    ended: ClassVar[int]

    @initialize(number=st.integers(0, 4))
    def open(self, number: int) -> None:
        self.shop = Shop()
        self.loader = type(self).maker(self.shop)
        self.known: dict[str, int] = {}
        for _ in range(number):
            self.shop.insert(timedelta(hours=number))

    def ago(self, data: Any) -> timedelta:
        return data.draw(st.sampled_from([ago for ago in AGO if ago <= self.latest]))  # type: ignore[no-any-return]

    def pick(self, data: Any) -> str:
        return str(data.draw(st.sampled_from(sorted(self.shop.rows))))

    @rule(data=st.data())
    def insert(self, data: Any) -> None:
        self.shop.insert(self.ago(data))

    @precondition(lambda self: self.shop.rows)
    @rule(data=st.data())
    def change(self, data: Any) -> None:
        """A change is stamped now, or late but after the deal's own stamp; one in the very second of that bears the same stamp."""
        key = self.pick(data)
        own = self.shop.rows[key].stamp
        later = own + timedelta(seconds=1)
        self.shop.change(key, own if own == self.shop.clock else max(later, self.shop.clock - self.ago(data)))

    @precondition(lambda self: self.shop.rows)
    @rule(data=st.data(), is_told=st.booleans())
    def delete(self, data: Any, is_told: bool) -> None:
        self.shop.delete(self.pick(data), is_told=is_told)

    @rule(step=st.sampled_from(STEPS))
    def clock(self, step: timedelta) -> None:
        self.passes(step)

    def passes(self, time: timedelta) -> None:
        """Let time pass: of a loader that is run daily no more than a day, and then it is run."""
        self.shop.clock += min(time, A_DAY) if type(self).daily else time
        if type(self).daily:
            self.loader.run()

    @rule()
    def run(self) -> None:
        self.loader.run()

    @rule(page=st.integers(1, 2), error=st.sampled_from(BREAKS))
    def break_off(self, page: int, error: BaseException) -> None:
        """The answer ends at a page, or the process does."""
        self.shop.breaks(page, error)
        self.loader.run()
        self.shop.breaks(0, None)

    @rule(place=st.sampled_from(PLACES))
    def die(self, place: str) -> None:
        """The process ends between the landing and a row of the ledger."""
        self.loader.die_before(place)
        self.loader.run()
        self.loader.die_before("")

    @rule(pause=st.sampled_from(PAUSES))
    def quiet(self, pause: timedelta) -> None:
        """A day or some days later, with nothing in the way, all is as it should be."""
        self.passes(pause)
        self.loader.run()
        held, lost, rows = self.loader.held(), self.loader.lost(), self.shop.rows
        shown = {key: row.value for key, row in rows.items()}
        told = {key for key, _ in self.shop.deleted}
        assert {key: held.get(key) for key in shown} == shown, "lost, or stale"
        assert held.keys() - shown.keys() == lost, "a deal that is gone is neither named nor out"
        assert not lost & told, "named though its deletion was told"
        assert self.known.keys() - shown.keys() - told <= lost, "deleted before anybody confirmed it"
        self.known = held

    def teardown(self) -> None:
        if hasattr(self, "loader"):
            try:
                self.quiet(PAUSES[-1])
                type(self).ended += 1
            finally:
                self.loader.close()


def check(
    maker: Callable[[Shop], Loader],
    sequences: int,
    latest: timedelta = AGO[-1],
    *,
    daily: bool = False,
    first: int | None = None,
) -> int:
    """Try so many sequences; raise what contradicts the model, else say how many came to their end.

    `latest`: how late records may come; `daily`: no day passes without a run; `first`: where chance begins.
    """
    given = {"maker": staticmethod(maker), "latest": latest, "daily": daily, "ended": 0}
    machine = type("Machine", (Machine,), given)
    if first is not None:
        machine = seed(first)(machine)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=sequences, stateful_step_count=STEPS_EACH, deadline=None, database=None, derandomize=first is None,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck), print_blob=False,
        ),
    )  # fmt: skip
    return machine.ended
