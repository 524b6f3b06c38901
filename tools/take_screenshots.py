"""Takes the README's pictures anew: `python tools/take_screenshots.py HOME`, of a home that a demo has filled.

Starts `mpm ui` on it, looks at its pages in Chromium and writes docs/images/. Pictures that nobody can make again grow stale.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).parents[1] / "docs" / "images"
PAGES = {
    "lineage.png": ("/asset-groups", 6),
    "asset.png": ("/assets/kpis/fct_kpi", 5),
}
WIDTH, HEIGHT = 1600, 900


def main(home: Path) -> None:
    """Write one picture of each page and of the scorecard."""
    command = [sys.executable, "-m", "mpm_pipeline.cli", "ui", "--home", str(home), "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as ui:
        try:
            assert ui.stdout is not None
            address = json.loads(ui.stdout.readline())["url"]
            _look(address, home / "scorecard.html")
        finally:
            ui.terminate()


def _look(address: str, scorecard: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for name, (path, seconds) in PAGES.items():
            page.goto(address + path, wait_until="load")
            page.wait_for_timeout(seconds * 1000)
            page.screenshot(path=IMAGES / name)
        page.set_viewport_size({"width": 1280, "height": 1400})
        page.goto(scorecard.absolute().as_uri())
        page.wait_for_timeout(1000)
        page.screenshot(path=IMAGES / "scorecard.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
