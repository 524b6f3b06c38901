"""The model: what may happen between a source and its loader, in any order, and what must be true once all is quiet.

After a quiet run the loader holds what the source shows, value by value, and what the source lost without a word, which it names.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from mpm_pipeline_tests.model_check.shop import DOWN, Crash, Shop

AGO = [timedelta(0), timedelta(seconds=1), timedelta(hours=1), timedelta(days=1), timedelta(days=5), timedelta(days=25)]
STEPS = [timedelta(seconds=1), timedelta(minutes=55), timedelta(hours=13), timedelta(days=1), timedelta(days=9)]
BREAKS: list[BaseException] = [DOWN, Crash()]


class Loader(Protocol):
    """What is checked."""

    def run(self) -> None: ...
    def held(self) -> dict[str, int]: ...
    def lost(self) -> set[str]: ...
    def close(self) -> None: ...


class Machine(RuleBasedStateMachine):
    """One sequence; `maker` makes the loader of a shop."""

    maker: Callable[[Shop], Loader]

    @initialize(number=st.integers(0, 4))
    def open(self, number: int) -> None:
        self.shop = Shop()
        self.loader = type(self).maker(self.shop)
        self.known: dict[str, int] = {}
        for _ in range(number):
            self.shop.insert(timedelta(hours=number))

    def pick(self, data: Any) -> str:
        return str(data.draw(st.sampled_from(sorted(self.shop.rows))))

    @rule(ago=st.sampled_from(AGO))
    def insert(self, ago: timedelta) -> None:
        self.shop.insert(ago)

    @precondition(lambda self: self.shop.rows)
    @rule(data=st.data(), ago=st.sampled_from(AGO))
    def change(self, data: Any, ago: timedelta) -> None:
        """A change is stamped now, or late but after the deal's own stamp; one in the very second of that bears the same stamp."""
        key = self.pick(data)
        own = self.shop.rows[key].stamp
        later = own + timedelta(seconds=1)
        self.shop.change(key, own if own == self.shop.clock else max(later, self.shop.clock - ago))

    @precondition(lambda self: self.shop.rows)
    @rule(data=st.data(), is_told=st.booleans())
    def delete(self, data: Any, is_told: bool) -> None:
        self.shop.delete(self.pick(data), is_told=is_told)

    @rule(step=st.sampled_from(STEPS))
    def clock(self, step: timedelta) -> None:
        self.shop.clock += step

    @rule()
    def run(self) -> None:
        self.loader.run()

    @rule(page=st.integers(1, 4), error=st.sampled_from(BREAKS))
    def break_off(self, page: int, error: BaseException) -> None:
        """The answer ends at a page, or the process does."""
        self.shop.breaks(page, error)
        self.loader.run()
        self.shop.breaks(0, None)

    @rule()
    def quiet(self) -> None:
        """A day later, with nothing in the way, all is as it should be."""
        self.shop.clock += timedelta(days=1)
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
                self.quiet()
            finally:
                self.loader.close()


def check(maker: Callable[[Shop], Loader], sequences: int, steps: int = 12) -> None:
    """Try so many sequences; raise what contradicts the model."""
    machine = type("Machine", (Machine,), {"maker": staticmethod(maker)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=sequences, stateful_step_count=steps, deadline=None, database=None, derandomize=True,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck), print_blob=False,
        ),
    )  # fmt: skip
