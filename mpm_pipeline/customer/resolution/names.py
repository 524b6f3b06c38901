"""Whether two given names can be one person's: equal, an initial of the other, the start of it, spelt alike or in another script, and no
known pair of two.

The engine says the same of names that share a component (`person_torn.sql`); here it is asked for pairs one by one, and only for
those that a merge would bring together, because a chain of thousands has millions of pairs.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow.csv as csv

OTHERS, NICKNAMES = (Path(__file__).with_name(f"{one}.csv") for one in ("other_name", "nickname"))
ALIKE = 0.85


@dataclass(frozen=True, order=True)
class Face:
    """By what a record shows who it is: given and family name, a mailbox of its own at a company, the day of birth (ISO 8601)
    and the generation (`Jr` is 2)."""

    given: str
    family: str
    mailbox: str
    born: str = ""
    generation: str = ""


def can_be_one(one: Face, other: Face) -> bool:
    """Say whether two records can be one person's."""
    return contradiction(one, other) is None


def contradiction(one: Face, other: Face) -> str | None:
    """Say why two records cannot be one person's; one mailbox at a company excuses odd spelling, and names may be swapped.

    It excuses nothing where it is named after the family alone, and not two names in full (`nickname.csv`): a family firm has one mailbox.
    Two mailboxes at one company that differ by their number (`ann.lee`, `ann.lee2`) were given to two namesakes, and who was born in another
    generation, month and day is father or daughter.
    """
    if of_two_generations(one.born, other.born):
        return "birth dates of two generations"
    if one.generation and other.generation and one.generation != other.generation:
        return "names of two generations"
    if one.mailbox != other.mailbox and stem(one.mailbox) == stem(other.mailbox):
        return "mailboxes at one company that differ by a number"
    if not one.given or not other.given or may_be_same(one.given, other.given):
        return None
    if one.given == other.family or other.given == one.family:
        return None
    known = one.mailbox and one.mailbox == other.mailbox and not {one.given, other.given} <= _in_full()
    if (
        known
        and not is_family_mailbox(one)
        and not is_family_mailbox(other)
        and jaro_winkler(one.family or other.family, other.family or one.family) >= ALIKE
    ):
        return None
    return "given names that cannot be one"


def is_family_mailbox(face: Face) -> bool:
    """Say whether a mailbox is named after the family alone: `lee@` may be each Lee's, `ann.lee@` and `alee@` are one's."""
    local = "".join(filter(str.isalpha, face.mailbox.partition("@")[0]))
    return bool(local) and local == face.family.replace(" ", "")


def stem(mailbox: str) -> str:
    """Return a mailbox without the number behind its name; one that is a number alone as it is."""
    name, _, domain = mailbox.partition("@")
    return f"{name.rstrip('0123456789') or name}@{domain}"


def of_two_generations(one: str, other: str) -> bool:
    """Say whether two days of birth lie twelve years apart or more and share neither month nor day: no slip of the pen."""
    if len(one) != 10 or len(other) != 10 or abs(int(one[:4]) - int(other[:4])) < 12:
        return False
    return one[5:7] != other[5:7] and one[8:] != other[8:]


@lru_cache(maxsize=200_000)
def may_be_same(one: str, other: str) -> bool:
    """Say whether two given names may be one."""
    if one == other or _is_latin(one) != _is_latin(other):
        return True
    if frozenset((one, other)) in _others():
        return False
    short, long = sorted((one, other), key=len)
    if long.startswith(short) and (len(short) == 1 or len(short) >= 3):
        return True
    one, other = _apart_from_shared(one, other)
    return not one or not other or jaro_winkler(one, other) >= ALIKE or is_one_slip(one, other)


def _apart_from_shared(one: str, other: str) -> tuple[str, str]:
    """Return of names of several words what they do not share: brothers have one patronymic, or one Muhammad, in common."""
    words, others = one.split(), other.split()
    if len(words) < 2 or len(others) < 2:
        return one, other
    return " ".join(word for word in words if word not in others), " ".join(
        word for word in others if word not in words
    )


def _is_latin(name: str) -> bool:
    """Say whether a name is written in Latin letters; names of two scripts tell nothing of each other."""
    return any("a" <= sign <= "\u024f" for sign in name)


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
def _in_full() -> frozenset[str]:
    return frozenset(csv.read_csv(NICKNAMES)["given"].to_pylist())


@lru_cache(maxsize=1)
def _others() -> frozenset[frozenset[str]]:
    table = csv.read_csv(OTHERS)
    return frozenset(frozenset(pair) for pair in zip(table["one"].to_pylist(), table["other"].to_pylist(), strict=True))
