"""What a fault has done to a destination: the comparison with the world, row by row, and the verdict.

S survived in the run; R failed loudly and exact after one plain re-run; W exit 0 and wrong; U exit 0 and a loss at the source not
noticed; K stuck: it failed again though nothing stood in the way any more, or fails for ever over bad data; H hung.
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from mpm_pipeline.faults.loader import Held, Outcome

VERDICTS = {
    "S": "survived", "R": "recovered", "W": "wrong, silently", "U": "loss not noticed", "K": "stuck", "H": "hung",
    "-": "did not happen",
}  # fmt: skip
LONG = 200
"""Longer texts are compared by their length and hash."""

ALIAS = "~"
"""Ends the id under which a record is expected whose own id the source gave to another."""

Truth = Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True)
class Difference:
    """How a destination differs from the world: counts of rows by kind, and some of them by name.

    `told` rows vanished at the source and the loader names them, `unnoticed` ones vanished and it does not, `alarms` are rows
    that it calls lost though the source shows them.
    """

    lost: int = 0
    stale: int = 0
    ghosts: int = 0
    refused: int = 0
    refused_wrongly: int = 0
    named: tuple[str, ...] = ()
    told: int = 0
    unnoticed: int = 0
    alarms: int = 0

    @property
    def is_exact(self) -> bool:
        """Say whether every row of the world is there as it is, or refused for a reason, and nothing else is, or is said to be."""
        return not (self.lost or self.stale or self.ghosts or self.refused_wrongly or self.alarms)

    def __str__(self) -> str:
        parts = {"lost": self.lost, "stale": self.stale, "ghost": self.ghosts, "refused": self.refused}
        parts |= {"wrongly refused": self.refused_wrongly, "wrongly called lost": self.alarms}
        words = [f"{count} {word}" for word, count in parts.items() if count] or ["exact"]
        return ", ".join(words + ([f"{self.told} lost at the source and told"] if self.told else []))


@dataclass(frozen=True)
class Attempt:
    """One run of a loader: how it ended (None: killed at its time limit) and how the destination then differed."""

    outcome: Outcome | None
    difference: Difference = field(default_factory=Difference)
    seconds: float = 0.0
    peak_mib: float = 0.0
    requests: int = 0
    repeated: int = 0


def compare(
    truth: Truth,
    held: Held,
    altered: frozenset[str] | set[str],
    began: Truth | None = None,
    gone: Truth | None = None,
    noticed: Collection[str] = (),
) -> Difference:
    """Hold a destination against the world; only rows that were `altered` on the way may be refused.

    `began` is what the world showed when the run began: what came, went or changed since may be there in either state. `gone`
    are records that vanished without a word (see `truth.gone`): a row of theirs may stay as it was if `noticed` names it.
    """
    began, gone = truth if began is None else began, gone or {}
    lost, stale, ghosts, named = 0, 0, 0, []
    vanished = {name(stream, key) for stream, rows in gone.items() for key in rows}
    refused = {(stream, key) for stream, key in held.refused if key.strip()}
    unnamed = sum(1 for _, key in held.refused if not key.strip())
    wrongly = {one for one in refused if one[1] not in altered and one[1] in truth.get(one[0], {})}
    excused = 0
    for stream, expected in truth.items():
        there, earlier, left = _with_aliases(held.rows.get(stream, {})), began.get(stream, {}), gone.get(stream, {})
        for key, values in expected.items():
            if key not in there and key not in earlier:
                continue
            if key not in there:
                if (stream, key) in refused:
                    excused += 1
                elif key in altered and unnamed > 0:
                    unnamed, excused = unnamed - 1, excused + 1
                else:
                    lost += 1
                    named.append(f"lost {key}")
            elif not (_agrees(there[key], values) or _agrees(there[key], earlier.get(key, values))):
                stale += 1
                named.append(f"stale {key}")
        kept = {
            key for key in left.keys() & there.keys() if name(stream, key) in noticed and _agrees(there[key], left[key])
        }
        strange = there.keys() - expected.keys() - earlier.keys() - kept
        ghosts += len(strange)
        named += [f"ghost {key}" for key in sorted(strange)]
    told = set(noticed)
    named += [f"called lost {one}" for one in sorted(told - vanished)]
    counts = (len(told & vanished), len(vanished - told), len(told - vanished))
    return Difference(lost, stale, ghosts, excused, len(wrongly), tuple(named[:5]), *counts)


def name(stream: str, key: str) -> str:
    """Return how a loader names a record in what it tells of losses."""
    return f"{stream}/{key.rstrip(ALIAS)}"


def _with_aliases(rows: Mapping[str, Any]) -> dict[str, Any]:
    """Return rows by key; a record whose id was given anew and that goes on as `id~instant` stands under `id~`."""
    return {key.partition(ALIAS)[0] + ALIAS if ALIAS in key else key: row for key, row in rows.items()}


def _agrees(row: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    return all(plain(row.get(name)) == plain(value) for name, value in values.items())


def plain(value: Any) -> str:
    """Write a value so that equal ones look alike whatever type a destination gave them."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return ""
    text = str(value)
    if len(text) > LONG:
        return f"{len(text)} characters, {hashlib.sha256(text.encode(errors='backslashreplace')).hexdigest()}"
    if isinstance(value, int | float | Decimal) or re.fullmatch(r"-?\d+(\.\d+)?", text):
        found = Decimal(text)
        return f"{found.normalize():f}" if found.is_finite() else text
    return text


def judge(
    first: Attempt, again: Attempt | None, *, has_struck: bool, lost_at_source: bool = False, leaked: bool = False
) -> str:
    """Return the verdict of a run under a fault and of the plain re-run after it (None where the first run was exact)."""
    if not has_struck:
        return "-"
    if leaked:
        return "W"
    if first.outcome is None:
        return "H"
    unnoticed = lost_at_source and first.difference.unnoticed > 0
    if lost_at_source and not unnoticed and first.difference.is_exact:
        return "S"
    if first.outcome.status == 0:
        return "U" if unnoticed else "S" if first.difference.is_exact else "W"
    if again is None or again.outcome is None:
        return "H"
    if again.outcome.status != 0:
        return "K"
    return "R" if again.difference.is_exact else "W"
