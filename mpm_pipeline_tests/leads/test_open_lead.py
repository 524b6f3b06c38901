"""Which persons are distributed, under which lead, and who is held back and why (inputs 3; lead distribution)."""

import pytest

from mpm_pipeline_tests.leads.conftest import ANA


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"is_do_not_contact": True}, "do_not_contact"),
        ({"can_email": False, "is_do_not_call": True}, "opted_out"),
        ({"can_email": False, "is_do_not_call": True, "is_do_not_contact": True}, "do_not_contact"),
    ],
)
def test_who_must_not_be_contacted_is_held(desk, facts, reason) -> None:
    """Do not contact; e-mail and calls both refused; both at once: the wider one. The lead is listed, with nobody."""
    assert desk().rep().lead(**facts).outcomes() == {"L1": ("held", reason)}


@pytest.mark.parametrize("facts", [{"can_email": False}, {"is_do_not_call": True}, {"can_email": None}])
def test_one_channel_refused_stops_no_routing(desk, facts) -> None:
    """An opt-out of e-mail alone, or of calls alone, or a consent that nobody wrote down (as long as it is not required)."""
    assert desk().rep().lead(**facts).outcomes() == {"L1": ("assigned", "best_value")}


def test_unknown_consent_is_held_where_consent_is_required(desk) -> None:
    """leads.consent_required: unknown counts as refused, known does not."""
    found = desk(leads_consent_required=True).rep().lead(can_email=None).lead("L2").outcomes()
    assert found == {"L1": ("held", "consent_unknown"), "L2": ("assigned", "best_value")}


def test_without_a_file_of_reps_every_lead_is_held(desk) -> None:
    """Nothing says who takes leads; who must not be contacted keeps that reason."""
    found = desk().lead().lead("L2", is_do_not_contact=True).outcomes()
    assert found == {"L1": ("held", "no_rep_data"), "L2": ("held", "do_not_contact")}


@pytest.mark.parametrize("stage", ["sal", "sql", "recycled", "rejected"])
def test_who_is_past_mql_is_not_distributed(desk, stage) -> None:
    """Accepted, qualified, recycled or rejected: not in the list."""
    assert desk().rep().lead("L1", "inquiry", "mql", stage).outcomes() == {}


def test_who_has_an_owner_or_is_no_mql_is_not_distributed(desk) -> None:
    """A user owns L1, nobody L2, a queue L3; L4 is an inquiry still."""
    waiting = desk().rep().lead(owner_id=ANA).lead("L2", owner_id=None).lead("L3").lead("L4", "inquiry")
    assert set(waiting.outcomes()) == {"L2", "L3"}


def test_of_two_leads_of_the_cycle_the_newer_is_the_lead(desk) -> None:
    """One mailbox, two leads in one cycle: the one of 5 March."""
    found = desk().rep().lead(person="ada").lead("L2", "inquiry", person="ada", created="2026-03-05 09:00").outcomes()
    assert set(found) == {"L2"}


def test_a_lead_that_stayed_behind_in_an_earlier_cycle_is_not_the_lead(desk) -> None:
    """L1 is recycled on 6 March and at mql again on 10 March; L2 was created on 5 March and never moved since: L1, though L2 is newer."""
    waiting = (
        desk()
        .rep()
        .lead("L1", "inquiry", "mql", person="ada")
        .lead("L2", "inquiry", person="ada", created="2026-03-05 09:00")
    )
    waiting.moved("L1", "2026-03-06 09:00", "mql", "recycled").moved("L1", "2026-03-10 09:00", "recycled", "mql")
    assert set(waiting.outcomes()) == {"L1"}


def test_a_lead_created_in_the_open_cycle_is_the_lead(desk) -> None:
    """L1 was recycled on 6 March; L2 comes on 9 March with its mql a day later: L2."""
    waiting = (
        desk().rep().lead("L1", "inquiry", "mql", person="ada").lead("L2", person="ada", created="2026-03-09 09:00")
    )
    waiting.moved("L1", "2026-03-06 09:00", "mql", "recycled")
    assert set(waiting.outcomes()) == {"L2"}
