"""Says on standard error what a long command is doing; silent unless a command switched it on.

Steps call `step`; only the command knows how many there will be.
"""

import sys
import time
from dataclasses import dataclass


@dataclass
class Progress:
    """State of the running command's progress lines."""

    is_on: bool = False
    total: int = 0
    done: int = 0
    started: float = 0.0


CURRENT = Progress()


def begin(total: int) -> None:
    """Switch progress on for `total` steps."""
    CURRENT.is_on, CURRENT.total, CURRENT.done, CURRENT.started = True, total, 0, time.perf_counter()


def end() -> None:
    """Switch progress off."""
    CURRENT.is_on = False


def step(name: str) -> None:
    """Say that a step begins."""
    if not CURRENT.is_on:
        return
    CURRENT.done += 1
    seconds = time.perf_counter() - CURRENT.started
    say(f"[{CURRENT.done:>3}/{CURRENT.total}] {seconds:5.1f} s  {name}")


def say(text: str) -> None:
    """Write one line to standard error."""
    print(text, file=sys.stderr, flush=True)
