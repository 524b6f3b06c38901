"""What is noted of signals while somebody listens, and that nothing of it is left behind."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest

from mpm_pipeline.interruption import came, listening


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    earlier = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR1)}
    yield
    for number, handler in earlier.items():
        signal.signal(number, handler)


def send(number: signal.Signals) -> None:
    with suppress(KeyboardInterrupt):
        os.kill(os.getpid(), number)


def test_the_first_signal_is_told_as_often_as_one_asks() -> None:
    """A person who loses patience sends another one; what began the end stays what it was."""
    with listening():
        assert came() is None
        send(signal.SIGTERM)
        send(signal.SIGINT)
        assert [came(), came()] == [signal.SIGTERM, signal.SIGTERM]
    assert came() is None


def test_other_signals_end_nothing() -> None:
    """An alarm or a signal for others that a library handles is no interruption."""
    signal.signal(signal.SIGUSR1, lambda *given: None)
    with listening():
        send(signal.SIGUSR1)
        assert came() is None


def test_who_ignores_sigterm_is_not_interrupted() -> None:
    """Whoever set a handler, or none, keeps it."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with listening():
        send(signal.SIGTERM)
        assert came() is None
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN


def test_what_listened_before_listens_again() -> None:
    """One command inside another: the notes of the outer one go on."""
    with listening():
        with listening():
            send(signal.SIGTERM)
        assert came() is None
        send(signal.SIGINT)
        assert came() == signal.SIGINT
