"""Makes the page: one self-contained HTML file, the same whether it is written to the home or served.

Everything that comes from data is escaped by the templates; the charts' rows are JSON that cannot end its own element. The
page forbids itself every request: its Content-Security-Policy allows the inlined scripts by their hashes and nothing else.
"""

import base64
import hashlib
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from mpm_pipeline.scorecard import cards, leads, money, sales, trust, wording
from mpm_pipeline.scorecard.bundle import javascript
from mpm_pipeline.scorecard.facts import Facts, read
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.storage import disk

TEMPLATES = Path(__file__).parent / "templates"


def write_page(home: Home, url: str) -> Path:
    """Write the page of what is published into the home, whole or not at all; errors as `publish.reader.opened`."""
    with disk(home.root):
        return _written(home, render(read(home, url)))


def _written(home: Home, text: str) -> Path:
    handle, name = tempfile.mkstemp(dir=home.root, prefix=".scorecard-", suffix=".html")
    fresh = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(0o644)
        fresh.replace(home.scorecard)
    finally:
        fresh.unlink(missing_ok=True)
    return home.scorecard


def render(facts: Facts) -> str:
    """Return the page of these rows."""
    figures = facts.calendar()
    quarter = figures.shown()
    spending, channels = money.spending(facts, figures, quarter)
    budget, lines = money.budget(facts, figures, quarter)
    parts = {
        "sales": sales.won_and_lost(figures, quarter),
        "pipeline": sales.pipeline(figures, quarter),
        "spending": spending,
        "recurring": money.recurring(figures, quarter),
        "budget": budget,
    }
    specs = {chart.name: chart.spec for part in parts.values() for chart in part.charts}
    return _environment().get_template("page.html.jinja").render(
        **parts,
        **_scripts(needs_charts=bool(specs)),
        specs=htmlsafe_json_dumps(specs, sort_keys=True),
        publication=facts.publication,
        quarter=quarter,
        banner=trust.banner(facts, figures, quarter),
        groups=cards.groups(facts, figures, quarter),
        steps=sales.funnel(figures, quarter),
        channels=channels,
        lines=lines,
        leads=leads.distribution(facts),
        changes=_changes(facts),
    )  # fmt: skip


def render_message(title: str, text: str) -> str:
    """Return a page that shows no figures but says what to do, such as before the first run."""
    page = _environment().get_template("message.html.jinja")
    return page.render(title=title, text=text, **_scripts(needs_charts=False))


def policy(*scripts: str) -> str:
    """Return the Content-Security-Policy that allows these inline scripts and the page's own styles, and no request."""
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts) or "'none'"
    return f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def _changes(facts: Facts) -> list[dict[str, str]]:
    """Put the changed figures into words, newest first."""
    titles = {row["kpi_id"]: row for row in facts.kpis}
    currency = facts.publication["reporting_currency"]
    figures = facts.calendar()
    labels = {
        (period.grain, period.start): period.label
        for grain in ("month", "quarter")
        for period in figures.periods(grain)
    }

    def text(row: dict[str, Any], column: str) -> str:
        unit = titles.get(row["kpi_id"], {}).get("unit", "ratio")
        return wording.value({"value": row[column], "value_minor": None, "unit": unit, "currency_code": currency})

    return [
        {
            "title": str(titles.get(row["kpi_id"], {}).get("title", row["kpi_id"])),
            "period": labels.get((row["period_grain"], row["period_start"]), wording.day(row["period_start"])),
            "before": text(row, "value_before"),
            "after": text(row, "value_after"),
            "when": wording.day(row["changed_at"].date()),
            "cause": row["cause"].split(": ", 1)[-1],
        }
        for row in facts.changes
    ]


def _scripts(*, needs_charts: bool) -> dict[str, Any]:
    scripts = [javascript(), (TEMPLATES / "charts.js").read_text()] if needs_charts else []
    return {"policy": policy(*scripts), "scripts": [Markup(script) for script in scripts]}


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {
        "moment": wording.moment,
        "day": wording.day,
        "span": lambda period: wording.span(period.start, period.end),
    }
    environment.globals["style"] = Markup((TEMPLATES / "style.css").read_text())  # our own file, no data in it
    return environment
