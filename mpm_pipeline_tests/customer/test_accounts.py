"""Which records are one account, and which account a person belongs to, and when (identity 6; readings 23, 57)."""

import pytest


def account(record_id, domain=None, *, created="2025-01-01", **rest):
    return {"record_id": record_id, "domain": domain, "created_at": created, **rest}


def customer(customer_id, email=None, crm_account_id=None):
    return {"customer_id": customer_id, "email": email, "crm_account_id": crm_account_id, "created_at": "2025-06-01"}


@pytest.fixture
def today(world):
    return world("2026-07-01 00:00", company_internal_domains="our.example")


def account_ids(world):
    return {row["record_id"]: row["account_id"] for row in world.table("customer.account_of")}


def test_one_domain_is_one_account(today):
    """Two CRM accounts with the same website and a billing mailbox there are one account; another domain is another."""
    today.stage("account", account("A1", "acme.com"), account("A2", "acme.com"), account("A3", "other.com"))
    today.stage("billing_customer", customer("cus_1", "ap@mail.acme.com"), source="stripe")
    ids = account_ids(today)
    assert ids["A1"] == ids["A2"] == ids["cus_1"] != ids["A3"]


def test_a_declared_account_beats_the_mailbox(today):
    """Billing names account A2: the payer's mailbox at A1's domain joins nothing."""
    today.stage("account", account("A1", "acme.com"), account("A2", "other.com"))
    today.stage("billing_customer", customer("cus_1", "ap@acme.com", "A2"), source="stripe")
    ids = account_ids(today)
    assert ids["cus_1"] == ids["A2"] != ids["A1"]


def test_a_declared_account_that_nobody_knows_falls_back_to_the_mailbox(today):
    """Billing names an account that the CRM does not show: else identity, that is the domain."""
    today.stage("account", account("A1", "acme.com"))
    today.stage("billing_customer", customer("cus_1", "ap@acme.com", "A404"), source="stripe")
    ids = account_ids(today)
    assert ids["cus_1"] == ids["A1"]


def test_a_payer_without_id_and_company_mail_goes_by_a_name_that_one_account_alone_bears(today):
    """Whatever case, accent, legal form and free mail; a name of two companies, a mailbox at a company, and no name at all say nothing."""
    names = {"A1": "Acmé Grids Inc.", "A2": "Twin GmbH", "A3": "Twin AG", "A4": "Unknown", "A5": "Solo Mills"}
    today.stage("account", *(account(one, f"{one.lower()}.com", name=name) for one, name in names.items()))
    payers = {"cus_1": ("ACME Grids", None), "cus_2": ("The Acme Grids, S.p.A.", "acme@gmail.com"), "cus_3": ("Twin", None),
              "cus_4": ("Acme Grids", "ap@other.com"), "cus_5": (None, None), "cus_6": ("unknown", None)}  # fmt: skip
    today.stage("billing_customer", *({**customer(one, mail), "name": name} for one, (name, mail) in payers.items()), source="stripe")  # fmt: skip
    today.stage("billing_customer", {**customer("cus_7", None, "A2"), "name": "Acme Grids"}, source="stripe")
    ids = account_ids(today)
    assert ids["cus_1"] == ids["cus_2"] == ids["A1"] and ids["cus_7"] == ids["A2"]
    assert len({ids[one] for one in ("A1", "A2", "A3", "A4", "cus_3", "cus_4", "cus_5", "cus_6")}) == 8


def test_an_account_that_is_deleted_bears_no_name(today):
    """Two accounts were called so, one is left: it bears the name alone."""
    today.stage(
        "account", account("A1", "acme.com", name="Acme"), account("A2", "acme.de", name="Acme", is_deleted=True)
    )
    today.stage("billing_customer", {**customer("cus_1"), "name": "ACME Ltd"}, source="stripe")
    ids = account_ids(today)
    assert ids["cus_1"] == ids["A1"]


def test_without_a_crm_the_declared_account_still_groups(world):
    """With the CRM off, two payers that name the same account are one account, whatever their mailboxes."""
    today = world("2026-07-01 00:00", off=["salesforce"])
    today.stage(
        "billing_customer", customer("cus_1", "a@x.com", "A1"), customer("cus_2", "b@y.com", "A1"), source="stripe"
    )
    ids = account_ids(today)
    assert ids["cus_1"] == ids["cus_2"]


def test_a_word_for_no_account_declares_nothing(world):
    """With the CRM off, two payers whose account is `n/a` are two accounts, each by the domain of its mailbox."""
    today = world("2026-07-01 00:00", off=["salesforce"])
    payers = [customer("cus_1", "a@x.com", "n/a"), customer("cus_2", "b@y.com", "N/A"), customer("cus_3", "c@y.com")]
    today.stage("billing_customer", *payers, source="stripe")
    ids = account_ids(today)
    assert ids["cus_1"] != ids["cus_2"] == ids["cus_3"]


