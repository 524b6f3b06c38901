"""Which value of a customer's field stands, and by which rule (identity 9).

Null never beats a value, nor does what a form puts where nobody told anything (`Unknown`, `[not provided]`). Of a person's names and a
company's the value of most records wins, then the newest; of all other fields the newest by the source's own stamp. Of two that are
as new, the longer value stands, then that of the record that was there first.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.customer.components import Numbers
from mpm_pipeline.customer.resolution.customers import ALL, Coded, Customers, Whole, coded, packed, places, same, starts
from mpm_pipeline.customer.resolution.settle import listed
from mpm_pipeline.customer.resolution.side_by_side import side_by_side
from mpm_pipeline.customer.resolution.tables import ACCOUNT, PERSON

BY_MOST: Final = ("first_name", "last_name", "full_name", "name", "domain")
RULES: Final = pa.array(["newest", "most records, then newest"])
LONGEST, ROWS = 127, 2**30
"""Turns are one number: how new, then how long (up to 127 letters), then the record that was there first."""

Clean = Callable[[Any], Any]


@dataclass(frozen=True)
class Standing:
    """The values of one field that stand: whose (in order), which of `values`, of which record, of how many, and how many others it beat."""

    field: str
    number: Whole
    code: Whole
    row: Whole
    votes: Whole
    beaten: Whole
    values: Any


def turns(updated: Any, created: Any) -> Numbers:
    """Return how new each record is by its own stamps; none at all is the oldest."""
    stamp = pc.coalesce(updated, created).cast(pa.int64())
    known = pc.fill_null(stamp, np.iinfo(np.int64).min).to_numpy()
    order = np.argsort(known, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.cumsum(np.diff(known[order], prepend=known[order[:1]]) != 0) if len(order) else order
    return rank


def filled(values: Any) -> Any:
    """Return texts without blanks around them; nothing but blanks is null."""
    trimmed = pc.utf8_trim(values, " ")
    return pc.if_else(pc.equal(trimmed, ""), None, trimmed)


def _trimmed(values: Any) -> Any:
    return pc.utf8_trim(values, " ")


def _lower(values: Any) -> Any:
    return pc.utf8_lower(_trimmed(values))


def _told(values: Any) -> Any:
    """Return texts without blanks around them; blanks and words that stand for nothing are null."""
    bare = pc.utf8_trim(pc.replace_substring_regex(pc.utf8_lower(values), r"[^\pL\pN]+", " "), " ")
    return pc.if_else(pc.is_in(bare, listed("hollow_word")), None, filled(values))


def _as_is(values: Any) -> Any:
    return values


def standing(customers: Customers, records: pa.Table, told: pa.Table, rows: Numbers, texts: dict[str, Coded]) -> list[Standing]:  # fmt: skip
    """Return what stands of every field of customers of one kind.

    `records` and `told`: the records of `rows` (ascending) and what was read off them: which mailboxes, telephones and companies count,
    `handle`, `domain` and `is_company`; `texts`: columns of records that are known as places already.
    """
    place = where(rows, customers.row)
    turn = turns(records["updated_at"], records["created_at"]) * (LONGEST + 1) * ROWS - rows
    is_person = customers.kind == "person"

    def weighed(field: str) -> Standing:
        column, clean, counts = _source(field, is_person, told)
        code, raw = texts[column] if column in texts else coded((told if column in told.column_names else records)[column])  # fmt: skip
        again, distinct = coded(clean(raw))
        code = np.append(again, -1)[code]
        if counts is not None:
            code = np.where(counts, code, -1)
        return _standing(field, customers.number, code[place], turn[place], distinct)

    return side_by_side(weighed, sorted(PERSON if is_person else ACCOUNT), len(customers.row))


def where(rows: Numbers, wanted: Whole) -> Whole:
    """Return the places of rows that are wanted among ascending ones."""
    if not len(rows) or rows[-1] == len(rows) - 1:
        return wanted
    place = np.empty(int(rows[-1]) + 1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    return place[wanted]


def _source(field: str, is_person: bool, told: pa.Table) -> tuple[str, Clean, Any]:
    """Return where a field is read, how it is cleaned and which records' counts (None: all)."""

    def flag(name: str) -> Any:
        return told[name].to_numpy()

    if field in ("handle", "domain"):
        return field, _as_is, None
    if field == "name":
        return "company", filled, flag("has_company")
    if field == "email":
        return "email", _lower, flag("has_mailbox")
    if field == "phone":
        return "phone", _trimmed, flag("has_phone") if is_person else flag("has_phone") & flag("is_company")
    return field, _told, None if is_person else flag("is_company")


