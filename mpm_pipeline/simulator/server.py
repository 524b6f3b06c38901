"""The simulator as a whole: sockets, certificates and threads around the vendors' apps.

Each source has a plain and a TLS port of its own, since official clients drop base paths and force https; the control
port is the one that a person chooses. Everything listens on loopback alone. A vendor's module is imported by its name.
"""

import asyncio
import hashlib
import importlib
import shutil
import signal
import socket
import sys
import tempfile
import threading
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import trustme
import uvicorn

from mpm_pipeline.errors import ConfigError
from mpm_pipeline.simulator.control import Control
from mpm_pipeline.simulator.faults import FaultPlan
from mpm_pipeline.simulator.front import Front, Tenant
from mpm_pipeline.simulator.instants import iso_z, parse_instant
from mpm_pipeline.simulator.site import Clock, Site
from mpm_pipeline.simulator.world import World, load_world
from mpm_pipeline.vocabulary import VENDORS

HOST: Final = "127.0.0.1"
FILES: Final = "files"
SOURCES: Final = (*VENDORS, FILES)
_CREDENTIAL_NAMES: Final = {
    "linkedin": ("access_token", "client_id", "client_secret", "refresh_token"),
    "stripe": ("api_key",),
    FILES: (),
}


class Simulator:
    """A world on loopback sockets: use it as a context manager, or `start` and `stop` it."""

    def __init__(self, world_dir: str | Path | World, *, port: int = 0, now: str | datetime | None = None) -> None:
        self.world = world_dir if isinstance(world_dir, World) else load_world(world_dir)
        self.clock = Clock(self.world.now if now is None else _chosen_now(now))
        self.faults = FaultPlan(SOURCES)
        self.sites = {name: Site(self.world, name, self.clock, credentials(name, self.world)) for name in SOURCES}
        self.control_url = ""
        self._port = port
        self._ca_file = ""
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._servers: list[uvicorn.Server] = []
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Bind all ports and serve them from a thread; ConfigError when the control port cannot be had."""
        try:
            self._start()
        except BaseException:
            self._cleanup.close()
            raise

    def stop(self) -> None:
        """Stop serving and give all ports back; open connections are cut."""
        for server in self._servers:
            server.should_exit = server.force_exit = True
        if self._thread is not None:
            if self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._cut_connections)
            self._thread.join()
            self._thread = None
        self._servers = []
        self._cleanup.close()

    def state(self) -> dict[str, Any]:
        """Return what `GET /state` says."""
        sources = {}
        for name, site in self.sites.items():
            path = "/files" if name == FILES else ""
            sources[name] = {
                "url": site.base_url + path,
                "tls_url": site.tls_url + path,
                "credentials": site.credentials,
            }
        return {"now": iso_z(self.clock.now()), "ca_file": self._ca_file, "sources": sources}

    def _start(self) -> None:
        control_socket = self._bind(self._port)
        self.control_url = f"http://{HOST}:{control_socket.getsockname()[1]}"
        plain: list[socket.socket] = [control_socket]
        secure: list[socket.socket] = []
        tenants: dict[int, Tenant] = {}
        for name, site in self.sites.items():
            open_socket, tls_socket = self._bind(0), self._bind(0)
            plain.append(open_socket)
            secure.append(tls_socket)
            site.base_url = f"http://{HOST}:{open_socket.getsockname()[1]}"
            site.tls_url = f"https://{HOST}:{tls_socket.getsockname()[1]}"
            tenant = _tenant(name, site)
            tenants |= {bound.getsockname()[1]: tenant for bound in (open_socket, tls_socket)}
        control = Control(self.state, self.clock, self.faults, self.sites).app()
        front = Front(self.clock, self.faults, tenants, control)
        certificate = self._certify()
        self._servers = [_server(front), _server(front, certificate)]
        self._run([plain, secure])

    def _bind(self, port: int) -> socket.socket:
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._cleanup.callback(bound.close)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
        )  # else 40 ms a call: headers and body are two writes
        try:
            bound.bind((HOST, port))
            bound.listen(128)
        except (OSError, OverflowError) as error:
            raise ConfigError(
                f"--port {port}: {HOST}:{port} cannot be bound ({error}); it may be in use: choose another, 0 for any"
            ) from error
        return bound

    def _certify(self) -> str:
        """Make an authority and a certificate for loopback; both live as long as the simulator."""
        folder = Path(tempfile.mkdtemp(prefix="mpm-simulator-"))
        self._cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
        authority = trustme.CA(organization_name="mpm simulator")
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        self._ca_file = str(folder / "ca.pem")
        certificate = folder / "server.pem"
        issued = authority.issue_cert(HOST, "localhost")
        issued.private_key_and_cert_chain_pem.write_to_path(str(certificate))
        return str(certificate)

    def _cut_connections(self) -> None:
        """Cut idle connections too: a TLS client that never says goodbye would hold the stop up."""
        for server in self._servers:
            for connection in list(server.server_state.connections):
                transport: Any = getattr(connection, "transport", None)
                if transport is not None:
                    transport.abort()

    def _run(self, sockets: list[list[socket.socket]]) -> None:
        ready = threading.Event()

        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            serving = [
                asyncio.ensure_future(server.serve(sockets=bound))
                for server, bound in zip(self._servers, sockets, strict=True)
            ]
            while not all(server.started for server in self._servers) and not any(task.done() for task in serving):
                await asyncio.sleep(0.005)
            ready.set()
            await asyncio.gather(*serving)

        self._thread = threading.Thread(target=lambda: asyncio.run(serve()), name="mpm-simulator", daemon=True)
        self._thread.start()
        ready.wait()


def serve_forever(world: str | Path, port: int = 0, now: str | None = None) -> None:
    """Serve a world until interrupted or terminated, from the main thread.

    The control port's address is the first line on standard output.
    """
    with Simulator(world, port=port, now=now) as simulator:
        print(simulator.control_url, flush=True)
        print(
            f"Serving {simulator.world.name} as of {iso_z(simulator.clock.now())}; GET /state names the vendors' ports",
            file=sys.stderr,
            flush=True,
        )
        try:
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            threading.Event().wait()
        except KeyboardInterrupt:
            return


def credentials(source: str, world: World) -> dict[str, str]:
    """Return the credentials that a source accepts: the same in every run of a world."""
    names = _CREDENTIAL_NAMES.get(source, ("client_id", "client_secret"))
    found = {}
    for name in names:
        digest = hashlib.blake2s(f"{source} {name} {world.name} {world.seed}".encode()).hexdigest()
        found[name] = f"sk_test_{digest[:32]}" if name == "api_key" else f"sim-{name.replace('_', '-')}-{digest[:24]}"
    return found


def _tenant(name: str, site: Site) -> Tenant:
    module = importlib.import_module(f"mpm_pipeline.simulator.{name}.app")
    return Tenant(site, module.app(site), getattr(module, "FAULT_ANSWERS", {}))


def _chosen_now(now: str | datetime) -> datetime:
    instant = parse_instant(now)
    if instant is None:
        raise ConfigError(f"--now {now!r} is no instant; write it like 2026-03-01T00:00:00Z")
    return instant


def _server(app: Front, certificate: str | None = None) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            date_header=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
            ssl_certfile=certificate,
        )
    )
