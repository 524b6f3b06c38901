"""What happens in a CRM and shows in several records at once: status and owner moves, conversions, merges, deals, meetings."""

from datetime import timedelta
from random import Random

from mpm_pipeline_tests.differential.book import Book, Edit, Line, crm_time, instant
from mpm_pipeline_tests.independent.mailbox import registrable

STATUSES = ("New", "MQL", "Working - Contacted", "SQL", "Recycled", "Unqualified", "Nurturing", "mql ", "Parked")
LEAD, HISTORY, DEAL = "salesforce/Lead", "salesforce/LeadHistory", "salesforce/Opportunity"
ACCOUNT = "salesforce/Account"
NOON = 11
"""The hour (UTC) at which the next day begins in the easternmost company."""
REFUSALS = ("HasOptedOutOfEmail", "DoNotCall", "Do_Not_Contact__c")


def status_move(book: Book, rng: Random) -> Edit | None:
    """Move a lead to another status, with its history row."""
    line = book.pick(LEAD, rng, IsConverted=False)
    if line is None:
        return None
    at, status = book.moment(line, rng), rng.choice(STATUSES)
    row = _history(book, line, "Status", line["record"]["Status"], status)
    return Edit("lead status", (book.changed(LEAD, line, at, Status=status), book.fresh(HISTORY, row, at, **row["record"] | {"CreatedDate": crm_time(at)})))  # fmt: skip


def owner_move(book: Book, rng: Random) -> Edit | None:
    """Give a lead to a user or a queue, with its history row."""
    line, other = book.pick(LEAD, rng), book.pick(rng.choice(["salesforce/User", "salesforce/Group"]), rng)
    if line is None or other is None:
        return None
    at, owner = book.moment(line, rng), other["record"]["Id"]
    row = _history(book, line, "Owner", line["record"]["OwnerId"], owner)
    return Edit("lead owner", (book.changed(LEAD, line, at, OwnerId=owner), book.fresh(HISTORY, row, at, **row["record"] | {"CreatedDate": crm_time(at)})))  # fmt: skip


def conversion(book: Book, rng: Random) -> Edit | None:
    """Convert a lead to an account and contact that are there, often with a deal, sometimes without a history row.

    With one where the lead moved late on that day: else that move would come after it in a company whose day is another one.
    """
    line, contact = book.pick(LEAD, rng, IsConverted=False), book.pick("salesforce/Contact", rng)
    if line is None or contact is None or not contact["record"]["AccountId"]:
        return None
    at = book.moment(line, rng)
    deal = book.pick(DEAL, rng, AccountId=contact["record"]["AccountId"])
    changed = book.changed(
        LEAD, line, at, IsConverted=True, ConvertedDate=f"{at:%Y-%m-%d}", Status="Closed - Converted",
        ConvertedAccountId=contact["record"]["AccountId"], ConvertedContactId=contact["record"]["Id"],
        ConvertedOpportunityId=deal["record"]["Id"] if deal else None,
    )  # fmt: skip
    row = _history(book, line, "leadConverted", None, None)
    told = book.fresh(HISTORY, row, at, **row["record"] | {"CreatedDate": crm_time(at)})
    before = instant(line["at"])
    is_late = before.date() == at.date() and before.hour >= NOON
    return Edit("lead converted", (changed, told) if is_late or rng.random() < 0.7 else (changed,))


def merge(book: Book, rng: Random) -> Edit | None:
    """Merge two leads, contacts or accounts; the loser's children move to the survivor as the vendor moves them.

    A converted lead is merged with none (the vendor refuses to change it). No account into its child, nor one whose domain a third one has: who is one company then is identity's. Nobody is merged away who refused what the survivor did not: nothing says whether that still counts.
    """
    stream = rng.choice([LEAD, LEAD, "salesforce/Contact", "salesforce/Contact", ACCOUNT])
    kept, lost = book.pick(stream, rng), book.pick(stream, rng)
    if kept is None or lost is None or kept is lost or any(one["record"].get("IsConverted") for one in (kept, lost)):
        return None
    if any(lost["record"].get(name) and not kept["record"].get(name) for name in REFUSALS):
        return None
    if stream == ACCOUNT and (kept["record"]["ParentId"] == lost["record"]["Id"] or _shares(book, kept, lost)):
        return None
    later = max(kept, lost, key=lambda one: str(one["at"]))
    at = book.moment(later, rng)
    loser, survivor = lost["record"]["Id"], kept["record"]["Id"]
    lines = [book.changed(stream, lost, at, deleted=True, IsDeleted=True, MasterRecordId=survivor)]
    lines.append(book.changed(stream, kept, at))
    for child, name in CHILDREN[stream]:
        for one in book.live(child):
            if one["record"].get(name) == loser:
                moved = {name: survivor}
                if child == "salesforce/CampaignMember":
                    moved["LeadOrContactId"] = survivor
                after = max(at, instant(one["at"]) + timedelta(seconds=1))
                lines.append(book.changed(child, one, min(after, book.now), **moved))
    return Edit(f"{stream} merged", tuple(lines))


def _shares(book: Book, kept: Line, lost: Line) -> bool:
    domain = registrable(lost["record"]["Website"])
    others = [one for one in book.live(ACCOUNT) if one not in (kept, lost)]
    return bool(domain) and domain in [registrable(one["record"]["Website"]) for one in others]


