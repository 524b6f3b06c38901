"""Where each field of a golden record comes from: the record, the rule, what it beat; never another value than the golden one."""

from typing import Any

PERSON = ("name", "email", "phone", "title", "region", "segment", "product_line", "solution_interest")
ACCOUNT = ("name", "email", "phone", "domain", "region", "segment", "product_line", "country", "owner_id")


def told(world: Any) -> Any:
    """A contact and two leads of one mailbox at an account that billing knows too; somebody without an account."""
    today = world("2026-07-01 00:00")
    today.stage("account", {"record_id": "A1", "name": "Acme", "domain": "acme.com", "region": "EMEA", "segment": "unknown", "phone": "+49 30 1", "created_at": "2024-01-01"})  # fmt: skip
    today.stage("billing_customer", {"customer_id": "cus_1", "name": "ACME Ltd", "email": "pay@acme.com", "phone": "+49 30 2", "crm_account_id": "A1", "created_at": "2024-02-01"}, source="stripe")  # fmt: skip
    same = {"email": "ada@acme.com", "created_at": "2025-01-01", "region": "unknown", "segment": "unknown"}
    today.stage(
        "person",
        {**same, "object": "Contact", "record_id": "C1", "name": "Ada Bee", "phone": "1", "account_record_id": "A1", "segment": "mid", "region": "AMER", "modified_at": "2025-02-01"},
        {**same, "object": "Lead", "record_id": "L1", "name": "A. B.", "title": "CMO", "mobile_phone": "2", "modified_at": "2025-03-01"},
        {**same, "object": "Lead", "record_id": "L2", "name": "Ada", "title": "CEO", "modified_at": "2025-04-01"},
        {**same, "object": "Lead", "record_id": "L9", "name": "Bo", "email": "bo@x.example", "region": "APAC", "product_line": "Cloud"},
    )  # fmt: skip
    return today


def test_every_golden_value_has_its_record(world: Any) -> None:
    """For persons and accounts alike: the value of each field is that of the golden record, and a field without a value has no row."""
    today = told(world)
    rows = {(row["kind"], row["customer_id"], row["field"]): row for row in today.table("customer.golden_field_provenance")}  # fmt: skip
    for kind, fields in (("person", PERSON), ("account", ACCOUNT)):
        for golden in today.table(f"customer.dim_{kind}"):
            for field in fields:
                value = None if golden[field] == "unknown" else golden[field]
                found = rows.pop((kind, golden[f"{kind}_id"], field), {"value": None})
                assert found["value"] == value, (kind, field)
    assert not rows


def test_the_rule_and_what_was_beaten_are_told(world: Any) -> None:
    """Worked by hand: the contact's name beats two, the newer lead's title one, the mobile the desk, the account's region the contact's."""
    today = told(world)
    (ada,) = (row["person_id"] for row in today.table("customer.person_of") if row["record_id"] == "C1")
    rows = {row["field"]: row for row in today.table("customer.golden_field_provenance") if row["customer_id"] == ada}
    assert {field: (row["record_id"], row["beaten"]) for field, row in rows.items()} == {
        "name": ("C1", 2), "email": ("C1", 0), "title": ("L2", 1), "phone": ("L1", 1), "region": ("A1", 0),
    }  # fmt: skip
    assert (rows["region"]["rule"], rows["title"]["rule"]) == ("the account's", "contacts before leads before others, then the newest change")  # fmt: skip
    assert rows["title"]["told_at"].isoformat() == "2025-04-01T00:00:00+00:00"
