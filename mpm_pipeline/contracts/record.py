"""The base of a raw record's contract: which fields of a vendor's payload we rely on, their wire types, and its key.

A record contract says how a stream's payload is read (`wire`), what identifies a record, which field stamps its version and
which instant places it in a partition. Everything else in the payload stays in the raw log untouched. The warehouse turns
the contract into one SQL statement that types good rows and names what is wrong with bad ones.
"""

from dataclasses import dataclass
from typing import Any, Literal

import pandera.pandas as pa

from mpm_pipeline.contracts.table import Day, Flag, Instant, Real, Text, Whole

__all__ = [
    "Day",
    "Expandable",
    "Flag",
    "Instant",
    "Real",
    "Record",
    "Rule",
    "Stream",
    "Text",
    "Whole",
    "need",
    "opt",
    "stream",
]

Wire = Literal[
    "text", "link", "word", "whole", "real", "decimal", "flag", "day", "instant", "unix", "unix_ms", "currency", "json"
]
"""How a value stands in the payload. `link` is an id, or the object that has it; `word` is one of a closed list, in any
case; `decimal` keeps the number's own text (money is made from it), `instant` is ISO 8601 in any of the vendors' spellings, `unix` seconds, `unix_ms` milliseconds, `currency` an
ISO 4217 code in any case, `json` is kept."""

Kind = Literal["thing", "fact", "snapshot"]

Shape = str | dict[str, Any] | list[Any]
"""What a `json` field must hold inside, as far as staging relies on it: `{"data": [{"amount": "whole*", "price": "json"}]}`.

Leaves are wire types, `*` marks those that must be there. A part that is not of its shape makes the whole row `bad_type`."""


class Expandable(dict[str, Any]):
    """The shape of an object that may also stand as its bare id."""


def need(wire: Wire, description: str, *, nested: Shape | None = None, **checks: Any) -> Any:
    """Declare a field without which the row is refused (`missing_field`)."""
    return pa.Field(nullable=False, description=description, metadata={"wire": wire, "nested": nested}, **checks)


def opt(wire: Wire, description: str, *, nested: Shape | None = None, says_deleted: bool = False, **checks: Any) -> Any:
    """Declare a field that may be absent or null; a flag may say that the record, shown still, is deleted."""
    told = {"wire": wire, "nested": nested, "says_deleted": says_deleted}
    return pa.Field(nullable=True, description=description, metadata=told, **checks)


@dataclass(frozen=True)
class Rule:
    """A check over several fields: `broken` is SQL over the typed fields as `t.<field>`; rows for which it is true are refused."""

    reason: Literal["missing_field", "bad_type", "bad_value"]
    field: str
    broken: str


@dataclass(frozen=True)
class Stream:
    """What the warehouse must know of one stream.

    `key` are the payload fields that identify a record (dots lead into nested objects), `stamp` the field that orders its
    versions (none: landing order), `instant` the field that places it in a UTC day. A `thing` lies in the day of its stamp, a
    `fact` in the day of its instant; a `snapshot` is replaced whole by its newest landing. `keeps_versions` offers all landed
    versions to the staged models beside the newest. `clock` is how stamp and instant are spelt. `is_stampless`: the vendor
    stamps nothing, the connector tells stamps from elsewhere and may not know the newest; so content that is new to us is
    newer than all that landed before it, while content that was seen before ranks by its stamp (a reversal is no news).
    What tells a loss from other ways to vanish: `created` is the field of a record's creation (another one under the same key
    is another record), `parent` field and stream of the record with which this one is deleted without a word, `merged_by` a
    stream and the SQL over its `payload` that lists keys which a merge took away without a word.
    """

    source: str
    name: str
    key: tuple[str, ...]
    kind: Kind
    stamp: str | None = None
    instant: str | None = None
    clock: Literal["instant", "unix", "unix_ms", "day"] = "instant"
    keeps_versions: bool = False
    is_stampless: bool = False
    rules: tuple[Rule, ...] = ()
    created: str | None = None
    parent: tuple[str, str] | None = None
    merged_by: tuple[str, str] | None = None


class Record(pa.DataFrameModel):
    """Base of all record contracts; a contract's docstring says what one record is."""

    class Config:
        name: str = ""
        strict = False
        coerce = False
        metadata: dict[str, Any] = {}


def stream(source: str, name: str, key: str | tuple[str, ...], kind: Kind, **rest: Any) -> Any:
    """Build a record contract's Config from its stream declaration."""
    keys = (key,) if isinstance(key, str) else key
    declared = Stream(source, name, keys, kind, **rest)
    config = {"name": f"raw.{source}.{name}", "strict": False, "coerce": False, "metadata": {"stream": declared}}
    return type("Config", (), config)
