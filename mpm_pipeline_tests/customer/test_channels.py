"""By which channel a person is reached first: what was declared, what consent allows, and why there is none."""

from typing import Any

import pytest

from mpm_pipeline.customer.notice import channel_of

TOLD: dict[str, dict[str, Any]] = {"email": "e@x.example", "phone": "+1 2"}  # type: ignore[dict-item]
CASES: list[tuple[dict[str, Any], tuple[str | None, str | None, str], str]] = [
    ({}, ("phone", "+1 2", "first allowed"), "a telephone comes before a mailbox"),
    ({"mobile_phone": "+1 7"}, ("phone", "+1 7", "first allowed"), "a mobile telephone before a telephone"),
    ({"phone": None}, ("email", "e@x.example", "first allowed"), "a mailbox alone"),
    ({"is_do_not_call": True}, ("email", "e@x.example", "first allowed"), "no calls"),
    ({"is_do_not_call": True, "can_email": False}, (None, None, "no_allowed_channel"), "neither calls nor mails"),
    ({"is_do_not_contact": True, "can_email": True}, (None, None, "do_not_contact"), "no contact at all"),
    ({"email": None, "phone": None}, (None, None, "no_address"), "nothing known"),
    ({"urgent_channel": "SMS", "urgent_address": "+1 9"}, ("text", "+1 9", "declared"), "a text"),
    ({"urgent_channel": "Messenger", "urgent_address": "@u", "can_email": False}, ("social", "@u", "declared"), "a social network"),
    ({"urgent_channel": "E-mail"}, ("email", "e@x.example", "declared"), "a channel without an address: the person's own of that kind"),
    ({"urgent_channel": "twitter"}, ("phone", "+1 2", "first allowed"), "a network without an address cannot be used"),
    ({"urgent_channel": "voicemail"}, ("phone", "+1 2", "declared"), "a mail by voice is a call"),
    ({"urgent_channel": "Do not call"}, ("email", "e@x.example", "first allowed"), "a word that refuses calls leaves mails"),
    ({"urgent_channel": "no e-mail", "phone": None}, (None, None, "no_allowed_channel"), "a word that refuses mails, and no telephone"),
    ({"urgent_channel": "direct mail"}, ("phone", "+1 2", "first allowed"), "a letter is none of the channels"),
    ({"urgent_address": "u@y.example"}, ("email", "u@y.example", "declared"), "an address that tells its kind"),
    ({"urgent_channel": "SMS", "urgent_address": "+1 9", "is_do_not_call": True}, ("email", "e@x.example", "first allowed"), "texts need the consent of calls"),
    ({"urgent_channel": "Email", "urgent_address": "u@y.example", "can_email": False}, ("phone", "+1 2", "first allowed"), "a declared mailbox after an opt-out"),
]  # fmt: skip


@pytest.fixture
def today(world: Any) -> Any:
    return world("2026-07-01 00:00")


def people(today: Any, cases: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Stage one contact per case; return the golden records by their place."""
    today.stage("person", *({"object": "Contact", "record_id": f"C{n:02}", "created_at": "2025-01-01", **TOLD, **({} if told.get("email", "") is None else {"email": f"e{n}@x.example"}), **told} for n, told in enumerate(cases)))  # fmt: skip
    ids = {row["record_id"]: row["person_id"] for row in today.table("customer.crosswalk")}
    found = {row["person_id"]: row for row in today.table("customer.dim_person")}
    return {one: found[person] for one, person in ids.items()}


def test_the_preferred_channel_is_declared_or_the_first_that_is_allowed(today: Any) -> None:
    """Every case by hand: channel, address and reason; the exported notice would take the same address."""
    found = people(today, [told for told, _, _ in CASES])
    for n, (told, (channel, address, reason), words) in enumerate(CASES):
        row = found[f"C{n:02}"]
        address = address.replace("e@x.example", f"e{n}@x.example") if address else None
        assert (row["preferred_channel"], row["preferred_address"], row["preferred_reason"]) == (channel, address, reason), words  # fmt: skip
        if reason != "do_not_contact" and not ("urgent_channel" in told) ^ ("urgent_address" in told):
            assert channel_of(row)[1] == address, words


def test_where_consent_is_required_silence_is_none(world: Any) -> None:
    """Nobody says whether mails and calls are welcome: none is taken; a yes opens that channel alone."""
    told: list[dict[str, Any]] = [
        {},
        {"can_email": True},
        {"is_do_not_call": False},
        {"urgent_channel": "twitter", "urgent_address": "@u"},
    ]
    found = people(world("2026-07-01 00:00", leads_consent_required=True), told)
    assert [found[f"C{n:02}"]["preferred_channel"] for n in range(4)] == [None, "email", "phone", None]
    assert found["C00"]["preferred_reason"] == found["C03"]["preferred_reason"] == "no_allowed_channel"


def test_consent_per_channel_is_the_strictest_of_all_records(today: Any) -> None:
    """One record allows calls, another refuses them: refused; mails are allowed by one and nobody refuses."""
    shared = {"email": "a@acme.com", "created_at": "2025-01-01"}
    today.stage("person", {"object": "Contact", "record_id": "C1", "is_do_not_call": False, "can_email": True, **shared}, {"object": "Lead", "record_id": "L1", "is_do_not_call": True, **shared})  # fmt: skip
    (row,) = today.table("customer.dim_person")
    assert (row["can_call"], row["can_email"], row["is_do_not_contact"]) == (False, True, None)
