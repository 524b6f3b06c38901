"""Which records are one person: declared ids, guarded mailboxes, merges and deletions (identity 1-3)."""

import pytest


def person(record_id, email=None, *, object="Contact", created="2026-01-01", **rest):
    return {"object": object, "record_id": record_id, "email": email, "created_at": created, **rest}


def same(world, *record_ids):
    """Return the person ids of records in order, shortened to letters so that a pattern can be read."""
    ids = {row["record_id"]: row["person_id"] for row in world.table("customer.person_of")}
    letters: dict[str, str] = {}
    return "".join(letters.setdefault(ids[one], "abcdefgh"[len(letters)]) for one in record_ids)


@pytest.fixture
def today(world):
    return world("2026-07-01 00:00", company_internal_domains="our.example")


def test_a_mailbox_is_read_without_case_tags_and_gmail_dots(today):
    """Case, blanks, +tags, and for Gmail dots and the old domain make no other person; elsewhere dots do."""
    today.stage(
        "person",
        person("C1", " Ada@Acme.com"), person("C2", "ada+news@acme.com"), person("C3", "a.da@acme.com"),
        person("C4", "al.an@gmail.com"), person("C5", "alan+x@googlemail.com"),
    )  # fmt: skip
    assert same(today, "C1", "C2", "C3", "C4", "C5") == "aabcc"


def test_shared_mailboxes_and_placeholders_identify_nobody(today):
    """info@ is a role, none@ a placeholder, null and blank are nothing: each record stays for itself."""
    today.stage(
        "person",
        person("C1", "info@acme.com"), person("C2", "info@acme.com"), person("C3", "none@acme.com"), person("C4", "none@acme.com"),
        person("C5"), person("C6"), person("C7", "  "), person("C8", "no mailbox"),
    )  # fmt: skip
    assert same(today, "C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8") == "abcdefgh"
    assert not [row for row in today.table("customer.identity_key") if not (row["key_value"] or "").strip()]


def test_a_word_for_no_id_declares_nothing(today):
    """Two marketing leads whose CRM id is `n/a`, zeros in either length or `Unknown` are two people, as two members called null are."""
    words = ("n/a", "0", " Unknown ", "000000000000000", "000000000000000AAA")
    told = [(f"{place}{one}", word) for place, word in enumerate(words) for one in "ab"]
    today.stage(
        "person",
        *(person(key, object="leads", crm_lead_id=word) for key, word in told),
        *(person(f"c{key}", object="leads", crm_contact_id=word) for key, word in told),
        *(person(f"m{one}", object="leadFormResponses", member_id="null") for one in "ab"),
        source="marketo",
    )
    people = {row["record_id"]: row["person_id"] for row in today.table("customer.person_of")}
    assert len(set(people.values())) == len(people) == 4 * len(words) + 2


def test_declared_ids_join_across_mailboxes(today):
    """A marketing lead that names its CRM lead, and a lead that names the contact it became, are one person."""
    today.stage("person", person("L1", "a@x.com", object="Lead"), person("C1", "b@y.com"))
    today.stage("lead", {"lead_id": "L1", "converted_contact_id": "C1", "created_at": "2026-01-01"})
    today.stage("person", person("7", "c@z.com", object="leads", crm_lead_id="L1"), source="marketo")
    assert same(today, "L1", "C1", "7") == "aaa"


def test_ids_of_other_objects_are_no_key(today):
    """A contact whose id equals a lead's is another record: ids count within their object."""
    today.stage("person", person("X1", "a@x.com", object="Lead"), person("X1", "b@y.com"))
    rows = today.table("customer.person_of")
    assert len({row["person_id"] for row in rows}) == 2


def test_a_mailbox_behind_too_many_names_is_set_aside_and_reported(today):
    """Seven different names on one mailbox are no person; the key is reported with its counts, records stay apart."""
    names = [f"Name{number}" for number in range(7)]
    today.stage("person", *(person(name, "front@acme.com", last_name=name) for name in names))
    assert same(today, *names) == "abcdefg"
    (guard,) = today.table("customer.key_guard")
    assert (guard["key_value"], guard["records"], guard["names"]) == ("front@acme.com", 7, 7)


def test_many_records_of_one_name_are_one_person(today):
    """Names are counted, not records: a hundred records of one name on one mailbox are one person."""
    today.stage("person", *(person(f"C{number}", "ada@acme.com", last_name="Bee") for number in range(100)))
    assert len({row["person_id"] for row in today.table("customer.person_of")}) == 1


