"""Whom to tell and by which channel: whoever a record is or names, else its company's people; consent before preference."""

from typing import Any

import pytest

from mpm_pipeline.customer.notice import Touched, channel_of, notice, safe

REGISTRY = [
    {"kind": "person", "record_id": "lead", "id": "p1"}, {"kind": "person", "record_id": "contact", "id": "p2"},
    {"kind": "person", "record_id": "other", "id": "p3"}, {"kind": "account", "record_id": "firm", "id": "a1"},
]  # fmt: skip


def person(person_id: str = "p1", **more: Any) -> dict[str, Any]:
    """A person with a phone and an e-mail who refuses nothing."""
    known = {
        "person_id": person_id, "name": person_id, "account_id": None, "is_internal": False, "phone": "+1", "email": "e@x.example",
        "urgent_channel": "phone", "urgent_address": "+1", "can_email": None, "is_do_not_call": None, "is_do_not_contact": None,
    }  # fmt: skip
    return known | more


PEOPLE = [person("p1"), person("p2", account_id="a1"), person("p3", account_id="a1")]


@pytest.mark.parametrize(
    ("touched", "told"),
    [
        (Touched(("lead",), frozenset(), "vanished"), ["p1"]),
        (Touched(("task",), frozenset({"contact", "firm"}), "vanished"), ["p2"]),
        (Touched(("deal",), frozenset({"firm"}), "vanished"), ["p2", "p3"]),
        (Touched(("stage",), frozenset({"nobody"}), "vanished"), []),
    ],
)
def test_a_record_tells_whom_it_is_or_names_else_its_company(touched: Touched, told: list[str]) -> None:
    """A task tells its contact and not the whole company, a deal without a name all of them."""
    assert [row["person_id"] for row in notice([touched], REGISTRY, PEOPLE)] == told


def test_one_person_is_told_once_with_all_reasons() -> None:
    """Two records, one row; own people are not told."""
    both = [Touched(("lead",), frozenset(), "vanished"), Touched(("lead",), frozenset(), "entered")]
    (row,) = notice(both, REGISTRY, PEOPLE)
    assert (row["why"], row["records"], row["hold_promotions"]) == ("entered;vanished", 2, True)
    assert notice(both, REGISTRY, [person("p1", is_internal=True)]) == []


@pytest.mark.parametrize(
    ("more", "channel"),
    [
        ({}, "phone"),
        ({"is_do_not_call": True}, "email"),
        ({"is_do_not_call": True, "can_email": False}, None),
        ({"urgent_channel": "E-mail", "urgent_address": "u@x.example", "can_email": False}, "phone"),
        ({"urgent_channel": "SMS", "urgent_address": "+2", "is_do_not_call": True}, "email"),
        ({"urgent_channel": "twitter", "urgent_address": "@u", "is_do_not_call": True, "can_email": False}, "twitter"),
        ({"urgent_channel": None, "urgent_address": None, "phone": None}, "email"),
    ],
)
def test_consent_comes_before_preference(more: dict[str, Any], channel: str | None) -> None:
    """A text message needs what a call needs; mail needs its own."""
    assert channel_of(person(**more))[0] == channel


def test_where_consent_is_required_silence_is_none() -> None:
    """Unknown is no yes then."""
    assert channel_of(person(), needs_consent=True) == (None, None)
    assert channel_of(person(can_email=True), needs_consent=True) == ("email", "e@x.example")


def test_who_must_not_be_contacted_has_neither_name_nor_address() -> None:
    """Listed, so that promotions are held, and nothing more."""
    (row,) = notice([Touched(("lead",), frozenset(), "vanished")], REGISTRY, [person(is_do_not_contact=True)])
    assert (row["name"], row["channel"], row["address"], row["held_reason"]) == (None, None, None, "do_not_contact")


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_is_a_formula(text: str) -> None:
    """Texts get a quote, numbers and flags stay."""
    assert safe(text) == f"'{text}"
    assert (safe(-5), safe(True), safe(None), safe("a=b")) == (-5, True, None, "a=b")
