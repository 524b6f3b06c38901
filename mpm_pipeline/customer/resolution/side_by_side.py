"""Work on columns two at a time: what works on columns lets go of the interpreter, so two cores are in use."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

MANY: Final = 100_000
"""Of fewer rows a second thread costs more than it brings."""
One = TypeVar("One")
Made = TypeVar("Made")


def aside(work: Callable[[], Made], rows: int) -> Callable[[], Made]:
    """Begin some work beside what comes next; what is returned waits for what it makes."""
    if rows < MANY:
        made = work()
        return lambda: made
    worker = ThreadPoolExecutor(1)
    waiting = worker.submit(work)
    worker.shutdown(wait=False)
    return waiting.result


def side_by_side(work: Callable[[One], Made], items: Iterable[One], rows: int) -> list[Made]:
    """Return what work makes of each item, in their order."""
    if rows < MANY:
        return [work(one) for one in items]
    with ThreadPoolExecutor(2) as workers:
        return list(workers.map(work, items))