def test_merged_records_stand_under_their_survivor(today):
    """L1 was merged into L2, L2 into L3: all are one person, L3 survives, nobody counts as deleted."""
    today.stage(
        "person",
        person("L1", "a@x.com", object="Lead", is_deleted=True, merged_into_id="L2"),
        person("L2", "b@x.com", object="Lead", is_deleted=True, merged_into_id="L3"),
        person("L3", "c@x.com", object="Lead"),
    )
    rows = {row["record_id"]: row for row in today.table("customer.person_of")}
    assert same(today, "L1", "L2", "L3") == "aaa"
    assert [rows[one]["survivor_record_id"] for one in ("L1", "L2", "L3")] == ["L3", "L3", "L3"]
    assert [rows[one]["is_merged"] for one in ("L1", "L2", "L3")] == [True, True, False]
    assert not any(row["is_deleted"] for row in rows.values())


def test_what_a_merge_gave_up_speaks_against_nobody(today):
    """Bob was merged into Ann: Ann's marketing lead on her mailbox is hers, though his name and mailbox differ, as in a home that never saw Bob."""
    ann = {"first_name": "Ann", "last_name": "Lee"}
    today.stage(
        "person",
        person("C1", "ann.lee@acme.com", **ann),
        person("C2", "ann.lee@acme.com", first_name="Bob", last_name="Ray", phone="+15550100", merged_into_id="C1", is_deleted=True),
    )  # fmt: skip
    today.stage("person", person("7", "ann.lee@acme.com", object="leads", **ann), source="marketo")
    assert same(today, "C1", "C2", "7") == "aaa"


def test_a_mailbox_of_a_merged_record_still_brings_its_survivor(today):
    """C2 was merged into C1: a marketing lead that knows C2's mailbox or C2's id alone is C1's."""
    today.stage(
        "person", person("C1", "new@acme.com"), person("C2", "old@acme.com", merged_into_id="C1", is_deleted=True)
    )
    leads = (person("7", "old@acme.com", object="leads"), person("8", "x@y.com", object="leads", crm_contact_id="C2"))
    today.stage("person", *leads, source="marketo")
    assert same(today, "C1", "C2", "7", "8") == "aaaa"


def test_a_deleted_record_is_kept_and_flagged(today):
    """A deleted contact without survivor stays in the crosswalk, flagged; it makes no golden record."""
    today.stage("person", person("C1", "a@x.com", is_deleted=True), person("C2", "b@x.com"))
    rows = {row["record_id"]: row for row in today.table("customer.person_of")}
    assert rows["C1"]["is_deleted"] and not rows["C2"]["is_deleted"]
    assert len(today.table("customer.crosswalk")) == 2
    assert [row["email"] for row in today.table("customer.dim_person")] == ["b@x.com"]


def test_a_deleted_record_is_no_bridge(today):
    """A deleted lead shares a mailbox with one contact and is named by another: the two stay two people."""
    today.stage("person", person("C1", "a@x.com"), person("L1", "a@x.com", object="Lead", is_deleted=True))
    today.stage(
        "person", person("7", "other@x.com", object="leads", crm_lead_id="L1", created="2026-02-01"), source="marketo"
    )
    assert same(today, "C1", "L1", "7") == "aab"


def test_own_people_are_marked(today):
    """Whoever has a mailbox at one of our domains, or below it, is internal with all records."""
    today.stage("person", person("C1", "x@mail.our.example"), person("C2", "y@your.example"))
    today.stage("person", person("7", "z@free.com", object="leads", crm_contact_id="C1"), source="marketo")
    internal = {row["record_id"]: row["is_internal"] for row in today.table("customer.person_of")}
    assert internal == {"C1": True, "7": True, "C2": False}


def test_referrals_and_surveys_join_by_mailbox(today):
    """A referral and a survey that name a known mailbox are that person; unknown ones become people of their own."""
    today.stage("person", person("C1", "ada@acme.com"))
    today.stage(
        "referral",
        {"referral_id": "R1", "email": "ada@acme.com", "referred_on": "2026-02-01"},
        {"referral_id": "R2", "domain": "acme.com", "referred_on": "2026-02-01"},
        source="partners",
    )
    today.stage(
        "survey_response", {"response_id": "S1", "email": "new@acme.com", "sent_at": "2026-02-01"}, source="service"
    )
    assert same(today, "C1", "R1", "S1") == "aab"


