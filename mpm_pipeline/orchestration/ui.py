"""`mpm ui`: one code server, the web pages behind the guard, and the daemon, started together and stopped together.

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

import dagster as dg
import yaml
from dagster._cli.proxy_server_manager import ProxyServerManager
from dagster._core.workspace.load_target import ModuleTarget
from filelock import FileLock, Timeout

from mpm_pipeline.errors import Busy, ConfigError, MpmError
from mpm_pipeline.orchestration.instance import opened
from mpm_pipeline.orchestration.session import Session
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.lock import hold

HOST = "127.0.0.1"
LOCATION = "mpm_pipeline"
ROOT = Path(__file__).parents[2]
READY_SECONDS = 60.0
STOP_SECONDS = 10.0
WATCH_SECONDS = 5.0
CUT_OFF = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
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
            home = session.home
        stack.enter_context(_alone(home))
        listening = stack.enter_context(_listen(port))
        workspace = stack.enter_context(_code_server(home))
        web = stack.enter_context(_service(home, "web", workspace, listening))
        daemon = stack.enter_context(_service(home, "daemon", workspace))
        number = int(listening.getsockname()[1])
        listening.close()
        _wait_until_ready(number, web, home)
        ready(f"http://{HOST}:{number}")
        try:
            _watch(home, number, {"web": web, "daemon": daemon})
        finally:
            for one in (signal.SIGINT, signal.SIGTERM):  # an impatient second Ctrl-C would leave processes behind
                signal.signal(one, signal.SIG_IGN)
            for process in (web, daemon):
                process.send_signal(signal.SIGINT)


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


@contextmanager
def _code_server(home: Home) -> Iterator[Path]:
    """Start the one code server that web pages and daemon share; yield the workspace file that names it."""
    with opened(home) as instance, tempfile.TemporaryDirectory(prefix="mpm-ui-") as folder:
        _bury(instance, home)
        target = ModuleTarget("mpm_pipeline.definitions", None, str(ROOT), LOCATION)
        with ProxyServerManager(instance, target, "warning") as servers:
            file = Path(folder) / "workspace.yaml"
            file.write_text(yaml.safe_dump({"load_from": json.loads(json.dumps(servers.get_code_server_specs()))}))
            yield file


def _bury(instance: dg.DagsterInstance, home: Home) -> None:
    """Mark runs whose process was killed as failed: Dagster does not, and one such run would hold up the queue for ever.

    A run that lives holds the home; so when the home is free, none does.
    """
    with suppress(Busy), hold(home, "mpm ui, looking for runs that were cut off"):
        for record in instance.get_run_records(dg.RunsFilter(statuses=CUT_OFF)):
            instance.report_run_failed(record.dagster_run, "its process was ended from outside; ask for it again")


@contextmanager
def _service(
    home: Home, name: str, workspace: Path, listening: socket.socket | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of `services.py` in a session of its own; closing its lifeline ends it."""
    ours, theirs = os.pipe()[::-1]
    handed = [theirs, *([listening.fileno()] if listening else [])]
    command = [sys.executable, "-m", "mpm_pipeline.orchestration.services", name, str(workspace), *map(str, handed)]
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONSAFEPATH": "1"}
    with log_file(home, name).open("ab") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment, pass_fds=handed, start_new_session=True
        )  # fmt: skip
    os.close(theirs)
    try:
        yield process
    finally:
        os.close(ours)
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def log_file(home: Home, name: str) -> Path:
    """Return where a service writes what it has to say."""
    return home.logs / f"ui-{name}.log"


def _wait_until_ready(port: int, web: subprocess.Popen[bytes], home: Home) -> None:
    ends = time.monotonic() + READY_SECONDS
    while time.monotonic() < ends:
        _still_runs("web", web, home)
        with suppress(OSError, http.client.HTTPException):
            if _ask(port, "GET", "/server_info")[0] == http.HTTPStatus.OK:
                return
        time.sleep(0.2)
    raise MpmError(f"the web pages did not answer within {READY_SECONDS:g} s; see {log_file(home, 'web')}")


def _watch(home: Home, port: int, services: dict[str, subprocess.Popen[bytes]]) -> None:
    """Look after the services, and load the definitions again whenever the ledger's as-of has passed a day."""
    with Ledger(home) as ledger:
        known = _day(ledger)
        while True:
            time.sleep(WATCH_SECONDS)
            for name, process in services.items():
                _still_runs(name, process, home)
            newest = _day(ledger)
            if newest != known:
                with suppress(OSError, http.client.HTTPException):
                    reload_definitions(port)
                    known = newest


def _day(ledger: Ledger) -> date | None:
    newest = ledger.newest_as_of()
    return newest.date() if newest else None


def reload_definitions(port: int) -> None:
    """Load the definitions again; web pages see them at once, the daemon at its next look at the code server."""
    _ask(port, "POST", "/graphql", {"query": RELOAD, "variables": {"name": LOCATION}})


def _ask(port: int, method: str, path: str, document: object = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(HOST, port, timeout=120)
    try:
        body = None if document is None else json.dumps(document)
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _still_runs(name: str, process: subprocess.Popen[bytes], home: Home) -> None:
    if process.poll() is not None:
        raise MpmError(f"the {name} process of `mpm ui` has ended by itself; see {log_file(home, name)}")
