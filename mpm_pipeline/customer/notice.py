"""Whom to tell when a source lost records or was down: the persons whom the records name, and by which channel each may be told.

A person who must not be contacted gets no channel and no address; a channel that a person refused is never taken, whatever is
preferred. Everybody listed is marked, so that promotional sends can be held. The only table here that may hold personal data.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
COLUMNS = (
    "person_id", "name", "account_id", "channel", "address", "held_reason", "hold_promotions", "why", "records",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")
BY_VOICE = ("mobile_phone", "phone")


@dataclass(frozen=True)
class Touched:
    """A record for whose sake somebody may have to be told: its own ids, the ids that it names, and what became of it."""

    ids: tuple[str, ...]
    names: frozenset[str]
    why: str


def notice(
    touched: Iterable[Touched], registry: Iterable[Row], persons: Iterable[Row], *, needs_consent: bool = False
) -> list[dict[str, Any]]:
    """Return one row per person to tell, by person; `registry` holds the records of the source (`customer.id_registry`).

    A record tells the persons that it is or names; one that names none of them, such as a deal, tells those of its company.
    """
    known = {str(row["person_id"]): row for row in persons if not row["is_internal"]}
    own: dict[str, set[str]] = defaultdict(set)
    company: dict[str, set[str]] = defaultdict(set)
    for row in registry:
        (own if row["kind"] == "person" else company)[row["record_id"]].add(row["id"])
    staff: dict[str, set[str]] = defaultdict(set)
    for person in known.values():
        if person["account_id"]:
            staff[person["account_id"]].add(person["person_id"])
    reasons: dict[str, list[str]] = defaultdict(list)
    for one in touched:
        for person_id in _whom(one, own, company, staff) & known.keys():
            reasons[person_id].append(one.why)
    return [_row(known[person_id], why, needs_consent=needs_consent) for person_id, why in sorted(reasons.items())]


def safe(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula; numbers and flags stay as they are."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def channel_of(person: Row, *, needs_consent: bool = False) -> tuple[str | None, str | None]:
    """Return channel and address: the preferred one if it may be used, else phone, else e-mail, else none."""
    may_call = person["is_do_not_call"] is False or (person["is_do_not_call"] is None and not needs_consent)
    may_mail = person["can_email"] is True or (person["can_email"] is None and not needs_consent)
    choices = [
        (person["urgent_channel"], person["urgent_address"]),
        ("phone", person["phone"]),
        ("email", person["email"]),
    ]
    for channel, address in choices:
        kind = _kind(channel)
        if channel and address and (may_call if kind == "voice" else may_mail if kind == "mail" else not needs_consent):
            return channel, address
    return None, None


def _kind(channel: str | None) -> str:
    """Say which consent a channel needs: mail, voice (calls and texts), or that of a social network."""
    word = (channel or "").lower()
    if "mail" in word:
        return "mail"
    return "voice" if any(part in word for part in ("phone", "call", "sms", "text", "mobile", "voice")) else "social"


def _whom(
    one: Touched, own: Mapping[str, set[str]], company: Mapping[str, set[str]], staff: Mapping[str, set[str]]
) -> Collection[str]:
    named = [*one.ids, *one.names]
    persons = set().union(*(own.get(name, set()) for name in named))
    if persons:
        return persons
    accounts = set().union(*(company.get(name, set()) for name in named))
    return set().union(*(staff.get(account, set()) for account in accounts))


def _row(person: Row, why: list[str], *, needs_consent: bool) -> dict[str, Any]:
    is_silent = bool(person["is_do_not_contact"])
    channel, address = (None, None) if is_silent else channel_of(person, needs_consent=needs_consent)
    reason = "do_not_contact" if is_silent else None if channel else "no_allowed_channel"
    values = (
        person["person_id"], None if is_silent else person["name"], person["account_id"], channel, address, reason, True,
        ";".join(sorted(set(why))), len(why),
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))