CHILDREN = {
    ACCOUNT: (
        ("salesforce/Contact", "AccountId"), (DEAL, "AccountId"), ("salesforce/Task", "AccountId"), ("salesforce/Event", "AccountId"),
        (ACCOUNT, "ParentId"), (LEAD, "ConvertedAccountId"), ("marketo/leads", "sfdcAccountId"),
    ),
    LEAD: (("salesforce/CampaignMember", "LeadId"), ("salesforce/Task", "WhoId"), ("salesforce/Event", "WhoId")),
    "salesforce/Contact": (
        ("salesforce/CampaignMember", "ContactId"), ("salesforce/Task", "WhoId"), ("salesforce/Event", "WhoId"),
        ("salesforce/OpportunityContactRole", "ContactId"),
    ),
}  # fmt: skip


def deal_move(book: Book, rng: Random) -> Edit | None:
    """Move a deal to another stage, often with another amount or close date, with its history row."""
    line, stage = book.pick(DEAL, rng), book.pick("salesforce/OpportunityStage", rng)
    like = book.pick("salesforce/OpportunityHistory", rng)
    if line is None or stage is None or like is None:
        return None
    at, what = book.moment(line, rng), stage["record"]
    amount = rng.choice([line["record"]["Amount"]] * 3 + [None, 0, 999.99, 25_000])
    close = rng.choice([line["record"]["CloseDate"], f"{at:%Y-%m-%d}", f"{at + timedelta(days=40):%Y-%m-%d}"])
    same = {"StageName": what["MasterLabel"], "Amount": amount, "CloseDate": close, "CurrencyIsoCode": line["record"]["CurrencyIsoCode"]}  # fmt: skip
    changed = book.changed(DEAL, line, at, IsClosed=what["IsClosed"], IsWon=what["IsWon"], **same)
    own = {"Id": book.crm_id("008"), "OpportunityId": line["record"]["Id"], "PrevAmount": line["record"]["Amount"]}
    row = book.fresh("salesforce/OpportunityHistory", like, at, **own, **same)
    return Edit("deal stage", (changed, row))


def new_deal(book: Book, rng: Random) -> Edit | None:
    """Open a deal like another one; without a history row as where history is not shared."""
    line = book.pick(DEAL, rng)
    if line is None:
        return None
    at = book.moment(line, rng)
    key = book.crm_id("006")
    lines = [book.fresh(DEAL, line, at, Id=key)]
    like = book.pick("salesforce/OpportunityHistory", rng, OpportunityId=line["record"]["Id"])
    if like and rng.random() < 0.6:
        own = {name: line["record"][name] for name in ("StageName", "Amount", "CloseDate")}
        lines.append(book.fresh("salesforce/OpportunityHistory", like, at, Id=book.crm_id("008"), OpportunityId=key, **own))  # fmt: skip
    return Edit("deal opened", tuple(lines))


def deal_currency(book: Book, rng: Random) -> Edit | None:
    """Change a deal's currency; its history rows keep what they were written with."""
    line = book.pick(DEAL, rng)
    if line is None:
        return None
    code = rng.choice(["EUR", "GBP", "JPY", "USD", "CHF"])
    return Edit("deal currency", (book.changed(DEAL, line, book.moment(line, rng), CurrencyIsoCode=code),))


def activity(book: Book, rng: Random) -> Edit | None:
    """Add a call, mail, meeting or response like another one, about somebody else, now."""
    stream, prefix = rng.choice([("salesforce/Task", "00T"), ("salesforce/Event", "00U")])
    line, who = book.pick(stream, rng), book.pick(rng.choice([LEAD, "salesforce/Contact"]), rng)
    if line is None or who is None:
        return None
    at = book.moment(max(line, who, key=lambda one: str(one["at"])), rng)
    own = {"Id": book.crm_id(prefix), "WhoId": who["record"]["Id"], "AccountId": who["record"].get("AccountId")}
    if line["record"].get("CompletedDateTime"):
        own |= {"CompletedDateTime": crm_time(at), "ActivityDate": f"{at:%Y-%m-%d}"}
    return Edit(f"{stream} made", (book.fresh(stream, line, at, **own),))


def response(book: Book, rng: Random) -> Edit | None:
    """Add somebody to a campaign, often as one who responded."""
    line, campaign = book.pick("salesforce/CampaignMember", rng), book.pick("salesforce/Campaign", rng)
    who = book.pick(rng.choice([LEAD, "salesforce/Contact"]), rng)
    if line is None or campaign is None or who is None:
        return None
    at, is_lead = book.moment(who, rng), "IsConverted" in who["record"]
    key = who["record"]["Id"]
    own = {"LeadId": key if is_lead else None, "ContactId": None if is_lead else key, "LeadOrContactId": key}
    own |= {"HasResponded": rng.random() < 0.8, "FirstRespondedDate": rng.choice([None, f"{at:%Y-%m-%d}"])}
    own |= {"Type": "Lead" if is_lead else "Contact", "CampaignId": campaign["record"]["Id"]}
    return Edit("member added", (book.fresh("salesforce/CampaignMember", line, at, Id=book.crm_id("00v"), **own),))


def _history(book: Book, lead: Line, name: str, old: str | None, new: str | None) -> Line:
    kind = {"Status": "DynamicEnum", "Owner": "EntityId"}.get(name, "Boolean")
    own = {"Id": book.crm_id("017"), "LeadId": lead["record"]["Id"], "Field": name, "OldValue": old, "NewValue": new}
    return {"record": {**own, "DataType": kind, "CreatedById": "0055e00000AA0DKAA1", "IsDeleted": False}}
