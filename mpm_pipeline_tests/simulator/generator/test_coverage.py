"""The default world holds the cases that a reading of it must meet: dirt, removals, currencies, queues, plans."""

import json
from collections import Counter
from pathlib import Path

from mpm_pipeline_tests.simulator.generator.looking import Look


def test_volumes_are_those_of_a_demo(look: Look, folder: Path) -> None:
    """A middling company: some two thousand people, a thousand leads, five hundred deals, in under 62,000 lines."""
    people = {row["person"] for row in look.truth("person")}
    assert 1500 < len(people) < 2500
    assert 1000 < len(look.live("salesforce/Lead")) < 1300
    assert 400 < len(look.live("salesforce/Opportunity")) < 650
    assert 25 <= len(look.live("salesforce/User")) <= 40
    assert 15_000 < len(look.live("marketo/activities")) < 25_000
    assert len(look.live("stripe/invoices")) > 1400
    served = [file for file in folder.glob("*/*.jsonl") if file.parent.name != "truth"]
    assert sum(file.read_bytes().count(b"\n") for file in served) < 62_000


def test_leads_wait_in_queues(look: Look) -> None:
    """Some sixty qualified leads have no rep; of these some must be held, and an e-mail opt-out alone is no reason."""
    queues = {record["Id"] for record in look.live("salesforce/Group")}
    waiting = [
        lead
        for lead in look.live("salesforce/Lead")
        if lead["Status"].lower() in ("mql", "marketing qualified")
        and (lead["OwnerId"] in queues or not lead["OwnerId"])
    ]
    assert 50 <= len(waiting) <= 80
    assert sum(lead["OwnerId"] is None for lead in waiting) == 3
    assert sum(lead["Do_Not_Contact__c"] for lead in waiting) == 6
    both = [lead for lead in waiting if lead["HasOptedOutOfEmail"] and lead["DoNotCall"]]
    assert both
    assert sum(lead["HasOptedOutOfEmail"] for lead in waiting) > len(both)


def test_reps_differ(look: Look) -> None:
    """Reps of three regions; two ramp, one is away today, some are A-reps, and who only manages is not in the file."""
    reps = look.live("hr/reps")
    assert {rep["regions"] for rep in reps} == {"AMER", "EMEA", "APAC"}
    assert sum(rep["start_on"] > "2026-01-01" for rep in reps) == 2
    assert sum("2026-06-25/" in rep["absent"] for rep in reps) == 1
    assert {rep["is_a_rep"] for rep in reps} == {"true", "false"}
    managers = {row["email"] for row in look.live("hr/headcount") if row["role"] == "manager"}
    assert managers and not managers & {rep["email"] for rep in reps}
    assert any(not rep["product_lines"] for rep in reps)
    assert any(not rep["segments"] for rep in reps)


def test_three_currencies_are_billed_and_one_has_no_minor_unit(look: Look) -> None:
    """Dollars, euros and yen on deals and invoices; yen amounts of deals are whole."""
    assert {invoice["currency"] for invoice in look.live("stripe/invoices")} == {"usd", "eur", "jpy"}
    deals = [deal for deal in look.live("salesforce/Opportunity") if deal["CurrencyIsoCode"] == "JPY"]
    deals = [deal for deal in deals if deal["Amount"] != "n/a"]
    assert len(deals) > 10
    assert all(float(deal["Amount"] or 0).is_integer() for deal in deals)


def test_subscriptions_went_every_way(look: Look) -> None:
    """Some were tried first, discounted, raised within a period, paused, left unpaid, ended, and taken up again."""
    versions = [version.record for version in look.all("stripe/subscriptions")]
    assert {"trialing", "active", "past_due", "unpaid", "canceled"} <= {record["status"] for record in versions}
    assert any(record["pause_collection"] for record in versions)
    invoices = look.live("stripe/invoices")
    assert {"paid", "open", "void", "uncollectible"} <= {invoice["status"] for invoice in invoices}
    lines = [line for invoice in invoices for line in invoice["lines"]["data"]]
    assert any(line["amount"] < 0 for line in lines)
    assert any(line["parent"]["type"] == "invoice_item_details" for line in lines)
    assert any(line["discount_amounts"] for line in lines)
    starts = Counter(record["customer"] for record in look.live("stripe/subscriptions"))
    assert max(starts.values()) > 1


def test_ten_records_break_a_contract_on_purpose(look: Look) -> None:
    """The truth names ten; each is served as it is."""
    broken = look.flaws("broken")
    assert len(look.truth("flaws")) > 60
    assert sum(flaw["kind"] == "broken" for flaw in look.truth("flaws")) == 10
    scores = [row for row in look.live("service/survey") if row["score"] and int(row["score"]) > int(row["scale_max"])]
    assert {("survey", row["response_id"]) for row in scores} < broken
    assert sum(row["amount"] == "n/a" for row in look.live("finance/actuals")) == 1


def test_records_were_deleted_merged_and_lost(look: Look) -> None:
    """Deletes and merges lie within the recycle bin's fifteen days and beyond; some records just vanished."""
    kinds = Counter((flaw["kind"], flaw["source"]) for flaw in look.truth("flaws"))
    for kind in ("deleted", "deleted_beyond_bin", "merged", "merged_beyond_bin", "lost"):
        assert kinds[kind, "salesforce"] > 0, kind
    assert kinds["merged", "marketo"] > 0
    merged = [v.record for v in look.all("salesforce/Lead") if v.deleted and v.record["MasterRecordId"]]
    live = {lead["Id"] for lead in look.live("salesforce/Lead")}
    assert merged
    assert {record["MasterRecordId"] for record in merged} <= live
    merges = [record for record in look.live("marketo/activities") if record["activityTypeId"] == 32]
    gone = {version.key for version in look.all("marketo/leads") if version.deleted}
    attributes = [{part["name"]: part["value"] for part in record["attributes"]} for record in merges]
    assert {found["Merge IDs"].strip("[]") for found in attributes} <= gone