def test_free_mail_is_no_company(today):
    """Two payers with Gmail mailboxes stay two accounts."""
    today.stage("billing_customer", customer("cus_1", "a@gmail.com"), customer("cus_2", "b@gmail.com"), source="stripe")
    ids = account_ids(today)
    assert ids["cus_1"] != ids["cus_2"]


def test_a_hierarchy_is_no_identity(today):
    """A subsidiary on its parent's website stays an account of its own, under its parent; the domain tells the parent."""
    today.stage(
        "account", account("A1", "acme.com"), account("A2", "acme.com", parent_record_id="A1", created="2024-01-01")
    )
    ids = account_ids(today)
    assert ids["A1"] != ids["A2"]
    dim = {row["account_id"]: row for row in today.table("customer.dim_account")}
    assert dim[ids["A2"]]["parent_account_id"] == ids["A1"]
    assert today.table("customer.account_domain") == [{"domain": "acme.com", "account_id": ids["A1"]}]


def test_two_sisters_on_one_website_stay_two(today):
    """Two accounts under one parent with the same website are two companies."""
    today.stage("account", account("A0"), account("A1", "acme.com", parent_record_id="A0"), account("A2", "acme.com", parent_record_id="A0"))  # fmt: skip
    assert len(set(account_ids(today).values())) == 3


def test_a_merged_account_is_its_survivor(today):
    """The account that was merged away is found under the survivor, whatever its website."""
    today.stage("account", account("A1", "old.com", is_deleted=True, merged_into_id="A2"), account("A2", "new.com"))
    rows = {row["record_id"]: row for row in today.table("customer.account_of")}
    assert rows["A1"]["account_id"] == rows["A2"]["account_id"]
    assert (rows["A1"]["survivor_record_id"], rows["A1"]["is_deleted"]) == ("A2", False)


def person(record_id, email, object="Contact", created="2026-01-01", **rest):
    return {"object": object, "record_id": record_id, "email": email, "created_at": created, **rest}


def belongs(world):
    """Return (email, account's name) of every person as of today."""
    names = {row["account_id"]: row["name"] for row in world.table("customer.dim_account")}
    return {row["email"]: names.get(row["account_id"]) for row in world.table("customer.dim_person")}


def test_an_unconverted_lead_belongs_by_its_mailbox(today):
    """The registrable domain of the mailbox finds the website; free mail and own people belong to none."""
    today.stage("account", account("A1", "acme.co.uk", name="Acme"), account("A2", "gmail.com", name="Trap"), account("A3", "our.example", name="We"))  # fmt: skip
    today.stage(
        "person",
        person("L1", "ada@mail.acme.co.uk", "Lead"), person("L2", "bob@gmail.com", "Lead"), person("L3", "cy@our.example", "Lead"),
    )  # fmt: skip
    assert belongs(today) == {"ada@mail.acme.co.uk": "Acme", "bob@gmail.com": None, "cy@our.example": None}


def test_evidence_is_tried_in_order(today):
    """A contact's account beats the converted lead's, that beats the declared one, that beats the domain."""
    today.stage("account", account("A1", "acme.com", name="Acme"), account("A2", name="Contact's"), account("A3", name="Lead's"), account("A4", name="Declared"))  # fmt: skip
    today.stage(
        "person",
        person("C1", "ada@acme.com", account_record_id="A2"), person("L1", "ada@acme.com", "Lead", account_record_id="A3"),
        person("L2", "bob@acme.com", "Lead", account_record_id="A3"),
    )  # fmt: skip
    today.stage("person", person("8", "bob@acme.com", "leads", account_record_id="A4"), person("9", "cy@acme.com", "leads", account_record_id="A4"), source="marketo")  # fmt: skip
    assert belongs(today) == {"ada@acme.com": "Contact's", "bob@acme.com": "Lead's", "cy@acme.com": "Declared"}


def test_a_change_of_job_is_a_change_of_account(today):
    """With contacts at two companies each counts from its creation on; before the first, the first."""
    today.stage("account", account("A1", "one.com"), account("A2", "two.com"))
    today.stage(
        "person",
        person("C1", "ada@private.net", account_record_id="A1", created="2026-01-01"),
        person("C2", "ada@private.net", account_record_id="A2", created="2026-03-01"),
    )
    ids = account_ids(today)
    rows = sorted(today.table("customer.person_account"), key=lambda row: row["from_at"])
    assert [(row["account_id"], row["from_at"].year) for row in rows] == [(ids["A1"], 1900), (ids["A2"], 2026)]
    assert rows[0]["to_at"] == rows[1]["from_at"]


def test_the_golden_account_prefers_known_values(today):
    """Region and segment come from the record that knows them; unknown never beats a value."""
    today.stage("account", account("A1", "acme.com", name="Acme", created="2024-01-01"), account("A2", "acme.com", region="EMEA", segment="mid"))  # fmt: skip
    (row,) = today.table("customer.dim_account")
    assert (row["name"], row["region"], row["segment"], row["records"]) == ("Acme", "EMEA", "mid", 2)
