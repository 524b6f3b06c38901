"""Why records are one customer, read off the tables that a run leaves: for each record the keys that it shares, the weakest link on
its best path to the customer's oldest record, and the merges that were refused.
"""

import re
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.customer.resolution.crosswalk import WORDS, current
from mpm_pipeline.customer.resolution.records import IDENTITY
from mpm_pipeline.customer.resolution.tables import Resolution
from mpm_pipeline.errors import ConfigError
from mpm_pipeline.warehouse.domains import registrable_domain

Rows = list[dict[str, Any]]

LODGED = "a domain of one company, and the mailbox of others with nothing in common"
"""Reason of a guard (`account_guard.sql`) that takes a domain from those others alone: companies' own records."""


def explained(found: Resolution, text: str) -> dict[str, Any]:
    """Return what is known of a customer; ConfigError where `text` names none. `text`: an id, also a retired one, or source:object:record_id."""
    asked = _of_record(found, text)
    moves = _rows(found.id_redirect, "old_id", asked)
    customer = moves[0]["new_id"] if moves else asked
    if customer is None:
        raise ConfigError(f"{text} is no customer any more: {moves[0]['reason']}, since {_day(moves[0]['at'])}")
    every = current(found.crosswalk)
    kind = next((kind for kind in ("person", "account") if _has(every[f"{kind}_id"], customer)), None)
    if kind is None:
        raise ConfigError(f"{text} is no person, account or record of this resolution; take an id of its crosswalk, or source:object:record_id")  # fmt: skip
    evidence = _rows(found.evidence, "customer_id", customer)
    records = []
    for row in _rows(every, f"{kind}_id", customer):
        shared = [one for one in evidence if all(one[name] == row[name] for name in IDENTITY)]
        shared.sort(key=lambda one: (-one["bits"], one["key_type"], one["key_value"]))
        is_guest = kind == "account" and not row["is_company"]
        records.append(_record(row | _of_account(shared) if is_guest else row, shared))
    registered = _rows(found.id_registry, "id", customer)
    return {
        "kind": kind,
        "customer_id": customer,
        "moves": [{"old_id": one["old_id"], "kind": one["kind"], "reason": one["reason"], "at": one["at"].isoformat()} for one in moves],
        "split_from": next((one["split_from"] for one in registered if one["split_from"]), None),
        "records": records,
        "refused": _refused(found.review_queue, records),
        "set_aside": _set_aside(found, _rows(every, f"{kind}_id", customer), evidence),
        "employment": [{name: _day(value) if isinstance(value, datetime) else value for name, value in row.items()} for row in _rows(found.employment, "person_id", customer)],
    }  # fmt: skip


def in_words(found: dict[str, Any]) -> list[str]:
    """Say it in sentences."""
    lines = [
        f"{move['old_id']} is {found['customer_id']} since {move['at'][:10]}: {move['reason']}."
        for move in found["moves"]
    ]
    count = len(found["records"])
    lines.append(f"{found['kind']} {found['customer_id']}: {count} record{'s' if count != 1 else ''}.")
    if found["split_from"]:
        lines.append(f"Its records were parted from {found['split_from']}.")
    for row in found["records"]:
        sure = "" if row["confidence"] is None else f", {row['confidence']:.2f} sure"
        lines.append(f"- {row['record']}{sure}: {row['reason']}.")
        for one in row["shares"]:
            lines.append(f"    {one['words']} as {one['other']} ({one['key']}; {one['bits']:g} bits, borne by {one['records']})")  # fmt: skip
        if row["weakest_bits"] is not None:
            lines.append(f"    weakest link on its best way to the oldest record: {row['weakest_bits']:g} bits")
    for one in found["refused"]:
        lines.append(f"Not joined: {one['record']} and {one['other']} ({one['bits']:.1f} bits spoke for it): {one['reason']}.")  # fmt: skip
    for one in found["set_aside"]:
        lines.append(f"Set aside: {one['key_type']} {one['key_value']}, borne by {one['records']} records: {one['reason']}.")  # fmt: skip
    for one in found["employment"]:
        until = f" until {one['valid_to_at']}" if one["valid_to_at"] else ""
        lines.append(f"At account {one['account_id']} since {one['valid_from_at'] or 'an unknown day'}{until}: {one['evidence']}.")  # fmt: skip
    return lines


def _of_account(shared: Rows) -> dict[str, Any]:
    """Return what joins a person's record to its account; the crosswalk's own words are about the person, so no key is named."""
    if not shared:
        return {
            "joined_by": None,
            "confidence": None,
            "reason": "it alone, or another record of its person, names this account",
        }
    kind, bits = shared[0]["key_type"], shared[0]["bits"]
    return {"joined_by": None, "confidence": round(1 - 2**-bits, 6), "reason": WORDS.get(kind, kind)}


