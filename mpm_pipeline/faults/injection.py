"""What can be done to one exchange, as data: which request it meets, and what happens to it.

`KINDS` says in words what each kind does; `strike` does them on a socket. What is done to the rows inside a page is in `alter`.
"""

import gzip
import socket
import struct
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from mpm_pipeline.faults import wire
from mpm_pipeline.faults.alter import alter, emptied

KINDS = {
    "reset": "the connection is reset after `size` bytes of the body",
    "fin": "the connection ends after `size` bytes of a body that announced more",
    "chunk_cut": "a chunked body ends after `size` bytes without its last chunk",
    "bare_cut": "a body without length or chunks ends after `size` bytes",
    "short": "the body is cut at `size` bytes and its length says so: the framing is sound, the content is not",
    "gzip_cut": "the body is gzipped and cut at half, with a sound length",
    "gzip_damaged": "the body is gzipped and one byte of it is wrong",
    "gzip_members": "the body comes as two gzip members, which is allowed",
    "bomb": "the body unpacks to `size` MiB of spaces",
    "trickle": "the body comes a byte every `seconds`",
    "silence": "nothing is answered, the connection stays open",
    "replace": "the answer is `status` with `body` and `headers`",
    "repeat": "the page before comes again",
    "empty": "the page comes without its rows",
    "alter": "the page comes changed, see `alter`",
    "redirect": "the answer is a redirect to another host",
    "foreign": "every address of the answer names another host",
    "clock": "the vendor's world moves on by `seconds` before it answers",
    "refuse": "connections are refused for `seconds` (0: until the run has ended)",
}


@dataclass(frozen=True)
class Injection:
    """One thing done to the `at`-th to (`at` + `times` - 1)-th request that `path` finds; `times` 0: to all from then on."""

    kind: str
    path: str = ""
    at: int = 1
    times: int = 1
    size: int = 700
    seconds: float = 0.0
    status: int = 200
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    alteration: str = ""
    rows: tuple[int, ...] = (1,)


@dataclass
class Exchange:
    """One request on its way: how to get the vendor's answer, and how to answer."""

    request: wire.Message
    client: socket.socket
    forward: Callable[[], wire.Message]
    stopped: threading.Event
    foreign_url: str = ""
    own_url: str = ""
    before: bytes | None = None
    rows_at: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    altered: set[str] = field(default_factory=set)

    def send(self, data: bytes) -> None:
        self.client.sendall(data)

    def reset(self) -> None:
        """Cut the connection hard."""
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.client.close()


def strike(injection: Injection, exchange: Exchange) -> wire.Message | None:
    """Do it; return the answer that is still to be sent, or None when the connection is done with."""
    cut = CUTS.get(injection.kind)
    if cut is not None:
        cut(injection, exchange)
        return None
    return ANSWERS[injection.kind](injection, exchange)


def _reset(injection: Injection, exchange: Exchange) -> None:
    whole = exchange.forward().whole()
    head = whole.index(b"\r\n\r\n") + 4
    exchange.send(whole[: head + injection.size])
    exchange.stopped.wait(0.05)
    exchange.reset()


def _fin(injection: Injection, exchange: Exchange) -> None:
    whole = exchange.forward().whole()
    head = whole.index(b"\r\n\r\n") + 4
    exchange.send(whole[: head + injection.size])


def _chunk_cut(injection: Injection, exchange: Exchange) -> None:
    told = exchange.forward()
    part = told.body[: injection.size]
    exchange.send(told.head((b"Transfer-Encoding", b"chunked")) + f"{len(part):x}\r\n".encode() + part + b"\r\n")


def _bare_cut(injection: Injection, exchange: Exchange) -> None:
    told = exchange.forward()
    exchange.send(told.head((b"Connection", b"close")) + told.body[: injection.size])


