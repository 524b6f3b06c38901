"""One Chromium per module of tests: while it runs, its event loop counts as running and no other can be started."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from mpm_pipeline_tests.browser import browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running
