"""Pictures: Vega-Lite specifications as plain dicts, and the small ones (sparkline, bullet) as coordinates for inline SVG.

Every chart holds its own few rows; none reads anything from outside. A gap stays a gap: a missing value is no zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Spec = dict[str, Any]
Row = dict[str, Any]

INK, MUTED, LINE = "#1d2a35", "#52616e", "#dfe4e6"
TEAL, SAND, SLATE, RUST = "#14716d", "#d9a441", "#8fa3b0", "#b4533a"

CONFIG: Spec = {
    "background": None,
    "font": "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'Liberation Sans', Arial, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED, "titleColor": MUTED, "gridColor": LINE, "domain": False, "ticks": False, "labelFontSize": 12,
        "titleFontSize": 12, "titleFontWeight": "normal", "labelPadding": 6,
    },
    "legend": {"orient": "top", "title": None, "labelColor": INK, "labelFontSize": 12, "symbolType": "square", "offset": 6},
    "range": {"category": [TEAL, SAND, SLATE, RUST]},
    "bar": {"cornerRadiusEnd": 2},
}  # fmt: skip


@dataclass(frozen=True)
class Sparkline:
    """A small line in a box of 120 x 32: one path with gaps, and the last point."""

    path: str
    x: float
    y: float


@dataclass(frozen=True)
class Bullet:
    """A bar of the value and a tick of the benchmark in a box of 200 wide."""

    bar: float
    tick: float


def sparkline(
    values: Sequence[float | None], width: float = 120, height: float = 32, edge: float = 4
) -> Sparkline | None:
    """Draw values from left to right; None where fewer than two are known."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return None
    low, high = min(value for _, value in known), max(value for _, value in known)
    spread = high - low or 1.0
    steps = max(len(values) - 1, 1)
    path, before = [], None
    for place, value in known:
        x = edge + place / steps * (width - 2 * edge)
        y = height - edge - (value - low) / spread * (height - 2 * edge) if high != low else height / 2
        path.append(f"{'L' if before == place - 1 else 'M'}{x:.1f} {y:.1f}")
        before = place
    return Sparkline(" ".join(path), round(x, 1), round(y, 1))


def bullet(value: float, benchmark: float | None, width: float = 200) -> Bullet | None:
    """Scale value and benchmark onto one bar; None without a benchmark or below zero."""
    if benchmark is None or value < 0 or benchmark <= 0:
        return None
    full = max(value, benchmark) * 1.15
    return Bullet(round(value / full * width, 1), round(benchmark / full * width, 1))


def lines(rows: list[Row], description: str, *, percent: bool = True) -> Spec:
    """Draw series over months; rows hold `month` (ISO), `value` or null, `series` and `text`."""
    axis = {"format": "%" if percent else "~s", "title": None, "tickCount": 5}
    return _spec(
        description,
        {"values": rows},
        {
            "type": "line",
            "point": {"filled": True, "size": 36},
            "strokeWidth": 2,
            "invalid": "break-paths-show-domains",
        },
        x=_months(),
        y={"field": "value", "type": "quantitative", "axis": axis, "scale": {"zero": True}},
        color=_series(rows),
        tooltip=_tooltip("series"),
    )


def bars(rows: list[Row], description: str, *, grouped: bool = False) -> Spec:
    """Draw money by month, a running month paler; of two series the second lies narrower on the first, or beside it."""
    running = {"condition": {"test": "datum.running", "value": 0.45}, "value": 1}
    encoding: Spec = {
        "opacity": running,
        "x": {**_months(), "type": "ordinal", "timeUnit": "utcyearmonth"},
        "y": {
            "field": "value",
            "type": "quantitative",
            "axis": {"format": "~s", "title": None, "tickCount": 5},
            "stack": None,
        },
        "color": _series(rows),
        "tooltip": _tooltip("series"),
    }
    if grouped:
        encoding["xOffset"] = {"field": "series", "sort": _names(rows)}
    spec = _spec(description, {"values": rows}, {"type": "bar"}, **encoding)
    if not grouped and len(_names(rows)) == 2:
        front = _names(rows)[1]
        layer = [
            {
                "mark": {"type": "bar", "width": {"band": band}},
                "transform": [{"filter": {"field": "series", "equal": name}}],
            }
            for name, band in ((_names(rows)[0], 0.8), (front, 0.45))
        ]
        spec |= {"layer": layer}
        spec.pop("mark")
    return spec


