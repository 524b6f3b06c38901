"""One Chromium for all tests of the page."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from mpm_pipeline_tests.browser import browser


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running
