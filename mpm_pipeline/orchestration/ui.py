"""`mpm ui`: the web pages behind the guard with one code server, and the daemon, started together and stopped together.

The instance's databases are made alone before anything else opens them: webserver and daemon starting at once on a fresh home
spoil it for good. While it runs, the ledger is watched: when its as-of passes a day, the definitions are loaded again, so that
the new day is a partition.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import date
from pathlib import Path

from filelock import FileLock, Timeout

from mpm_pipeline.errors import Busy, ConfigError, MpmError
from mpm_pipeline.orchestration.instance import opened
from mpm_pipeline.orchestration.reaper import reap
from mpm_pipeline.orchestration.services import LOCATION, ROOT
from mpm_pipeline.orchestration.session import Session
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.lock import hold

HOST = "127.0.0.1"
READY_SECONDS = 60.0
STOP_SECONDS = 6.0
WATCH_SECONDS = 5.0
RELOAD = """mutation($name: String!) {
  reloadRepositoryLocation(repositoryLocationName: $name) { __typename }
}"""


def serve(root: Path, port: int, ready: Callable[[str], None]) -> None:
    """Serve the web UI of a home until interrupted or terminated; `ready` is told the address once it answers.

    Raises ConfigError for a port in use or wrong settings, Busy when another UI serves this home.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack:
        stack.enter_context(suppress(KeyboardInterrupt))
        with Session.open(root) as session:
            home, token = session.home, session.settings.ui.token.get_secret_value()
        stack.enter_context(_alone(home))
        listening = stack.enter_context(_listen(port))
        number = int(listening.getsockname()[1])
        _prepare(home)
        workspace = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mpm-ui-"))) / "workspace.yaml"
        services: dict[str, subprocess.Popen[bytes]] = {}
        stack.enter_context(_ended_together(services))
        services["web"] = _service(stack, home, "web", workspace, listening)
        listening.close()
        _wait(home, services, workspace.exists)
        services["daemon"] = _service(stack, home, "daemon", workspace)
        _wait(home, services, lambda: _answers(number, token))
        ready(f"http://{HOST}:{number}")
        _watch(home, number, services, token)


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    lock = FileLock(home.locks / "ui.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Busy(
            f"another `mpm ui` serves {home.root}; stop it first, two daemons would start every run twice"
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _listen(port: int) -> Iterator[socket.socket]:
    """Bind the port here and now, so that nobody else can take it while the servers start."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port))
        bound.listen(128)
        yield bound
    except (OSError, OverflowError) as error:
        raise ConfigError(
            f"--port {port} cannot be had on {HOST} ({error}); choose another, 0 for any free one"
        ) from None
    finally:
        bound.close()


def _prepare(home: Home) -> None:
    """Make the instance's databases alone, and mark runs whose process was killed as failed.

    A run that lives holds the home or waits for it; whoever holds it will look for such runs itself.
    """
    with opened(home) as instance, suppress(Busy), hold(home, "mpm ui, looking for runs that were cut off"):
        reap(instance, is_alone=True)


def _service(
    stack: ExitStack, home: Home, name: str, workspace: Path, listening: socket.socket | None = None
) -> subprocess.Popen[bytes]:
    """Start one of `services.py` in a session of its own; when the stack unwinds its lifeline is cut."""
    theirs, ours = os.pipe()
    stack.callback(os.close, ours)
    handed = [theirs, *([listening.fileno()] if listening else [])]
    command = [sys.executable, "-m", "mpm_pipeline.orchestration.services", name, str(workspace), *map(str, handed)]
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONSAFEPATH": "1"}
    with log_file(home, name).open("ab") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment, pass_fds=handed, start_new_session=True
        )  # fmt: skip
    os.close(theirs)
    return process


@contextmanager
def _ended_together(services: dict[str, subprocess.Popen[bytes]]) -> Iterator[None]:
    """At the end ask all services to stop, then wait; an impatient second Ctrl-C would leave processes behind."""
    try:
        yield
    finally:
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, signal.SIG_IGN)
        for process in services.values():
            process.send_signal(signal.SIGINT)
        ends = time.monotonic() + STOP_SECONDS
        for process in services.values():
            while _lives(process) and time.monotonic() < ends:
                time.sleep(0.05)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _lives(process: subprocess.Popen[bytes]) -> bool:
    """Say whether a service or a process that it started (code server, run) still runs; they share its process group."""
    process.poll()
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def log_file(home: Home, name: str) -> Path:
    """Return where a service writes what it has to say."""
    return home.logs / f"ui-{name}.log"


def _wait(home: Home, services: dict[str, subprocess.Popen[bytes]], is_there: Callable[[], bool]) -> None:
    """Wait for a sign of readiness, as long as the services run."""
    ends = time.monotonic() + READY_SECONDS
    while not is_there():
        _all_run(services, home)
        if time.monotonic() > ends:
            raise MpmError(f"the web pages did not answer within {READY_SECONDS:g} s; see {log_file(home, 'web')}")
        time.sleep(0.1)


def _answers(port: int, token: str) -> bool:
    with suppress(OSError, http.client.HTTPException):
        return _ask(port, token, "GET", "/server_info")[0] == http.HTTPStatus.OK
    return False


def _watch(home: Home, port: int, services: dict[str, subprocess.Popen[bytes]], token: str) -> None:
    """Look after the services, and load the definitions again whenever the ledger's as-of has passed a day."""
    with Ledger(home) as ledger:
        known = _day(ledger)
        while True:
            time.sleep(WATCH_SECONDS)
            _all_run(services, home)
            newest = _day(ledger)
            if newest != known:
                with suppress(OSError, http.client.HTTPException):
                    reload_definitions(port, token)
                    known = newest


def _day(ledger: Ledger) -> date | None:
    newest = ledger.newest_as_of()
    return newest.date() if newest else None


def reload_definitions(port: int, token: str) -> None:
    """Load the definitions again; web pages see them at once, the daemon at its next look at the code server."""
    _ask(port, token, "POST", "/graphql", {"query": RELOAD, "variables": {"name": LOCATION}})


def _ask(port: int, token: str, method: str, path: str, document: object = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(HOST, port, timeout=120)
    try:
        body = None if document is None else json.dumps(document)
        headers = {"Content-Type": "application/json"} if body else {}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _all_run(services: dict[str, subprocess.Popen[bytes]], home: Home) -> None:
    for name, process in services.items():
        if process.poll() is not None:
            raise MpmError(f"the {name} process of `mpm ui` has ended by itself; see {log_file(home, name)}")
