"""What holds for all tests: an interrupt can be sent to what they start, wherever they are started from."""

import signal


def pytest_configure() -> None:
    """Undo an inherited "ignore interrupts" (`nohup`, a job without a terminal): children would inherit it, and some are stopped so."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
