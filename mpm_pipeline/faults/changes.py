"""Changes of a world that a loader must cope with, by name: late rows, deletions, ties, restatements, losses at the source.

Each edits the lines of a bench before they are served; what is to happen later is written with an `at` after `NOW`, and shows
when the clock has moved on.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from mpm_pipeline.faults.bench import NOW, START, Bench, Line, Lines, text

SOON = NOW + timedelta(hours=1)
MINUTE = timedelta(minutes=1)
EXTRA = 900_000


def _late(age: timedelta, count: int = 1) -> Callable[[Bench, Lines], None]:
    """Show rows after `NOW` whose own instants lie `age` before it."""

    def change(bench: Bench, lines: Lines) -> None:
        for number in range(count):
            record = bench.make(EXTRA + number, max(NOW - age + number * MINUTE, START))
            lines[bench.main].append({"at": text(SOON), "record": record})

    return change


def _updated(*places: int) -> Callable[[Bench, Lines], None]:
    """Change the text of some rows after `NOW`, with a new stamp where the vendor stamps changes."""

    def change(bench: Bench, lines: Lines) -> None:
        for place in places:
            record = dict(lines[bench.main][place]["record"]) | {bench.fields["text"]: f"changed {place}"}
            lines[bench.main].append({"at": text(SOON), "record": _stamped(bench, record, SOON)})

    return change


def _stamped(bench: Bench, record: Line, at: datetime) -> Line:
    if bench.vendor != "salesforce":
        return record
    fresh = bench.make(0, at)
    return record | {name: fresh[name] for name in ("LastModifiedDate", "SystemModstamp")}


def _until(*places: int) -> Callable[[Bench, Lines], None]:
    """Let rows vanish after `NOW` without a word."""

    def change(bench: Bench, lines: Lines) -> None:
        for place in places:
            lines[bench.main][place]["until"] = text(SOON)

    return change


def _deleted(*places: int) -> Callable[[Bench, Lines], None]:
    """Delete rows after `NOW` the way the vendor deletes."""

    def change(bench: Bench, lines: Lines) -> None:
        for place in places:
            record = lines[bench.main][place]["record"]
            lines[bench.main].append({"at": text(SOON), "deleted": True, "record": _stamped(bench, record, SOON)})

    return change


def _ties(first: int, count: int) -> Callable[[Bench, Lines], None]:
    """Give many rows one and the same instant."""

    def change(bench: Bench, lines: Lines) -> None:
        at = NOW - timedelta(hours=5)
        for number in range(first, first + count):
            lines[bench.main][number] = {"at": text(at), "record": bench.make(number, at)}

    return change


def _ties_across_runs(bench: Bench, lines: Lines) -> None:
    newest = lines[bench.main][bench.count - 1]
    at = datetime.fromisoformat(newest["at"])
    for number in range(3):
        lines[bench.main].append({"at": text(SOON), "record": bench.make(EXTRA + number, at)})


def _future(bench: Bench, lines: Lines) -> None:
    """Show a row from the start that is dated two days after `NOW`, and mend its date a day later."""
    lines[bench.main].append({"at": text(START), "record": bench.make(EXTRA, NOW + timedelta(days=2))})
    lines[bench.main].append({"at": text(SOON), "record": bench.make(EXTRA, SOON)})


def _outage(bench: Bench, lines: Lines) -> None:
    """Lose what was entered in five hours."""
    for line in _entered(bench, lines):
        line["until"] = text(SOON)


def _outage_with_ids_again(bench: Bench, lines: Lines) -> None:
    """Lose what was entered in five hours and give some of its ids to others."""
    lost = _entered(bench, lines)
    _outage(bench, lines)
    for place, line in enumerate(lost[:2]):
        number = lines[bench.main].index(line)
        record = bench.make(number, SOON + place * MINUTE) | {bench.fields["text"]: f"somebody else {place}"}
        lines[bench.main].append({"at": text(SOON + place * MINUTE), "record": record})


def _entered(bench: Bench, lines: Lines) -> list[Line]:
    span = (text(NOW - timedelta(hours=8)), text(NOW - timedelta(hours=1)))
    return [line for line in lines[bench.main][: bench.count] if span[0] <= line["at"] < span[1]]


def _first_page_shrinks(bench: Bench, lines: Lines) -> None:
    """Let a row vanish that stands on the first page; Stripe lists the newest first."""
    _until(bench.count - 8 if bench.vendor == "stripe" else 7)(bench, lines)


def _value(role: str, value: Any, *places: int) -> Callable[[Bench, Lines], None]:
    """Put a value that is odd and right into some rows."""

    def change(bench: Bench, lines: Lines) -> None:
        for place in places:
            lines[bench.main][place]["record"][bench.fields[role]] = value

    return change


def _and(*changes: Callable[[Bench, Lines], None]) -> Callable[[Bench, Lines], None]:
    def change(bench: Bench, lines: Lines) -> None:
        for one in changes:
            one(bench, lines)

    return change


def _reversed(bench: Bench, lines: Lines) -> None:
    """Change a row and change it back."""
    before = dict(lines[bench.main][5]["record"])
    _updated(5)(bench, lines)
    later = SOON + timedelta(hours=2)
    lines[bench.main].append({"at": text(later), "record": _stamped(bench, before, later)})


def _merged(bench: Bench, lines: Lines) -> None:
    """Merge one account into another: the loser is deleted and names the survivor."""
    loser = dict(lines["Account"][3]["record"]) | {"MasterRecordId": lines["Account"][1]["record"]["Id"]}
    lines["Account"].append({"at": text(SOON), "deleted": True, "record": _stamped(bench, loser, SOON)})


CHANGES: dict[str, Callable[[Bench, Lines], None]] = {
    "late_second": _late(timedelta(seconds=1)),
    "late_hour": _late(timedelta(hours=1)),
    "late_day": _late(timedelta(days=1), 3),
    "late_5_days": _late(timedelta(days=5)),
    "late_20_days": _late(timedelta(days=20)),
    "late_400_days": _late(timedelta(days=400)),
    "updated": _updated(3, 240),
    "updated_back": _reversed,
    "hard_delete": _until(7),
    "vendor_delete": _deleted(7, 120),
    "delete_and_late_insert": _and(_until(7), _late(timedelta(hours=3))),
    "delete_in_first_page": _first_page_shrinks,
    "ties_over_pages": _ties(90, 130),
    "ties_across_runs": _ties_across_runs,
    "future": _future,
    "outage": _outage,
    "outage_ids_again": _outage_with_ids_again,
    "merged": _merged,
    "emoji": _value("text", "Zo\u00eb \U0001f469\u200d\U0001f680 \u5c71\u7530 \u202ertl", 3, 150),
    "composed": _and(_value("text", "Zo\u00eb", 3), _value("text", "Zoe\u0308", 4)),
    "markup": _value("text", '"><script>alert(1)</script>', 3),
    "formula": _value("text", '=HYPERLINK("http://evil.example")', 3),
    "sql": _value("text", "Robert'); DROP TABLE x;--", 3),
    "traversal": _value("text", "../../etc/passwd", 3),
    "refund": _value("number", -250, 3, 150),
    "zero": _value("number", 0, 3, 150),
    "long_text": _value("text", "x" * 200_000, 3),
}
"""Changes by name."""
