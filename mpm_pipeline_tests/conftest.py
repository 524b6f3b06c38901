"""What holds for all tests: an interrupt reaches what they start, and files that take long are begun first."""

import os
import signal

import pytest

os.environ["MPM_ENGINE_THREADS"] = "1"
"""Several workers share the cores already; set before the engine is imported, so that it holds where tests hide settings."""


def pytest_configure() -> None:
    """Undo an inherited "ignore interrupts" (`nohup`, a job without a terminal): children would inherit it, and some are stopped so."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring files with a test that is marked slow to the front: begun last, one of them would have a worker for itself at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
