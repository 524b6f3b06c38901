"""Whether people at one address are one person: what tells them apart is their own, name and birth date, whatever else they share.

Street, postal code, town and telephone are a household's or an office's. Where nobody shares them, two records with another name and no
birth date in common are one person's slips of the pen; where many do, they are two people. Which of both a set of records is, it
tells itself: slips of name and of birth date are seen one by one, and fall together as often as chance has it.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

OWN = Path(__file__).with_name("own_sign.sql")
SLIPS, SEEN = 0.02, 20.0
"""How often a name is quite another one's by a slip, and what that is worth, in pairs, beside those that are seen."""
TIMES = 2.0
"""Times as many strangers as slips explain, from which on strangers are people of a household."""


def strangers(connection: Any, pairs: pa.Table) -> np.ndarray:
    """Mark the pairs of `candidate` (`one`, `other`, `bits`) that are two people: of two generations by name, and where
    there are households those who have nothing of their own in common."""
    connection.register("pair", pairs.append_column("place", pa.array(np.arange(pairs.num_rows))))
    told = connection.sql(OWN.read_text()).fetchnumpy()
    connection.unregister("pair")
    columns = ("is_named", "is_born", "is_other", "is_of_two")
    named, born, other, two = (np.asarray(told[name], dtype=bool) for name in columns)
    if not _has_households(named, born, pairs["bits"].to_numpy() > 0):
        return two
    return two | ~named & ~born | other & ~born


def _has_households(named: np.ndarray, born: np.ndarray, likely: np.ndarray) -> bool:
    """Say whether more of the likely pairs share neither names nor birth date than slips of both would make."""
    named, born = named[likely], born[likely]
    slip_of_name = (SLIPS * SEEN + (born & ~named).sum()) / (SEEN + born.sum())
    slip_of_birth = (~born & named).sum() / named.sum() if named.any() else 1.0
    both = min(slip_of_name * slip_of_birth, 0.5)
    expected = (named | born).sum() * both / (1 - both)
    return bool((~named & ~born).sum() > TIMES * expected)
