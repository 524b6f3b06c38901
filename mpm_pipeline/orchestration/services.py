"""The two processes behind `mpm ui`: Dagster's web pages behind the guard, and Dagster's daemon. Started by `ui.py` only.

`python -m mpm_pipeline.orchestration.services web|daemon WORKSPACE_FILE PIPE_FD [SOCKET_FD]`. The pipe is a lifeline: when the
parent closes it or dies, the process ends. Dagster's own commands have no place for a guard and outlive a parent that was killed.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator

import dagster as dg

POLL_MILLISECONDS = 2000


@contextlib.asynccontextmanager
async def _lifespan(app: object) -> AsyncIterator[None]:
    with contextlib.suppress(asyncio.CancelledError):
        yield


def web(workspace: str, listening: socket.socket) -> None:
    """Serve the web pages of the instance in DAGSTER_HOME on a bound socket until interrupted."""
    import uvicorn
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import WorkspaceFileTarget
    from dagster_webserver import cli
    from dagster_webserver.app import create_app_from_workspace_process_context
    from dagster_webserver.version import __version__

    from mpm_pipeline.orchestration.guard import Guard

    with dg.DagsterInstance.get() as instance:
        instance.optimize_for_webserver(
            cli.DEFAULT_DB_STATEMENT_TIMEOUT, cli.DEFAULT_POOL_RECYCLE, cli.DEFAULT_POOL_MAX_OVERFLOW
        )
        target = WorkspaceFileTarget([workspace])
        with WorkspaceProcessContext(instance, version=__version__, workspace_load_target=target) as context:
            app = create_app_from_workspace_process_context(context, "", POLL_MILLISECONDS, lifespan=_lifespan)
            config = uvicorn.Config(
                Guard(app), log_level="warning", timeout_graceful_shutdown=1, server_header=False, proxy_headers=False
            )
            uvicorn.Server(config).run(sockets=[listening])


def daemon(workspace: str) -> None:
    """Run schedules, sensors, backfills and the run queue of the instance in DAGSTER_HOME until interrupted."""
    from dagster._daemon.cli import run_command

    run_command.main(["--workspace", workspace, "--log-level", "warning"], standalone_mode=False)


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
            web(workspace, socket.socket(fileno=int(rest[0])))
        else:
            daemon(workspace)


if __name__ == "__main__":
    main(sys.argv[1:])
