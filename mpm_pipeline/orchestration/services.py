"""The two processes behind `mpm ui`: Dagster's web pages behind the guard, and Dagster's daemon. Started by `ui.py` only.

`python -m mpm_pipeline.orchestration.services web|daemon WORKSPACE_FILE PIPE_FD [SOCKET_FD]`. The pipe is a lifeline: when the
parent closes it or dies, the process ends. Dagster's own commands have no place for a guard and outlive a parent that was
killed. The web process also runs the one code server that both share, and names it in the workspace file.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import dagster as dg

LOCATION = "mpm_pipeline"
ROOT = Path(__file__).parents[2]
POLL_MILLISECONDS = 2000


@contextlib.asynccontextmanager
async def _lifespan(app: object) -> AsyncIterator[None]:
    with contextlib.suppress(asyncio.CancelledError):
        yield


@contextlib.contextmanager
def code_server(instance: dg.DagsterInstance, workspace: Path) -> Iterator[None]:
    """Run the code server and write the workspace file once it answers."""
    import yaml
    from dagster._cli.proxy_server_manager import ProxyServerManager
    from dagster._core.workspace.load_target import ModuleTarget

    target = ModuleTarget("mpm_pipeline.definitions", None, str(ROOT), LOCATION)
    with ProxyServerManager(instance, target, "warning") as servers:
        specs = json.loads(json.dumps(servers.get_code_server_specs()))
        fresh = workspace.with_suffix(".part")
        fresh.write_text(yaml.safe_dump({"load_from": specs}))
        fresh.replace(workspace)
        yield


def web(workspace: Path, listening: socket.socket) -> None:
    """Serve the web pages of the instance in DAGSTER_HOME on a bound socket until interrupted."""
    import uvicorn
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import WorkspaceFileTarget
    from dagster_webserver import cli
    from dagster_webserver.app import create_app_from_workspace_process_context
    from dagster_webserver.version import __version__

    from mpm_pipeline.orchestration.guard import Guard
    from mpm_pipeline.settings import load
    from mpm_pipeline.warehouse.home import home_path, world_path

    token = load(home_path(), world=world_path()).ui.token.get_secret_value()
    with dg.DagsterInstance.get() as instance, code_server(instance, workspace):
        instance.optimize_for_webserver(
            cli.DEFAULT_DB_STATEMENT_TIMEOUT, cli.DEFAULT_POOL_RECYCLE, cli.DEFAULT_POOL_MAX_OVERFLOW
        )
        target = WorkspaceFileTarget([str(workspace)])
        with WorkspaceProcessContext(instance, version=__version__, workspace_load_target=target) as context:
            app = create_app_from_workspace_process_context(context, "", POLL_MILLISECONDS, lifespan=_lifespan)
            config = uvicorn.Config(
                Guard(app, token=token),
                log_level="warning",
                timeout_graceful_shutdown=1,
                server_header=False,
                proxy_headers=False,
            )
            uvicorn.Server(config).run(sockets=[listening])


def daemon(workspace: Path) -> None:
    """Run schedules, sensors, backfills and the run queue of the instance in DAGSTER_HOME until interrupted."""
    from dagster._daemon.cli import run_command

    run_command.main(["--workspace", str(workspace), "--log-level", "warning"], standalone_mode=False)


def end_with_parent(pipe: int) -> None:
    """Interrupt this process once the other end of the pipe is closed."""

    def watch() -> None:
        while os.read(pipe, 1):
            pass
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=watch, daemon=True, name="lifeline").start()


def main(arguments: list[str]) -> None:
    """Run one of the two services; a termination is an interrupt, so that everything is given back."""
    service, workspace, pipe, *rest = arguments
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        end_with_parent(int(pipe))
        if service == "web":
            web(Path(workspace), socket.socket(fileno=int(rest[0])))
        else:
            daemon(Path(workspace))


if __name__ == "__main__":
    main(sys.argv[1:])
