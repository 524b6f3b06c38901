"""Identifiers in the shape of each vendor: counted or drawn, never hashed, so that a world repeats to the byte.

CRM ids are 15 case-sensitive characters and a checksum of three that makes them safe where case is lost; billing ids
are a prefix and random characters; marketing ids are small integers; social ids are numbers, URNs and UUIDs.
"""

import string
from collections import Counter
from random import Random

BASE62 = string.ascii_uppercase + string.ascii_lowercase + string.digits
CHECKSUM = string.ascii_uppercase + "012345"
ORG_PART = "5e00000"


def checksum(id15: str) -> str:
    """Return the three characters that tell which of the fifteen are upper case."""
    return "".join(
        CHECKSUM[sum(1 << place for place, letter in enumerate(id15[start : start + 5]) if letter.isupper())]
        for start in (0, 5, 10)
    )


def base62(number: int, width: int) -> str:
    """Write a number with letters of both cases and digits."""
    letters = ""
    for _ in range(width):
        number, rest = divmod(number, 62)
        letters = BASE62[rest] + letters
    return letters


class Ids:
    """Hands out the ids of one world."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._next: Counter[str] = Counter()

    def crm(self, prefix: str) -> str:
        """Return the next 18-character id of the object with this key prefix."""
        self._next[prefix] += 7
        id15 = prefix + ORG_PART + base62(200_000 + self._next[prefix], 5)
        return id15 + checksum(id15)

    def billing(self, prefix: str) -> str:
        """Return a new billing id, as in `cus_NffrFeUfNV2Hib`."""
        return f"{prefix}_{''.join(self._rng.choices(BASE62, k=14))}"

    def number(self, kind: str, start: int = 1) -> int:
        """Return the next integer id of a kind."""
        self._next[kind] += 1
        return start + self._next[kind] - 1

    def uuid(self) -> str:
        """Return a random UUID of version 4 in its usual writing."""
        digits = f"{self._rng.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
