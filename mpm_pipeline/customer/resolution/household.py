"""Whether people at one address are one person: what tells them apart is their own, name and birth date, whatever else they share.

Street, postal code, town and telephone are a household's or an office's. Where nobody shares them, two records with another name and no
birth date in common are one person's slips of the pen; where many do, they are two people. Which of both a set of records is, it
tells itself: slips of name and of birth date are seen one by one, and fall together as often as chance has it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

OWN = Path(__file__).with_name("own_sign.sql")
SLIPS, SEEN = 0.02, 20.0
"""How often a name is quite another one's by a slip, and what that is worth, in pairs, beside those that are seen."""
TIMES = 2.0
"""Times as many strangers as slips explain, from which on strangers are people of a household."""


@dataclass(frozen=True)
class Strangers:
    """Which pairs are two people although all they share speaks for one: `of_two` generations by name, or of one `household`.

    `bits`: what speaks for a household's pair being one person after all: as many as slips explain among those that are seen.
    """

    of_two: np.ndarray
    household: np.ndarray
    bits: float


def strangers(connection: Any, pairs: pa.Table) -> Strangers:
    """Tell of each pair of `candidate` (`one`, `other`, `bits`) whether it is two people: by the generations that their names tell,
    and where there are households by having nothing of their own in common."""
    connection.register("pair", pairs.append_column("place", pa.array(np.arange(pairs.num_rows))))
    told = connection.sql(OWN.read_text()).fetchnumpy()
    connection.unregister("pair")
    columns = ("is_named", "is_born", "is_other", "is_of_two")
    named, born, other, two = (np.asarray(told[name], dtype=bool) for name in columns)
    slips = _share_of_slips(named, born, pairs["bits"].to_numpy() > 0)
    if slips * TIMES >= 1:
        return Strangers(two, np.zeros(len(two), dtype=bool), 0.0)
    return Strangers(two, ~two & ~born & (~named | other), float(np.log2(slips / (1 - slips))))


def _share_of_slips(named: np.ndarray, born: np.ndarray, likely: np.ndarray) -> float:
    """Return which share of the likely pairs that have neither names nor birth date in common are explained by slips of both.

    Where there are none, as in a file of few, a name beside another's birth date is a namesake of the house, not a slip.
    """
    named, born = named[likely], born[likely]
    slip_of_name = (SLIPS * SEEN + (born & ~named).sum()) / (SEEN + born.sum())
    slip_of_birth = (~born & named).sum() / named.sum() if named.any() else 1.0
    both = min(slip_of_name * slip_of_birth, 0.5)
    expected = (named | born).sum() * both / (1 - both)
    seen = (~named & ~born).sum()
    return float(min(max(expected, SLIPS) / seen, 1.0)) if seen else (SLIPS if likely.sum() < SEEN else 1.0)