def _record(row: dict[str, Any], shared: Rows) -> dict[str, Any]:
    shares = [
        {
            "key_type": one["key_type"],
            "key": f"{one['key_type']} {_masked(one)}",
            "words": WORDS.get(one["key_type"], one["key_type"]),
            "bits": one["bits"],
            "records": one["records"],
            "other": _name(one, "other_"),
        }
        for one in shared
    ]
    weakest = -_log2(1 - row["confidence"]) if shared and row["joined_by"] not in (None, "alone") else None
    return {"record": _name(row), "confidence": row["confidence"], "reason": row["reason"], "weakest_bits": weakest, "shares": shares}  # fmt: skip


def _masked(shared: dict[str, Any]) -> str:
    """Return a key without what would reach somebody: of a mailbox its domain, of a telephone its last two digits, of a home the name."""
    words = shared["key_value"].split("|")
    if shared["key_type"] == "same_home":
        return f"{words[0]}|..."
    if shared["key_type"] == "account_name":
        return words[-1]
    shown = [f"{word[:1]}...@{word.rpartition('@')[2]}" if "@" in word else f"...{word[-2:]}" if word.isdigit() and (len(word) == 8 or shared["key_type"] == "phone_name") else word for word in words]  # fmt: skip
    return "|".join(shown)


def _log2(share: float) -> float:
    """Return bits of what is left to doubt; the crosswalk rounds confidence to six places, so 20 bits and more look alike."""
    import math

    return round(math.log2(max(share, 2**-20)))


def _refused(queue: pa.Table, records: Rows) -> Rows:
    mine = {row["record"] for row in records}
    told = [{"record": _name(row), "other": _name(row, "other_"), "bits": row["bits"], "reason": row["reason"], "decision": row["decision"]} for row in queue.to_pylist()]  # fmt: skip
    return [row for row in told if row["record"] in mine or row["other"] in mine]


def _set_aside(found: Resolution, members: Rows, evidence: Rows) -> Rows:
    """Return domains, declared ids and numberings of records that join nobody, or not beyond their source.

    A domain of one company is none to that company, nor to whoever is no company: it was taken from its guests alone.
    """
    guards = [one for one in found.key_guard_report.to_pylist() if one["key_type"] in ("domain", "id", "numbering")]
    if not guards:
        return []
    names = {tuple(row[name] for name in IDENTITY): row["is_company"] for row in members}
    joined = {(*(row[name] for name in IDENTITY), row["key_value"]) for row in evidence if row["key_type"] == "domain"}
    table = found.record
    table = table.filter(pc.is_in(table["record_id"], pa.array(sorted({name[2] for name in names}), pa.string())))
    borne: set[tuple[str, str, str | None]] = set()
    lodged: set[tuple[str, str, str | None]] = set()
    for row in table.to_pylist():
        record = tuple(row[name] for name in IDENTITY)
        if record in names:
            host = registrable_domain((row["email"] or "").rpartition("@")[2].strip(" <>"))
            borne |= {("account", "domain", site) for site in (host, *map(registrable_domain, (row["domain"], row["website"])))}  # fmt: skip
            if names[record] and (*record, f"domain|{host}") not in joined:
                lodged.add(("account", "domain", host))
            for kind in ("account", "person"):
                ids = {one.strip() for one in row[f"{kind}_key"] or () if one}
                borne |= {(kind, "id", one[:15] if re.fullmatch("[A-Za-z0-9]{18}", one) else one) for one in ids}
                borne |= {(kind, "numbering", f"{row['source']} {re.sub('[0-9]+', '#', one)}") for one in ids}
    return [
        one
        for one in guards
        if any((one["kind"], one["key_type"], value) in (lodged if one["reason"] == LODGED else borne) for value in _values(one))
    ]  # fmt: skip


def _values(guard: dict[str, Any]) -> list[str]:
    """Return a guarded key as records bear it; a numbering by source and form."""
    if guard["key_type"] != "numbering":
        return [guard["key_value"]]
    sources, _, form = guard["key_value"].rpartition(": ")
    return [f"{source} {form}" for source in sources.split(" and ")]


def _of_record(found: Resolution, text: str) -> str:
    """Turn `source:object:record_id` into the customer that the record is; anything else is an id already."""
    source, _, rest = text.partition(":")
    kind, colon, record = rest.partition(":")
    if not colon:
        return text
    same = pc.and_(pc.equal(found.id_registry["source"], source), pc.equal(found.id_registry["object"], kind))
    rows = found.id_registry.filter(pc.and_(same, pc.equal(found.id_registry["record_id"], record))).to_pylist()
    if not rows:
        raise ConfigError(f"{text}: there is no such record; ids are as the source writes them, an empty object leaves two colons")  # fmt: skip
    return str(sorted(rows, key=lambda row: (not row["is_present"], row["kind"] != "person"))[0]["id"])


def _rows(table: pa.Table, name: str, value: str) -> Rows:
    return list(table.filter(pc.equal(table[name], value)).to_pylist())


def _has(column: Any, value: str) -> bool:
    return bool(pc.any(pc.equal(column, value)).as_py())


def _name(row: dict[str, Any], prefix: str = "") -> str:
    return ":".join(str(row[f"{prefix}{name}"]) for name in IDENTITY)


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
