"""What a loader must offer to be put to the test, and what is known of one run of it.

A loader is named `module:attribute`; it is made and run in a process of its own, so it may hang, leak or die. Give `mpm faults
--loader yours.module:loader` an object of this shape to test your own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable


@dataclass(frozen=True)
class Outcome:
    """How one run ended: exit status 0 means that the loader claims to hold everything.

    `noticed` names, as `stream/key`, the records that the loader tells a person to be lost at the source and still to be
    decided on; `words` is its last word on the run.
    """

    status: int
    words: str = ""
    noticed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Held:
    """What a destination holds: rows by stream and key, and the refused ones (stream, key; key empty where it cannot be read)."""

    rows: Mapping[str, Mapping[str, Mapping[str, Any]]]
    refused: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Order:
    """What a loader is asked to do: load a source as of now into a folder that is its own from run to run.

    `streams` are those that will be compared; a loader may load more. `patience` stretches the loader's time bounds.
    """

    source: str
    url: str
    credentials: Mapping[str, str]
    destination: Path
    start_at: str
    streams: tuple[str, ...] = ()
    patience: float = 1.0
    more: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class Loader(Protocol):
    """A loader under test."""

    name: str

    def streams(self, source: str) -> tuple[str, ...]:
        """Return the streams that it loads of a source, by their names in the world; none: it cannot read the source."""

    def load(self, order: Order) -> Outcome:
        """Run once, to the end."""

    def held(self, order: Order) -> Held:
        """Return what the destination holds now."""
