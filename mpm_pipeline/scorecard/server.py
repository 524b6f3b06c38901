"""Serves the page on this machine: made anew for every look from what is published then, by the same templates as the file.

Bound to loopback only. A request under another host name is refused, so that no web page elsewhere can read figures through
the browser of somebody who has this open.
"""

import socket
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from mpm_pipeline.errors import ConfigError, MpmError
from mpm_pipeline.publish.reader import NothingPublished
from mpm_pipeline.scorecard.facts import read
from mpm_pipeline.scorecard.page import render, render_message
from mpm_pipeline.warehouse.home import Home

HOST = "127.0.0.1"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def app(home: Home, url: str) -> Starlette:
    """Return the application: `/` the page, `/health` a word."""

    def page() -> Response:
        try:
            return HTMLResponse(render(read(home, url)), headers=HEADERS)
        except NothingPublished:
            text = "No run has published anything yet. Run `mpm run`, or `mpm demo` to look around, then load this page again."
            return HTMLResponse(render_message("Nothing published yet", text), headers=HEADERS)
        except MpmError as error:
            return HTMLResponse(
                render_message("The figures cannot be shown", str(error)), status_code=503, headers=HEADERS
            )

    async def show(_: Request) -> Response:
        return await run_in_threadpool(page)

    async def health(_: Request) -> Response:
        return PlainTextResponse("ok", headers=HEADERS)

    guard = Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"], www_redirect=False)
    return Starlette(routes=[Route("/", show), Route("/health", health)], middleware=[guard])


def serve(home: Home, url: str, port: int = 0, tell: Callable[[str], None] = print) -> None:
    """Serve until it is stopped; `tell` is given the address. Raises ConfigError when the port is taken."""
    import uvicorn

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"--port {port} cannot be used ({error.strerror}); name another, or 0 for any free one"
        ) from None
    tell(f"http://{HOST}:{listener.getsockname()[1]}/")
    with listener:
        uvicorn.Server(uvicorn.Config(app(home, url), log_level="warning")).run(sockets=[listener])
