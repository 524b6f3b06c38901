"""The page served on this machine: fresh at every look, only under its own name, and clear before the first run."""

import asyncio
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from mpm_pipeline.errors import ConfigError
from mpm_pipeline.publish.publisher import publish
from mpm_pipeline.scorecard.server import HOST, app, serve
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline_tests.publish.literal import figure, warehouse
from mpm_pipeline_tests.scorecard.company import QUARTER


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "home")


def ask(home: Home, path: str = "/", method: str = "GET", host: str = f"{HOST}:8080") -> httpx.Response:
    """Ask the application once, without a socket."""

    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(app(home, ""))
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            return await client.request(method, path)

    return asyncio.run(once())


def show(home: Home, value: float) -> None:
    rate = figure("win_rate_count", value, period_grain="quarter", period_start=QUARTER, unit="rate")
    publish(warehouse(home, {"kpis.fct_kpi": [rate]}), "")


def test_each_look_shows_what_is_published_then(home: Home) -> None:
    """A publication between two looks changes the second one."""
    show(home, 0.5)
    first = ask(home)
    show(home, 0.75)
    second = ask(home)
    assert first.status_code == second.status_code == 200
    assert "50.0" in first.text and "75.0" in second.text and second.headers["cache-control"] == "no-store"


def test_before_the_first_run_the_page_says_what_to_do(home: Home) -> None:
    """Nothing published is no error for somebody who looks."""
    answer = ask(home)
    assert answer.status_code == 200 and "Nothing published yet" in answer.text and "mpm run" in answer.text


def test_a_database_that_cannot_be_read_is_told(home: Home) -> None:
    """When the served file is broken the page says so with status 503."""
    show(home, 0.5)
    home.served.with_name("served.sqlite-wal").unlink(missing_ok=True)
    home.served.write_bytes(b"no database" * 1000)
    answer = ask(home)
    assert answer.status_code == 503 and "cannot be read" in answer.text


def test_another_host_name_is_refused(home: Home) -> None:
    """A web page elsewhere cannot read figures by pointing its name at this machine; only looking is possible."""
    assert ask(home, host="evil.example").status_code == 400
    assert ask(home, method="POST").status_code == 405
    assert ask(home, "/health").text == "ok"
    assert "frame-ancestors 'none'" in ask(home, "/health").headers["content-security-policy"]


def test_a_port_in_use_is_named(home: Home) -> None:
    """A taken port is a matter of usage: the message names it and the way out."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        with pytest.raises(ConfigError, match=f"--port {taken.getsockname()[1]} cannot be used"):
            serve(home, "", taken.getsockname()[1])


SERVING = """
import sys
from pathlib import Path
from mpm_pipeline.scorecard.server import serve
from mpm_pipeline.warehouse.home import Home

serve(Home.open(Path(sys.argv[1])), "", tell=lambda address: print(address, flush=True))
"""


def test_it_serves_on_loopback_until_it_is_stopped(home: Home) -> None:
    """The address that it tells answers, and an interrupt ends it."""
    show(home, 0.5)
    with subprocess.Popen(
        [sys.executable, "-c", SERVING, str(home.root)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        try:
            answer = httpx.get(address, timeout=30)
            process.send_signal(signal.SIGINT)
            process.wait(30)
        finally:
            process.kill()
    assert address.startswith(f"http://{HOST}:") and "50.0" in answer.text
