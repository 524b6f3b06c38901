"""A real Chromium for tests: Debian's, else the one that playwright installed; without any the tests fail and say how to get it.

The browser is cut off from the network: a page that asks for anything but itself is seen by the test.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu"]
NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Seen:
    """A page and what it did: messages of its console, errors, and the addresses that it asked for besides its own."""

    page: Page
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@contextmanager
def browser() -> Iterator[Browser]:
    """Yield a headless Chromium."""
    with sync_playwright() as playwright:
        found = next((path for path in map(shutil.which, NAMES) if path), None)
        try:
            running = playwright.chromium.launch(executable_path=found, args=FLAGS)
        except Error as error:
            raise AssertionError(
                f"no Chromium for the tests ({str(error).splitlines()[0]}); install Debian's package chromium, "
                "or run `playwright install chromium`"
            ) from error
        try:
            yield running
        finally:
            running.close()


@contextmanager
def look(running: Browser, address: str | Path, width: int, height: int = 900) -> Iterator[Seen]:
    """Open a file or an address at a width, wait until nothing is drawn any more, and yield what was seen."""
    url = address.as_uri() if isinstance(address, Path) else address
    context = running.new_context(viewport={"width": width, "height": height}, offline=isinstance(address, Path))
    page = context.new_page()
    seen = Seen(page)
    page.on("console", lambda message: seen.console.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: seen.console.append(f"error: {error}"))
    page.on("request", lambda request: None if request.url in (url, f"{url}#") else seen.requests.append(request.url))
    try:
        page.goto(url)
        page.wait_for_function("[...document.querySelectorAll('.chart')].every(place => place.childElementCount > 0)")
        yield seen
    finally:
        context.close()
