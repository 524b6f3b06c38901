"""Whether two given names can be one person's: equal, an initial of the other, the start of it, or spelt alike, and no known pair of two.

The engine says the same of names that share a component (`person_torn.sql`); here it is asked for pairs one by one, and only for
those that a merge would bring together, because a chain of thousands has millions of pairs.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow.csv as csv

OTHERS = Path(__file__).with_name("other_name.csv")
ALIKE = 0.85


@dataclass(frozen=True)
class Face:
    """By what a record shows who it is: given and family name, and a mailbox of its own at a company."""

    given: str
    family: str
    mailbox: str


def can_be_one(one: Face, other: Face) -> bool:
    """Say whether two records can be one person's; one mailbox at a company excuses odd spelling, and names may be swapped.

    Two mailboxes at one company that differ by their number (`ann.lee`, `ann.lee2`) were given to two namesakes.
    """
    if one.mailbox != other.mailbox and stem(one.mailbox) == stem(other.mailbox):
        return False
    if not one.given or not other.given or may_be_same(one.given, other.given):
        return True
    if one.given == other.family or other.given == one.family:
        return True
    known = one.mailbox and one.mailbox == other.mailbox
    return bool(known) and jaro_winkler(one.family or other.family, other.family or one.family) >= ALIKE


def stem(mailbox: str) -> str:
    """Return a mailbox without the number behind its name; one that is a number alone as it is."""
    name, _, domain = mailbox.partition("@")
    return f"{name.rstrip('0123456789') or name}@{domain}"


@lru_cache(maxsize=200_000)
def may_be_same(one: str, other: str) -> bool:
    """Say whether two given names may be one."""
    if one == other:
        return True
    if frozenset((one, other)) in _others():
        return False
    short, long = sorted((one, other), key=len)
    if long.startswith(short) and (len(short) == 1 or len(short) >= 3):
        return True
    return jaro_winkler(one, other) >= ALIKE or is_one_slip(one, other)


@lru_cache(maxsize=200_000)
def jaro_winkler(one: str, other: str) -> float:
    """Return the Jaro-Winkler likeness of two texts, 0 to 1."""
    if one == other:
        return 1.0
    window = max(max(len(one), len(other)) // 2 - 1, 0)
    taken = [False] * len(other)
    first = []
    for place, sign in enumerate(one):
        for spot in range(max(0, place - window), min(len(other), place + window + 1)):
            if not taken[spot] and other[spot] == sign:
                taken[spot] = True
                first.append(sign)
                break
    if not first:
        return 0.0
    second = [sign for sign, is_taken in zip(other, taken, strict=True) if is_taken]
    moved = sum(left != right for left, right in zip(first, second, strict=True)) // 2
    same = len(first)
    jaro = (same / len(one) + same / len(other) + (same - moved) / same) / 3
    start = 0
    while start < min(4, len(one), len(other)) and one[start] == other[start]:
        start += 1
    return jaro + start * 0.1 * (1 - jaro) if jaro > 0.7 else jaro


def is_one_slip(one: str, other: str) -> bool:
    """Say whether one letter changed, lost, put in, or two neighbours swapped make one text of the other."""
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1:
        return False
    start = 0
    while start < len(short) and short[start] == long[start]:
        start += 1
    if len(short) < len(long):
        return short[start:] == long[start + 1 :]
    return short[start + 1 :] == long[start + 1 :] or (
        short[start : start + 2] == long[start : start + 2][::-1] and short[start + 2 :] == long[start + 2 :]
    )


@lru_cache(maxsize=1)
def _others() -> frozenset[frozenset[str]]:
    table = csv.read_csv(OTHERS)
    return frozenset(frozenset(pair) for pair in zip(table["one"].to_pylist(), table["other"].to_pylist(), strict=True))
