"""A server that answers what a test scripts, byte by byte: for everything that a well-behaved server never does.

Each connection gets the next answer of the script (the last one is repeated). An answer is the bytes of a whole response, or
a list of pieces that are sent with a pause between them. What was asked stands in `requests`.
"""

import gzip
import json
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

Answer = bytes | Sequence[bytes]
PAUSE = 0.05


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


def answer(status: int = 200, body: bytes | Any = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """Write a response; a body that is no bytes is sent as JSON. A header given as empty is left out."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {"Content-Length": str(len(content)), "Date": "Mon, 01 Jun 2026 00:00:00 GMT", "Connection": "close"}
    named |= dict(headers or {})
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
    return f"HTTP/1.1 {status} Scripted\r\n{head}\r\n".encode() + content


def packed(body: Any, keep: int | None = None) -> bytes:
    """Write a gzipped response whose packed body is cut to `keep` bytes, with a length that agrees."""
    content = gzip.compress(body if isinstance(body, bytes) else json.dumps(body).encode())[:keep]
    return answer(body=content, headers={"Content-Encoding": "gzip"})


class Scripted:
    """The server; use it as a context manager."""

    def __init__(self, *answers: Answer, host: str = "127.0.0.1") -> None:
        self.answers = list(answers)
        self.requests: list[Asked] = []
        self._stop = threading.Event()
        self._socket = socket.create_server((host, 0))
        self.host, self.port = host, self._socket.getsockname()[1]
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as incoming:
            first = incoming.readline().decode("latin-1").split()
            if len(first) < 2:
                return
            headers = {}
            while line := incoming.readline().decode("latin-1").strip():
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            body = incoming.read(int(headers.get("content-length", 0)))
            self.requests.append(Asked(first[0], first[1], headers, body))
        scripted = self.answers[min(len(self.requests), len(self.answers)) - 1]
        try:
            for piece in [scripted] if isinstance(scripted, bytes) else scripted:
                connection.sendall(piece)
                if not isinstance(scripted, bytes):
                    self._stop.wait(PAUSE)
        except OSError:
            return