def ranked(rows: list[Row], description: str) -> Spec:
    """Draw money by category as horizontal bars, a series beside the other; rows hold `name`, `series`, `value`, `text`."""
    names = list(dict.fromkeys(row["name"] for row in rows))
    return _spec(
        description,
        {"values": rows},
        {"type": "bar"},
        height=70 + len(names) * (12 + 12 * len(_names(rows))),
        y={"field": "name", "type": "nominal", "sort": names, "axis": {"title": None, "labelLimit": 110}},
        yOffset={"field": "series", "sort": _names(rows)},
        x={"field": "value", "type": "quantitative", "axis": {"format": "~s", "title": None, "tickCount": 4}},
        color=_series(rows),
        tooltip=_tooltip("name", "series"),
    )


def waterfall(rows: list[Row], description: str) -> Spec:
    """Draw how one amount became another; rows hold `name`, `low`, `high`, `kind` (level, gain, loss), `top` and `text`.

    The levels at both ends are strokes, not bars: the axis does not begin at 0, so that the steps can be seen.
    """
    kinds = ["level", "gain", "loss"]
    axis = {"title": None, "labelAngle": -40, "labelOverlap": False}
    spec = _spec(
        description,
        {"values": rows},
        {},
        height=280,
        x={"field": "name", "type": "nominal", "sort": None, "axis": axis},
        color={
            "field": "kind",
            "type": "nominal",
            "scale": {"domain": kinds, "range": [INK, TEAL, RUST]},
            "legend": None,
        },
        tooltip=_tooltip("name"),
    )
    spec.pop("mark")
    return spec | {"layer": _steps()}


def _steps() -> list[Spec]:
    """Return the layers of a waterfall: bars of the steps, strokes of the levels, amounts above them."""
    y = {
        "type": "quantitative",
        "axis": {"format": "~s", "title": None, "tickCount": 5},
        "scale": {"zero": False, "padding": 18},
    }
    band = {"band": 0.7}
    return [
        {
            "mark": {"type": "bar", "cornerRadius": 2, "width": band},
            "encoding": {"y": {"field": "low", **y}, "y2": {"field": "high"}},
        },
        {
            "transform": [{"filter": {"field": "kind", "equal": "level"}}],
            "mark": {"type": "tick", "thickness": 4, "width": band},
            "encoding": {"y": {"field": "high", **y}},
        },
        {
            "mark": {"type": "text", "dy": -9, "fontSize": 12},
            "encoding": {"y": {"field": "top", **y}, "text": {"field": "label", "type": "nominal"}},
        },
    ]


def _spec(description: str, data: Spec, mark: Spec, height: int = 200, **encoding: Any) -> Spec:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": description,
        "width": "container",
        "height": height,
        "autosize": {"type": "fit", "contains": "padding"},
        "data": data,
        "mark": mark,
        "encoding": encoding,
        "config": CONFIG,
    }


def _months() -> Spec:
    axis = {"format": "%b %y", "title": None, "grid": False, "labelOverlap": "greedy", "labelAngle": 0, "tickCount": 6}
    return {"field": "month", "type": "temporal", "timeUnit": "utcyearmonth", "axis": axis}


def _series(rows: list[Row]) -> Spec:
    names = _names(rows)
    return {
        "field": "series",
        "type": "nominal",
        "sort": names,
        "scale": {"domain": names},
        "legend": {"columns": 2} if len(names) > 1 else None,
    }


def _names(rows: list[Row]) -> list[str]:
    return list(dict.fromkeys(row["series"] for row in rows))


def _tooltip(*fields: str) -> list[Spec]:
    return [
        *({"field": name, "type": "nominal", "title": name} for name in fields),
        {"field": "text", "type": "nominal", "title": "figure"},
    ]