def test_the_usual_dirt_is_there(look: Look) -> None:
    """Capitals, role and free mailboxes, placeholders, odd statuses and channels, other scripts, duplicates, bots."""
    leads = look.live("salesforce/Lead")
    mails = [lead["Email"] or "" for lead in leads]
    assert any(mail.isupper() for mail in mails)
    assert any(mail.startswith("info@") for mail in mails)
    assert sum(mail.endswith(("gmail.com", "outlook.com", "gmx.de")) for mail in mails) > 20
    unknown = sum(
        (lead["LeadSource"] or "").lower() in ("", "-", "n/a", "other", "please select", "test") for lead in leads
    )
    assert 0.05 < unknown / len(leads) < 0.3
    assert any(lead["Status"] in ("Bad Fax", "On Hold (AU)", "zz_migrated") for lead in leads)
    assert any(not lead["LastName"].isascii() for lead in leads)
    assert {"Skywriting"} <= {campaign["Type"] for campaign in look.live("salesforce/Campaign")}
    assert "Podcast" in {program["channel"] for program in look.live("marketo/programs")}
    same = Counter(mail.strip().lower() for mail in mails if mail)
    assert sum(count > 1 for count in same.values()) > 20
    clicks = [record for record in look.live("marketo/activities") if record["activityTypeId"] == 11]
    bots = [r for r in clicks if {"name": "Is Bot Activity", "value": True} in r["attributes"]]
    assert 0.1 < len(bots) / len(clicks) < 0.6


def test_plans_add_up_but_for_one_difference(look: Look) -> None:
    """Every parent amount is the sum of its children's, save the one that the truth names; targets stand alone."""
    rows = look.live("finance/budget")
    amounts = {(r["budget_line_id"], r["month"], r["view"]): float(r["amount"]) for r in rows}
    children: dict[str, set[str]] = {}
    for row in rows:
        if row["parent_line_id"]:
            children.setdefault(row["parent_line_id"], set()).add(row["budget_line_id"])
    differing, lone = [], 0
    for (line, month, view), amount in amounts.items():
        if line in children and view != "target":
            given = [amounts[child, month, view] for child in children[line] if (child, month, view) in amounts]
            lone += not given
            if given and abs(sum(given) - amount) > 0.001:
                differing.append((line, month, view))
    assert differing == [("BL-100", "2026-03", "plan")]
    assert lone == 1
    assert {row["view"] for row in rows} == {"target", "plan", "forecast", "committed"}


def test_the_ledger_has_every_kind_of_line(look: Look) -> None:
    """People, programmes, tooling, revenue of the whole years, shadow marketing, reversals, unknown and parent lines."""
    rows = look.live("finance/actuals")
    kinds = Counter((row["function"], row["kind"]) for row in rows)
    for function in ("marketing", "sales"):
        assert all(kinds[function, kind] for kind in ("people", "program", "tooling"))
    assert {row["booked_on"][:4] for row in rows if row["kind"] == "revenue"} == {"2025", "2026"}
    assert any(row["is_shadow_marketing"] == "true" and row["function"] == "sales" for row in rows)
    by_id = {row["line_id"]: row for row in rows}
    undone = [row for row in rows if row["reversal_of"]]
    assert undone
    assert all(float(row["amount"]) == -float(by_id[row["reversal_of"]]["amount"]) for row in undone)
    assert {"BL-999", "BL-111"} <= {row["budget_line_id"] for row in rows}
    assert {row["currency"] for row in rows} == {"USD", "EUR", "JPY", "US$"}


def test_head_count_has_the_roles_of_the_scorecard(look: Look) -> None:
    """Quota-bearing, field marketing and operations roles are held today; one post is part-time, some have ended."""
    rows = look.live("hr/headcount")
    today = {row["role"] for row in rows if not row["end_on"]}
    assert {"quota_bearing", "field_marketing", "sales_ops", "marketing_ops", "sdr", "manager", "other"} <= today
    assert any(row["end_on"] for row in rows)
    assert {"0.5", "1.0"} <= {row["fte"] for row in rows}


def test_truth_names_a_cause_for_deals_of_the_half_year(look: Look) -> None:
    """Many deals of the half year were caused by a touch, which is a record that is served; older ones by none."""
    causes = look.truth("deal_cause")
    caused = [row for row in causes if row["record_id"]]
    assert 0.2 < len(caused) / len(causes) < 0.6
    known = {
        (source, name): {version.key for version in look.all(f"{source}/{name}")}
        for source, name in {(row["source"], row["object"]) for row in caused}
    }
    assert all(row["record_id"] in known[row["source"], row["object"]] for row in caused)


def test_settings_of_the_world_are_written(folder: Path) -> None:
    """The world names its own people's domain, and every line of every file is a version with a record."""
    assert 'internal_domains = ["northlode.example"]' in (folder / "mpm.toml").read_text()
    for file in folder.glob("*/*.jsonl"):
        first = json.loads(file.open(encoding="utf-8").readline())
        assert set(first) <= {"at", "until", "deleted", "record"}