def _standing(field: str, number: Numbers, code: Whole, turn: Numbers, values: Any) -> Standing:
    """Let the values of one field be weighed; members come by number."""
    told = code >= 0
    number, code = number[told], code[told]
    length = np.minimum(pc.utf8_length(values).to_numpy(zero_copy_only=False).astype(np.int64), LONGEST)
    turn = turn[told] + length[code] * ROWS
    start = starts(number)
    if not len(start):
        nothing = np.empty(0, dtype=np.int32)
        return Standing(field, nothing, nothing, nothing, nothing, nothing, values)
    group = np.repeat(np.arange(len(start)), np.diff(np.append(start, len(number))))
    best = np.maximum.reduceat(turn, start)
    won = np.empty(len(start), dtype=np.int64)
    won[group[turn == best[group]]] = code[turn == best[group]]
    beaten = np.zeros(len(start), dtype=np.int64)
    torn = np.minimum.reduceat(code, start) != np.maximum.reduceat(code, start)
    if torn.any():
        _weigh(field, torn[group], group, code, turn, (best, won, beaten))
    votes = np.add.reduceat((code == won[group]).astype(np.int64), start)
    small = [one.astype(np.int32) for one in (number[start], won, -best % ROWS, votes, beaten)]
    return Standing(field, small[0], small[1], small[2], small[3], small[4], values)


def _weigh(field: str, inside: Any, group: Numbers, code: Whole, turn: Numbers, found: tuple[Numbers, Numbers, Numbers]) -> None:  # fmt: skip
    """Count the values of customers that have several; where most records win, the newest of these stands."""
    best, won, beaten = found
    order = np.lexsort((turn[inside], code[inside], group[inside]))
    whose, what, when = (one[inside][order] for one in (group, code, turn))
    begin = starts(whose, what)
    votes = np.diff(np.append(begin, len(whose)))
    newest = when[np.append(begin[1:], len(whose)) - 1]
    whose, what = whose[begin], what[begin]
    np.add.at(beaten, whose, 1)
    beaten[whose[starts(whose)]] -= 1
    if field in BY_MOST:
        order = np.lexsort((newest, votes, whose))
        last = np.append(starts(whose)[1:], len(whose)) - 1
        chosen = order[last]
        best[whose[chosen]], won[whose[chosen]] = newest[chosen], what[chosen]


def columns(found: list[Standing], count: int) -> dict[str, Any]:
    """Return each field of so many customers as a column."""
    made = {}
    for one in found:
        place = np.full(count, -1, dtype=np.int64)
        place[one.number] = one.code
        made[one.field] = one.values.take(places(place))
    return made


def provenance(customers: Customers, found: list[Standing], records: pa.Table, rows: Numbers, most: int = 200_000) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Yield, for some customers at a time, one row per field: the record whose value stands, by which rule, and what it beat."""
    stamp = pc.coalesce(records["updated_at"], records["created_at"])
    fields = pa.array([one.field for one in found])
    rule = np.array([int(one.field in BY_MOST) for one in found], dtype=np.int64)
    names = {name: coded(records[name]) for name in ("source", "object")}
    for low in range(0, len(customers.ids), most):
        parts = [slice(*np.searchsorted(one.number, (low, low + most))) for one in found]
        which = np.repeat(np.arange(len(found)), [part.stop - part.start for part in parts])
        number = np.concatenate([one.number[part] for one, part in zip(found, parts, strict=True)])
        order = np.lexsort((which, number))
        which, number = which[order], number[order]
        told = [one.values.take(pa.array(one.code[part])) for one, part in zip(found, parts, strict=True)]
        row, votes, beaten = (
            np.concatenate([getattr(one, name)[part] for one, part in zip(found, parts, strict=True)])[order]
            for name in ("row", "votes", "beaten")
        )
        told_by = where(rows, row)
        place = pa.array(told_by)
        yield {
            "kind": same(customers.kind, len(row)),
            "customer_id": customers.ids.take(pa.array(number)),
            "field": packed((which, fields), ALL),
            "value": pa.concat_arrays(told).take(pa.array(order)),
            **{name: packed(one, told_by) for name, one in names.items()},
            "record_id": records["record_id"].take(place),
            "told_at": stamp.take(place),
            "rule": packed((rule[which], RULES), ALL),
            "votes": votes,
            "beaten": beaten,
        }
