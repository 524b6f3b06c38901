"""`mpm scorecard`: the page made anew from what is served, as a file or over HTTP on loopback."""

import signal
from contextlib import suppress

import click

from mpm_pipeline.commands import options


@click.command()
@click.option("--serve", "is_served", is_flag=True, help="Serve the page until stopped by Ctrl-C.")
@click.option("--port", default=8080, show_default=True, help="Port on 127.0.0.1 for --serve; 0: any free one.")
@options.home
@options.as_json
def scorecard(is_served: bool, port: int, home_text: str | None, is_json: bool) -> None:
    """Write HOME/scorecard.html from the served tables, or serve the page."""
    from mpm_pipeline.commands.served import url_of
    from mpm_pipeline.warehouse.home import Home

    root = options.existing(home_text)
    home, url = Home.open(root), url_of(root)
    if is_served:
        from mpm_pipeline.scorecard.server import serve

        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with suppress(KeyboardInterrupt):
            serve(home, url, port, lambda address: _serving(address, is_json))
        return
    from mpm_pipeline.scorecard.page import write_page

    file = write_page(home, url)
    options.answer({"status": "done", "file": str(file)}, is_json, str(file))


def _serving(address: str, is_json: bool) -> None:
    options.answer(
        {"status": "serving", "url": address}, is_json, f"The scorecard is at {address}; stop it with Ctrl-C."
    )
