"""One run at a time per home: the operating system's file lock, so that a dead process never blocks the next one.

The lock's file says who holds it, for people; what counts is the lock itself. Within one process a run that already holds
the lock may enter again, because a command and the steps that it starts are one run.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from filelock import FileLock, Timeout

from mpm_pipeline.errors import Busy
from mpm_pipeline.warehouse.home import Home

_held: dict[str, int] = {}


@contextmanager
def hold(home: Home, what: str, *, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the home for one run; raise Busy naming the holder when another has it after `wait_seconds`."""
    file = home.locks / "run.lock"
    name = str(file)
    if _held.get(name):
        _held[name] += 1
        try:
            yield
        finally:
            if name in _held:
                _held[name] -= 1
        return
    lock = FileLock(name)
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout:
        raise Busy(
            f"another run holds {home.root} ({_holder(home)}); wait until it has ended, then run the same command again"
        ) from None
    info = home.locks / "run.json"
    try:
        _held[name] = 1
        info.write_text(json.dumps({"what": what, "pid": os.getpid()}))
        yield
    finally:
        info.unlink(missing_ok=True)
        _held.pop(name, None)
        lock.release()


def _holder(home: Home) -> str:
    try:
        file = home.locks / "run.json"
        info = json.loads(file.read_text())
        since = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        return f"{info['what']}, process {info['pid']}, since {since:%Y-%m-%d %H:%M:%S} UTC"
    except (OSError, ValueError, KeyError, TypeError):
        return "it does not say which"