def test_the_crosswalk_says_why(today):
    """Declared ids are sure, a shared mailbox nearly so, and a record alone has nothing to doubt."""
    today.stage("person", person("C1", "ada@acme.com"), person("C2", "ADA@acme.com"), person("C3", "bob@acme.com"))
    rows = {row["record_id"]: row for row in today.table("customer.crosswalk")}
    assert (rows["C1"]["confidence"], rows["C1"]["reason"]) == (0.97, "same mailbox")
    assert (rows["C3"]["confidence"], rows["C3"]["reason"]) == (1.0, "shares nothing with another record")


def test_one_opt_out_counts_and_a_value_beats_nothing(today):
    """The golden record takes the contact's name, the lead's title where the contact has none, and every opt-out."""
    today.stage(
        "person",
        person("C1", "ada@acme.com", name="Ada Bee", can_email=True, phone="1"),
        person("L1", "ada@acme.com", object="Lead", name="A. B.", title="CEO", can_email=False, mobile_phone="2"),
    )
    (row,) = today.table("customer.dim_person")
    assert (row["name"], row["title"], row["can_email"], row["records"]) == ("Ada Bee", "CEO", False, 2)
    assert (row["urgent_channel"], row["urgent_address"]) == ("mobile_phone", "2")


def test_leads_that_are_all_called_the_same_stay_apart(today):
    """Eight leads of one name and one company, no mailbox: nobody can tell that they are one, and the report says why."""
    names = [f"L{number}" for number in range(8)]
    given = {"first_name": "Ann", "last_name": "Lead", "company": "Acme"}
    today.stage("person", *(person(name, object="Lead", **given) for name in names))
    assert same(today, *names) == "abcdefgh"
    assert [row["reason"] for row in today.table("customer.key_guard_report")] == ["more separate records than one person has"]  # fmt: skip


def test_two_records_of_one_name_at_one_employer_are_one_person(today):
    """A private mailbox in marketing and a business one in the CRM: the name at Acme joins them, and says so."""
    today.stage("account", {"record_id": "A1", "name": "Acme Ltd", "domain": "acme.com", "created_at": "2025-01-01"})
    given = {"first_name": "Ursula", "last_name": "Sharpe"}
    today.stage("person", person("C1", "us@acme.com", account_record_id="A1", **given))
    today.stage("person", person("7", "ursula@gmail.com", object="leads", company="ACME", **given), source="marketo")
    assert same(today, "C1", "7") == "aa"
    rows = today.table("customer.crosswalk")
    assert {(row["confidence"], row["reason"]) for row in rows if row["person_id"]} == {(0.9, "same name at one employer")}  # fmt: skip


def test_an_id_with_a_semicolon_is_one_id(today):
    """`zzz;SAME1` and `yyy;SAME1` share a part of their text and nothing else."""
    today.stage("person", person("7", object="leads", crm_lead_id="zzz;SAME1"), person("8", object="leads", crm_lead_id="yyy;SAME1"), source="marketo")  # fmt: skip
    assert same(today, "7", "8") == "ab"


def test_numbered_mailboxes_are_namesakes(today):
    """kkondo@ and kkondo96@ of one company were given to two people of one name; k.kondo@ may be either's."""
    given = {"first_name": "Kenta", "last_name": "Kondo", "company": "Acme"}
    today.stage(
        "person", *(person(mail, f"{mail}@acme.com", object="Lead", **given) for mail in ("kkondo", "kkondo96"))
    )
    assert same(today, "kkondo", "kkondo96") == "ab"


def test_an_area_code_tells_two_telephones_apart(today):
    """Quinn Abbott on +1-713-555-0177 and on +1 613-555-0177 are two; (713) 555-0177 is the first one's, written otherwise."""
    numbers = {"C1": "+1-713-555-0177", "C2": "+1 613-555-0177", "C3": "(713) 555-0177", "C4": "+44 20 7946 0996", "C5": "020 7946 0996"}  # fmt: skip
    names = {"first_name": "Quinn", "last_name": "Abbott"}
    today.stage("person", *(person(one, f"{one}@{one}.example", phone=number, **names) for one, number in numbers.items()))  # fmt: skip
    assert same(today, *numbers) == "abacc"
