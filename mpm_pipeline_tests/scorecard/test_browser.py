"""The page in a real Chromium, wide and narrow: it draws, asks for nothing, does not scroll sideways and is accessible."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from mpm_pipeline.scorecard.facts import Facts
from mpm_pipeline.scorecard.page import render
from mpm_pipeline_tests.browser import look
from mpm_pipeline_tests.scorecard import company

pytestmark = pytest.mark.browser

HOSTILE = "<script>alert(1)</script>"
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2


def hostile() -> Facts:
    """Return the company with names that are markup, script, template or very long."""
    plain = company.facts(late=("linkedin",), off=("service",))
    names = [HOSTILE, '"><img src=x onerror=alert(1)>', "</script><script>alert(2)</script>", "{{ 7 * 7 }}", LONG]
    people = {key: names[place % len(names)] for place, key in enumerate(plain.people)}
    credits = [{**row, "channel": HOSTILE} if row["channel"] == "outbound" else row for row in plain.credits]
    budget = [{**row, "name": names[place % len(names)]} for place, row in enumerate(plain.budget)]
    counts = [{**row, "rep_name": HOSTILE if row["rep_id"] == "r1" else row["rep_name"]} for row in plain.lead_counts]
    return company.facts(people=people, credits=credits, budget=budget, lead_counts=counts)


PAGES = {"whole": company.facts, "empty": company.empty, "hostile": hostile}


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("name", list(PAGES))
def test_the_page_works_alone(chromium: Browser, tmp_path: Path, name: str, width: int) -> None:
    """No message in the console, no request, no sideways scrolling, every part open, and axe finds nothing to mend."""
    file = tmp_path / "scorecard.html"
    file.write_text(render(PAGES[name]()), encoding="utf-8")
    with look(chromium, file, width) as seen:
        closed = seen.page.evaluate("document.documentElement.scrollWidth")
        seen.page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
        opened = seen.page.evaluate("document.documentElement.scrollWidth")
        found = Axe().run(seen.page)
        drawn = seen.page.locator(".chart svg").count()
    assert closed <= width and opened <= width
    assert found.violations_count == 0, found.generate_report()
    assert seen.console == [] and seen.requests == []
    assert drawn == (0 if name == "empty" else 6)


def test_hostile_names_are_text(chromium: Browser, tmp_path: Path) -> None:
    """A lead, a rep, a channel or a budget line named like a script is shown as such and runs nothing."""
    file = tmp_path / "scorecard.html"
    file.write_text(render(hostile()), encoding="utf-8")
    with look(chromium, file, 1280) as seen:
        dialogs: list[str] = []
        seen.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        text = seen.page.locator("#leads").inner_text() + seen.page.locator("#leads .why").first.text_content()
        charted = seen.page.locator("#chart-channels").inner_text()
        images = seen.page.locator("img").count()
    assert HOSTILE in text and "{{ 7 * 7 }}" in text and "<script>" in charted.lower()
    assert dialogs == [] and images == 0 and seen.console == []


def test_a_script_that_slipped_in_would_not_run(chromium: Browser, tmp_path: Path) -> None:
    """The page's own policy stops any script that is not one of its two, and any request."""
    file = tmp_path / "scorecard.html"
    slipped = "<script>document.title = 'taken'</script><img src='https://example.invalid/x.png' onerror=\"document.title = 'taken'\">"
    file.write_text(render(company.empty()).replace("<footer>", slipped + "<footer>"), encoding="utf-8")
    with look(chromium, file, 1280) as seen:
        assert seen.page.title().startswith("Marketing scorecard")
        assert sum("Content Security Policy" in line for line in seen.console) >= 2
