"""A raw-socket proxy before one vendor: passes requests on, does what was planned to the planned ones, and keeps a log of both.

One thread per connection; it knows HTTP's framing and nothing of paging or of what bodies mean. It listens on loopback alone.
"""

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from mpm_pipeline.faults import wire
from mpm_pipeline.faults.injection import Exchange, Injection, packed_spaces, strike

HOST, FOREIGN_HOST = "127.0.0.1", "127.0.0.2"


@dataclass
class Armed:
    """One injection on guard: how many requests it saw, and how often it struck."""

    injection: Injection
    seen: int = 0
    struck: int = 0

    def meets(self, asked: str) -> bool:
        """Count a request and say whether it is to be struck."""
        one = self.injection
        if not re.search(one.path, asked):
            return False
        self.seen += 1
        due = one.at <= self.seen and (one.times == 0 or self.seen < one.at + one.times)
        self.struck += due
        return due


@dataclass(frozen=True)
class Asked:
    """One request that came by."""

    text: str
    has_credentials: bool


@dataclass
class Proxy:
    """Use it as a context manager; `upstream` is the vendor's own address, `rewrites` make its pages small."""

    upstream: str
    rewrites: Mapping[str, str] = field(default_factory=dict)
    rows_at: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    foreign_url: str = ""
    on_clock: Callable[[float], None] = lambda seconds: None
    host: str = HOST
    log: list[Asked] = field(default_factory=list)
    armed: list[Armed] = field(default_factory=list)
    altered: set[str] = field(default_factory=set)
    port: int = 0

    def __post_init__(self) -> None:
        self._stopped = threading.Event()
        self._quiet = threading.Event()
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._before: dict[int, bytes] = {}

    def __enter__(self) -> Self:
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self.disarm()
        self.refuse()

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"http://{self.host}:{self.port}"

    def arm(self, *injections: Injection) -> None:
        """Plan these injections; one that refuses from the first request on closes the door at once, a bomb is packed before it is needed."""
        for bomb in injections:
            if bomb.kind == "bomb":
                packed_spaces(bomb.size)
        self.armed = [Armed(one) for one in injections]
        self._quiet = threading.Event()
        for one in self.armed:
            if one.injection.kind == "refuse" and one.injection.at == 0:
                one.struck = 1
                self.refuse(one.injection.seconds)

    def disarm(self) -> None:
        """Let everything pass again, end what trickles, and open the door."""
        self.armed = []
        self._quiet.set()
        self._before.clear()
        if self._listener is None and not self._stopped.is_set():
            self.listen()

    def listen(self) -> None:
        """Take connections, on the same port as before if there was one."""
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((self.host, self.port))
        bound.listen(64)
        self.port = bound.getsockname()[1]
        self._listener = bound
        threading.Thread(target=self._accept, args=(bound,), name="fault-proxy", daemon=True).start()

    def refuse(self, seconds: float = 0.0) -> None:
        """Close the door and cut who is inside; open it again after these seconds."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        with self._lock:
            for client in list(self._open):
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)
        if seconds:
            timer = threading.Timer(seconds, self._reopen)
            timer.daemon = True
            timer.start()

    def _reopen(self) -> None:
        if self._listener is None and not self._stopped.is_set():
            self.listen()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(client,), name="fault-proxy", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with self._lock:
            self._open.add(client)
        upstream = _Upstream(self.upstream)
        try:
            with client.makefile("rb") as stream:
                while (request := wire.read(stream)) is not None and self._pass(request, client, upstream):
                    pass
        except (OSError, ValueError):
            pass
        finally:
            with self._lock:
                self._open.discard(client)
            client.close()
            upstream.close()

    def _pass(self, request: wire.Message, client: socket.socket, upstream: "_Upstream") -> bool:
        """Answer one request; False when the connection is done with."""
        asked = request.asked
        with self._lock:
            self.log.append(Asked(asked, bool(request.header(b"authorization"))))
            due = [(number, one.injection) for number, one in enumerate(self.armed) if one.meets(asked)]
            watching = [n for n, one in enumerate(self.armed) if re.search(one.injection.path, asked)]
        for _, one in due:
            if one.kind == "clock":
                self.on_clock(one.seconds)
            elif one.kind == "refuse":
                self.refuse(one.seconds)
                return False
        told = self._told(request, client, upstream, [(n, one) for n, one in due if one.kind != "clock"], watching)
        if told is None:
            return False
        client.sendall(told.whole())
        return True

    def _told(
        self,
        request: wire.Message,
        client: socket.socket,
        upstream: "_Upstream",
        due: list[tuple[int, Injection]],
        watching: list[int],
    ) -> wire.Message | None:
        sent: list[wire.Message] = []

        def forward() -> wire.Message:
            if not sent:
                sent.append(upstream.ask(self._rewritten(request)))
            return sent[0]

        if not due:
            told: wire.Message | None = forward()
        else:
            number, injection = due[0]
            exchange = Exchange(
                request, client, forward, self._quiet, self.foreign_url, self.url, self._before.get(number), self.rows_at,
                self.fields, self.altered,
            )  # fmt: skip
            told = strike(injection, exchange)
        if sent:
            self._before |= dict.fromkeys(watching, (told or sent[0]).body)
        return told

    def _rewritten(self, request: wire.Message) -> wire.Message:
        start, headers = request.start, request.headers
        for old, new in self.rewrites.items():
            start = start.replace(old.encode(), new.encode())
            headers = tuple((name, value.replace(old.encode(), new.encode())) for name, value in headers)
        kept = tuple(pair for pair in headers if pair[0].lower() != b"accept-encoding")
        return wire.Message(start, kept, request.body)


class _Upstream:
    """The connection to the vendor behind one client's connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._place = (parts.hostname or HOST, parts.port or 80)
        self._socket: socket.socket | None = None

    def ask(self, request: wire.Message) -> wire.Message:
        """Send a request and read the whole answer."""
        for _ in range(2):
            if self._socket is None:
                self._socket = socket.create_connection(self._place, timeout=60)
            try:
                self._socket.sendall(request.whole())
                with self._socket.makefile("rb") as stream:
                    told = wire.read(stream, is_answer=True)
            except OSError:
                told = None
            if told is not None:
                return told
            self.close()
        raise ConnectionError("the simulator does not answer")

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
