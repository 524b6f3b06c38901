"""Which signal ended a command from outside: SIGINT (Ctrl-C) or SIGTERM, whatever it struck.

A library may turn the exception that a signal raises into an error of its own: DuckDB does within a query, Dagster within a step.
So the interpreter's own note of each signal is kept here and can be asked for. What follows from it is the caller's business.
"""

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_notes: list[socket.socket] = []


@contextmanager
def listening() -> Iterator[None]:
    """Keep note of signals, and let SIGTERM interrupt as SIGINT does; changes nothing outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    earlier = signal.getsignal(signal.SIGTERM)
    if earlier == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    _notes.append(reader)
    try:
        yield
    finally:
        _notes.pop()
        signal.set_wakeup_fd(before)
        signal.signal(signal.SIGTERM, earlier)
        reader.close()
        writer.close()


def came() -> signal.Signals | None:
    """Return the first SIGINT or SIGTERM that came since listening began; None without one, or when nobody listens."""
    try:
        noted = _notes[-1].recv(4096, socket.MSG_PEEK) if _notes else b""
    except BlockingIOError:
        return None
    return next((signal.Signals(number) for number in noted if number in (signal.SIGINT, signal.SIGTERM)), None)