def _trickle(injection: Injection, exchange: Exchange) -> None:
    whole = exchange.forward().whole()
    head = whole.index(b"\r\n\r\n") + 4
    exchange.send(whole[:head])
    for place in range(head, len(whole)):
        if exchange.stopped.wait(injection.seconds):
            return
        exchange.send(whole[place : place + 1])


def _silence(injection: Injection, exchange: Exchange) -> None:
    exchange.stopped.wait(300)


def _gzipped(injection: Injection, exchange: Exchange) -> wire.Message:
    told = exchange.forward()
    packed = gzip.compress(told.body, 6)
    if injection.kind == "gzip_cut":
        packed = packed[: len(packed) // 2]
    elif injection.kind == "gzip_damaged":
        packed = packed[:-6] + bytes([packed[-6] ^ 0xFF]) + packed[-5:]
    elif injection.kind == "gzip_members":
        half = len(told.body) // 2
        packed = gzip.compress(told.body[:half]) + gzip.compress(told.body[half:])
    return wire.Message(told.start, (*told.headers, (b"Content-Encoding", b"gzip")), packed)


def _bomb(injection: Injection, exchange: Exchange) -> wire.Message:
    head = (("Content-Type", "application/json"), ("Content-Encoding", "gzip"))
    return wire.answer(200, packed_spaces(injection.size), head)


@cache
def packed_spaces(mebibytes: int) -> bytes:
    """Return a small gzip body that unpacks to that much white space and an empty object."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b" " * 1_048_576
    parts = [packer.compress(block) for _ in range(mebibytes)]
    return b"".join([*parts, packer.compress(b"{}"), packer.flush()])


def _replace(injection: Injection, exchange: Exchange) -> wire.Message:
    date = exchange.forward().header(b"date").decode()
    kind = "text/html" if injection.body.startswith("<") else "application/json"
    return wire.answer(
        injection.status, injection.body.encode(), (("Content-Type", kind), ("Date", date), *injection.headers)
    )


def _repeat(injection: Injection, exchange: Exchange) -> wire.Message:
    told = exchange.forward()
    return told if exchange.before is None else told.with_body(exchange.before)


def _empty(injection: Injection, exchange: Exchange) -> wire.Message:
    told = exchange.forward()
    return told.with_body(emptied(told.body, exchange.rows_at))


def _alter(injection: Injection, exchange: Exchange) -> wire.Message:
    told = exchange.forward()
    body, altered = alter(
        injection.alteration, told.body, rows_at=exchange.rows_at, places=injection.rows, fields=exchange.fields
    )
    exchange.altered |= altered
    return told.with_body(body)


def _redirect(injection: Injection, exchange: Exchange) -> wire.Message:
    target = exchange.request.start.split(b" ")[1].decode("latin-1")
    return wire.answer(injection.status, b"", (("Location", exchange.foreign_url + target),))


def _foreign(injection: Injection, exchange: Exchange) -> wire.Message:
    """Point links to the foreign host; a relative link (`nextRecordsUrl`) becomes a whole one."""
    told = exchange.forward()
    body = told.body.replace(exchange.own_url.encode(), exchange.foreign_url.encode())
    body = body.replace(b'"nextRecordsUrl":"/', f'"nextRecordsUrl":"{exchange.foreign_url}/'.encode())
    return told.with_body(body)


CUTS: dict[str, Callable[[Injection, Exchange], None]] = {
    "reset": _reset, "fin": _fin, "chunk_cut": _chunk_cut, "bare_cut": _bare_cut, "trickle": _trickle, "silence": _silence,
}  # fmt: skip
ANSWERS: dict[str, Callable[[Injection, Exchange], wire.Message]] = {
    "gzip_cut": _gzipped, "gzip_damaged": _gzipped, "gzip_members": _gzipped, "bomb": _bomb, "replace": _replace,
    "repeat": _repeat, "empty": _empty, "alter": _alter, "redirect": _redirect, "foreign": _foreign,
    "short": lambda injection, exchange: (told := exchange.forward()).with_body(told.body[: injection.size]),
}  # fmt: skip
