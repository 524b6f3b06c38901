"""HTTP/1.1 as far as a proxy must know it: where a head ends, where a body ends, and how a whole answer is written.

Nothing here knows what is in a body.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO
from urllib.parse import unquote_plus

Headers = tuple[tuple[bytes, bytes], ...]
FRAMING = (b"content-length", b"transfer-encoding", b"connection")


@dataclass(frozen=True)
class Message:
    """A request or an answer, complete; `start` is its first line."""

    start: bytes
    headers: Headers
    body: bytes = b""

    @property
    def asked(self) -> str:
        """Return `METHOD target` of a request with the target decoded, and its form if it sends one."""
        method, _, rest = self.start.partition(b" ")
        target = rest.rpartition(b" ")[0].decode("latin-1")
        form = self.body.decode("latin-1") if len(self.body) < 20_000 else ""
        return f"{method.decode('latin-1')} {unquote_plus(target)}{' ' + unquote_plus(form) if form else ''}"

    @property
    def status(self) -> int:
        """Return the status of an answer."""
        return int(self.start.split(b" ", 2)[1])

    def header(self, name: bytes) -> bytes:
        """Return one header, empty where it is absent."""
        return next((value for key, value in self.headers if key.lower() == name), b"")

    def with_body(self, body: bytes) -> "Message":
        """Return the same message with another body."""
        return replace(self, body=body)

    def head(self, *framing: tuple[bytes, bytes]) -> bytes:
        """Write the head with this framing instead of its own."""
        kept = [pair for pair in self.headers if pair[0].lower() not in FRAMING]
        return b"\r\n".join([self.start, *(b": ".join(pair) for pair in (*kept, *framing)), b"", b""])

    def whole(self) -> bytes:
        """Write the message with its length."""
        return self.head((b"Content-Length", str(len(self.body)).encode())) + self.body


def answer(status: int, body: bytes, headers: Sequence[tuple[str, str]] = ()) -> Message:
    """Make an answer."""
    named = tuple((name.encode(), value.encode()) for name, value in headers)
    return Message(f"HTTP/1.1 {status} Status".encode(), named, body)


def read(stream: BinaryIO, *, is_answer: bool = False) -> Message | None:
    """Read one message; None when the other side has closed, or closes before the end."""
    start = stream.readline().rstrip(b"\r\n")
    if not start:
        return None
    headers = []
    while line := stream.readline().rstrip(b"\r\n"):
        name, _, value = line.partition(b":")
        headers.append((name.strip(), value.strip()))
    message = Message(start, tuple(headers))
    length = message.header(b"content-length")
    if length:
        body = stream.read(int(length))
        return message.with_body(body) if len(body) == int(length) else None
    if b"chunked" in message.header(b"transfer-encoding").lower():
        return message.with_body(_chunks(stream))
    return message.with_body(stream.read()) if is_answer and message.status != 204 else message


def _chunks(stream: BinaryIO) -> bytes:
    found = []
    while size := int(stream.readline().partition(b";")[0] or b"0", 16):
        found.append(stream.read(size))
        stream.readline()
    while stream.readline().strip():
        pass
    return b"".join(found)
