"""What happens in marketing automation and in social: activities (also late ones), form responses, restated ads days."""

import copy
from datetime import timedelta
from random import Random

from mpm_pipeline_tests.differential.book import Book, Edit, iso

TOUCHING = (2, 3, 11, 13, 104)


def activity(book: Book, rng: Random) -> Edit | None:
    """Let a person of marketing automation do what another one did; some show up to two days late."""
    people = book.pick("marketo/leads", rng)
    like = [one for one in book.live("marketo/activities") if one["record"]["activityTypeId"] in TOUCHING]
    if people is None or not like:
        return None
    line, at = rng.choice(like), book.moment(people, rng, timedelta(days=25))
    late = timedelta(hours=rng.choice([0, 0, 0, 3, 47]))
    shown = min(at + late, book.now)
    number = book.number()
    own = {"id": number, "marketoGUID": str(number), "leadId": people["record"]["id"], "activityDate": iso(at)}
    return Edit("marketo activity", (book.fresh("marketo/activities", line, shown, **own),))


def form_response(book: Book, rng: Random) -> Edit | None:
    """Fill in a lead form like somebody did, sometimes as a test."""
    line = book.pick("linkedin/leadFormResponses", rng)
    if line is None:
        return None
    at = book.moment(line, rng)
    own = {"id": f"fuzz-{book.number()}", "submittedAt": int(at.timestamp() * 1000), "testLead": rng.random() < 0.2}
    return Edit("form response", (book.fresh("linkedin/leadFormResponses", line, at, **own),))


def marketing_merge(book: Book, rng: Random) -> Edit | None:
    """Merge somebody whom the CRM does not know into another one (two whom it knows are merged there too)."""
    kept, lost = book.pick("marketo/leads", rng), book.pick("marketo/leads", rng)
    like = book.pick("marketo/activities", rng)
    if kept is None or lost is None or like is None or kept is lost:
        return None
    if any(lost["record"].get(name) for name in ("sfdcLeadId", "sfdcContactId")):
        return None
    at = book.moment(max(kept, lost, key=lambda one: str(one["at"])), rng, timedelta(days=25))
    number, survivor = book.number(), kept["record"]["id"]
    told = {"Merge IDs": f"[{lost['record']['id']}]", "Merge Source": "Automatic", "Merged in Sales": False}
    own = {
        "id": number, "marketoGUID": str(number), "leadId": survivor, "activityDate": iso(at), "activityTypeId": 32,
        "campaignId": None, "primaryAttributeValueId": survivor, "primaryAttributeValue": "",
        "attributes": [{"name": name, "value": value} for name, value in told.items()],
    }  # fmt: skip
    gone = book.changed("marketo/leads", lost, min(at + timedelta(seconds=1), book.now), deleted=True)
    return Edit("marketo merge", (book.fresh("marketo/activities", like, at, **own), gone))


def programme_cost(book: Book, rng: Random) -> Edit | None:
    """Change, add or drop a period cost of a programme."""
    line = book.pick("marketo/programs", rng)
    if line is None:
        return None
    costs = copy.deepcopy(line["record"].get("costs") or [])
    if costs and rng.random() < 0.4:
        costs.pop(rng.randrange(len(costs)))
    else:
        month = rng.choice(["2026-02-01", "2026-05-01", "2026-06-01", "2026-07-01", "2026-08-01"])
        costs.append({"startDate": month, "cost": rng.choice([0, 1, 100, 3333]), "note": ""})
    return Edit("programme cost", (book.changed("marketo/programs", line, book.moment(line, rng), costs=costs),))


def programme_name(book: Book, rng: Random) -> Edit | None:
    """Rename a programme as a campaign of the CRM or of social is called."""
    line = book.pick("marketo/programs", rng)
    other = book.pick(rng.choice(["salesforce/Campaign", "linkedin/adCampaigns"]), rng)
    if line is None or other is None:
        return None
    name = other["record"].get("Name") or other["record"].get("name")
    if str(name).casefold() in [one["record"]["name"].casefold() for one in book.live("marketo/programs")]:
        return None
    name = rng.choice([name, str(name).upper()])
    return Edit("programme name", (book.changed("marketo/programs", line, book.moment(line, rng), name=name),))
