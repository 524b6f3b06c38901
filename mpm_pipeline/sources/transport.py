"""One response within a wall-clock deadline and a byte cap: what httpx leaves open.

httpx's timeouts are per read, so a server that trickles would hold us for ever; it takes a gzip stream that was cut as
complete, and unpacks bombs into memory. Here the socket knows the deadline, and bodies are unpacked by ourselves.
"""

import errno
import ssl
import tempfile
import time
import zlib
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import httpcore
import httpx

DENSEST = 200
"""Times its packed size that a body may unpack to; records do to some twenty times, a bomb to a thousand."""

HARMLESS = 16 * 1024 * 1024
"""Bytes of a body up to which it is held in memory as it comes, however densely it is packed."""


class Cut(Exception):
    """The body did not come whole; asking again may help."""


class TooLarge(Exception):
    """The body is larger than the cap; asking again does not help."""


class Deadline:
    """The instant (monotonic seconds) by which the response in work must be there."""

    def __init__(self) -> None:
        self._ends = float("inf")

    def start(self, seconds: float) -> None:
        """Begin a response."""
        self._ends = time.monotonic() + seconds

    def cap(self, timeout: float | None) -> float:
        """Return a timeout that ends no later than the deadline; raise when it has passed."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("deadline")
        return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.cap(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.cap(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._deadline.cap(timeout)), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, deadline: Deadline) -> None:
        self._inner, self._deadline = httpcore.SyncBackend(), deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._inner.connect_tcp(host, port, self._deadline.cap(timeout), local_address, socket_options)
        return _Stream(stream, self._deadline)


@cache
def _system_trust() -> ssl.SSLContext:
    """Return the context that trusts the system's authorities; reading them costs more than all else of a client."""
    return httpx.create_ssl_context(trust_env=False)


def transport(deadline: Deadline, ca_file: str) -> httpx.HTTPTransport:
    """Return a transport whose sockets keep the deadline; `ca_file` is trusted besides the system's authorities."""
    context = _system_trust()
    if ca_file:
        context = httpx.create_ssl_context(trust_env=False)
        context.load_verify_locations(cafile=ca_file)
    made = httpx.HTTPTransport(verify=context, trust_env=False)
    made._pool = httpcore.ConnectionPool(ssl_context=context, keepalive_expiry=30, network_backend=_Backend(deadline))
    return made


def body_of(response: httpx.Response, cap: int) -> tuple[bytes, bool]:
    """Read a streamed body; return it with whether its framing proves that it is whole.

    A body without length, chunks or a gzip trailer ends wherever the connection does, so its end proves nothing.
    """
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    framed = "content-length" in response.headers or "chunked" in response.headers.get("transfer-encoding", "").lower()
    raw = response.iter_raw()
    if encoding in ("identity", ""):
        return _whole(raw, cap), framed
    if encoding in ("gzip", "x-gzip"):
        body = _whole(_unpacked(raw), cap)
        return body, framed or bool(body)
    raise Cut(f"the body is packed as {encoding[:20]}, which was not asked for")


def _unpacked(raw: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack what comes; a bomb is noticed by how densely it is packed, long before it is as large as the cap."""
    came, size = 0, 0

    def counted() -> Iterator[bytes]:
        nonlocal came
        for chunk in raw:
            came += len(chunk)
            yield chunk

    for piece in gunzip(counted()):
        size += len(piece)
        if size > max(HARMLESS, DENSEST * came):
            raise TooLarge(f"the answer unpacks to more than {DENSEST} times its size")
        yield piece


def gunzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack gzip in bounded steps, member after member; raise Cut when the stream ends before its trailer."""
    unpack, fresh = zlib.decompressobj(31), True
    for chunk in chunks:
        data = chunk
        while data:
            if unpack.eof:
                unpack = zlib.decompressobj(31)
            try:
                yield unpack.decompress(data, 1_048_576)
            except zlib.error:
                raise Cut("the gzip body is damaged") from None
            fresh = False
            data = unpack.unused_data if unpack.eof else unpack.unconsumed_tail
    if not unpack.eof and not fresh:
        raise Cut("the gzip body was cut before its end")


def _whole(chunks: Iterator[bytes], cap: int) -> bytes:
    """Return the body as a whole; what is more than harmless waits in a file without a name until it proves to be below the cap.

    Pieces are put together as they come: kept apart, those of a few bytes would take many times their size.
    """
    capped, held = _capped(chunks, cap), bytearray()
    for chunk in capped:
        held += chunk
        if len(held) > HARMLESS:
            break
    else:
        return bytes(held)
    try:
        with tempfile.TemporaryFile() as file:
            file.write(held)
            held.clear()
            file.writelines(capped)
            file.seek(0)
            return file.read()
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise TooLarge("the answer is larger than the room that is left for temporary files") from None


def _capped(chunks: Iterable[bytes], cap: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > cap:
            raise TooLarge(f"the answer is larger than {cap // 1_048_576} MiB")
        yield chunk
