"""The banner that answers "can I trust this?" before any number: sources, gaps, refused records, restated and open figures.

The answer is as good as its worst part: a source that is late or failed asks for care, one that is off only for knowing it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from mpm_pipeline.scorecard import wording
from mpm_pipeline.scorecard.facts import EIGHT, SHOWN, Facts
from mpm_pipeline.scorecard.figures import Figures, Period, Row
from mpm_pipeline.staged.freshness import LOST, VANISHED
from mpm_pipeline.vocabulary import QUARANTINE_REASONS, SOURCE_TITLES, SOURCES

WORST_FIRST = ("failed", "late", "off", "fresh")
STATE_WORDS = {"fresh": "up to date", "late": "behind", "failed": "failed", "off": "switched off"}
WITHOUT = "Figures that need it are missing, those that others add to are made without it."
ANSWERS = {
    "good": "Yes. Everything is read and nothing is known to be missing.",
    "know": "Yes, when you know these points.",
    "care": "With care. Something is late or missing.",
}


@dataclass(frozen=True)
class Source:
    """One source in words."""

    title: str
    state: str
    state_words: str
    text: str


@dataclass(frozen=True)
class Point:
    """One thing to know; `more` holds details, one a line."""

    level: str
    text: str
    more: tuple[str, ...] = ()


@dataclass(frozen=True)
class Banner:
    """Can I trust this?"""

    level: str
    answer: str
    sources: list[Source]
    points: list[Point]


def banner(facts: Facts, figures: Figures, quarter: Period | None) -> Banner:
    """Make the banner; `quarter` is the one that the page shows."""
    sources = list(_sources(facts.freshness))
    points = [
        *_about_sources(sources),
        *_about_gaps(facts, figures, quarter),
        *_about_refused(facts.quarantine),
        *_about_states(figures, quarter),
        *_about_changes(facts.changes),
        *_about_standards(facts.violations),
    ]
    levels = {point.level for point in points}
    level = "care" if "care" in levels else "know" if "know" in levels else "good"
    points.sort(key=lambda point: ("care", "know", "good").index(point.level))
    return Banner(level, ANSWERS[level], sources, points)


def _sources(freshness: Iterable[Row]) -> Iterable[Source]:
    """Join the streams of a source: its worst state, and the earliest instant up to which all of them were read."""
    by_source: dict[str, list[Row]] = {}
    for row in freshness:
        by_source.setdefault(row["source"], []).append(row)
    known = [name for name in SOURCES if name in by_source]
    for name in [*known, *sorted(by_source.keys() - set(known))]:
        streams = by_source[name]
        state = min((row["state"] for row in streams), key=WORST_FIRST.index)
        yield Source(SOURCE_TITLES.get(name, name), state, STATE_WORDS[state], _reach(state, streams))


def _reach(state: str, streams: list[Row]) -> str:
    if state == "off":
        return "not read"
    gone = [
        row["text"] for row in streams if VANISHED in row["text"] or (LOST in row["text"] and row["state"] == "late")
    ]
    if gone:
        return "; ".join(gone)
    ends: list[datetime] = [row["covered_to"] for row in streams if row["covered_to"] is not None]
    starts = [row["covered_from"] for row in streams if row["covered_from"] is not None]
    if not ends or not starts:
        return "never read"
    lost = "".join(f"; {row['text'].split(';')[0]}" for row in streams if LOST in row["text"])
    return f"read {wording.day(min(starts))} \u2013 {wording.moment(min(ends))}{lost}"


def _about_sources(sources: list[Source]) -> Iterable[Point]:
    if not sources:
        yield Point("care", "Nothing says how fresh the sources are.")
        return
    for source in sources:
        if source.state in ("failed", "late"):
            said = "could not be read at the last attempt" if source.state == "failed" else "is behind"
            yield Point("care", f"{source.title} {said}: {source.text}.")
        elif LOST in source.text:
            yield Point("know", f"{source.title}: {source.text}.")
    off = [source.title for source in sources if source.state == "off"]
    if off:
        yield Point("know", f"Switched off: {', '.join(off)}. {WITHOUT}")
    fresh = sum(source.state == "fresh" for source in sources)
    if fresh:
        yield Point("good", f"{fresh} of {wording.plural(len(sources), 'source')} read up to the moment of this page.")


def _about_gaps(facts: Facts, figures: Figures, quarter: Period | None) -> Iterable[Point]:
    """Name the figures without a value in the quarter, by reason."""
    if quarter is None:
        yield Point("care", "No figure was published yet.")
        return
    kpis = {row["kpi_id"]: row for row in facts.kpis}
    missing: dict[str, list[str]] = {}
    for kpi_id in SHOWN:
        row = figures.at(kpi_id, quarter)
        if row is not None and row["value"] is None:
            kpi = kpis.get(kpi_id, {})
            later = "later" in str(kpi.get("needs_all", "")).split(";")
            why = wording.LATER if later else wording.reason(row)
            missing.setdefault(why, []).append(kpi.get("title", kpi_id))
    total = sum(len(titles) for titles in missing.values())
    if total:
        more = tuple(f"{', '.join(titles)}: {why}." for why, titles in missing.items())
        yield Point(
            "know", f"{wording.plural(total, 'figure')} of {quarter.label} could not be computed and say so.", more
        )


def _about_refused(quarantine: list[Row]) -> Iterable[Point]:
    total = sum(row["n"] for row in quarantine)
    if not total:
        yield Point("good", "No record had to be set aside as broken.")
        return
    ordered = sorted(quarantine, key=lambda row: (-row["n"], row["source"], row["stream"], row["reason_code"]))
    more = tuple(
        f"{row['n']:,} of {SOURCE_TITLES.get(row['source'], row['source'])}, {row['stream']}: "
        f"{QUARANTINE_REASONS.get(row['reason_code'], row['reason_code'])}."
        for row in ordered[:12]
    )
    yield Point(
        "know",
        f"{wording.plural(total, 'record')} came in broken and {'is' if total == 1 else 'are'} in no figure.",
        more,
    )


def _about_states(figures: Figures, quarter: Period | None) -> Iterable[Point]:
    rows = [
        row for row in (figures.at(kpi_id, quarter) for kpi_id in EIGHT) if row is not None and row["value"] is not None
    ]
    if not rows or quarter is None:
        return
    if not quarter.is_complete:
        yield Point("know", f"{quarter.label} is still running: every figure will change.")
        return
    open_ones = sum(row["state"] == "provisional" for row in rows)
    if open_ones:
        yield Point(
            "know",
            f"{open_ones} of {len(rows)} scorecard figures are provisional: records that come late can still change them.",
        )
    else:
        yield Point("good", f"All {len(rows)} scorecard figures that have a value are final: late records are in.")


def _about_changes(changes: list[Row]) -> Iterable[Point]:
    if changes:
        newest = max(row["changed_at"] for row in changes)
        yield Point(
            "know", f"Figures that were published have changed since, last on {wording.day(newest)}; see What changed."
        )


def _about_standards(violations: list[Row]) -> Iterable[Point]:
    total = sum(row["n"] for row in violations)
    if total:
        ordered = sorted(violations, key=lambda row: (-row["n"], row["rule"]))
        more = tuple(f"{row['n']:,}: {row['rule'].replace('_', ' ')}." for row in ordered[:12])
        yield Point("know", f"{wording.plural(total, 'record')} counted, but breaking a standard of ours.", more)
