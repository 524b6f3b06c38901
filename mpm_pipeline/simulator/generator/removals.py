"""What disappears: deleted records, merged duplicates, and losses of which the source says nothing.

Of the deletes and merges in the CRM some are younger than its recycle bin's fifteen days and some older, so that a
fresh reader cannot know of all. Only records that nothing else has to find are taken.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from random import Random

from mpm_pipeline.simulator.generator.model import Lead, World
from mpm_pipeline.simulator.generator.writer import Version, crm_time, iso

BIN = timedelta(days=15)


def remove(world: World) -> None:
    """Delete, merge and lose some records of a finished world."""
    rng = world.rng("removals")
    _merge_leads(world, rng)
    _merge_contacts(world, rng)
    _merge_accounts(world, rng)
    _merge_subscribers(world, rng)
    _delete_leads(world, rng)
    used = {version.record["WhatId"] for version in world.book.versions("salesforce/Task")}
    used |= {version.record["WhatId"] for version in world.book.versions("salesforce/Event")}
    linked = {lead.deal.opportunity_id for lead in world.leads if lead.deal}
    _delete(world, rng, "Opportunity", 3, lambda record: not record["IsClosed"] and record["Id"] not in linked | used)
    _delete(world, rng, "Task", 5, lambda record: True)
    _delete(world, rng, "Event", 3, lambda record: not record["IsChild"])
    _delete(world, rng, "CampaignMember", 6, lambda record: True)
    _lose(world, rng)


def _old_and_young(world: World, rng: Random, count: int) -> Iterable[datetime]:
    """Yield moments of removal in turn: within the recycle bin's days, and before them."""
    for number in range(count):
        days = rng.uniform(1, 14) if number % 2 == 0 else rng.uniform(17, 40)
        yield (world.line.now - timedelta(days=days)).replace(microsecond=0)


def _drop(world: World, name: str, version: Version, at: datetime, master: str | None = None) -> None:
    record = {**version.record, "IsDeleted": True, "SystemModstamp": crm_time(at), "LastModifiedDate": crm_time(at)}
    if master:
        record["MasterRecordId"] = master
    world.book.put(f"salesforce/{name}", record, at).deleted = True
    kind = "merged" if master else "deleted"
    if world.line.now - at > BIN:
        kind += "_beyond_bin"
    world.flaws.append((kind, "salesforce", name, record["Id"], f"at {iso(at)}"))


def _delete(world: World, rng: Random, name: str, count: int, may: Callable[[dict[str, object]], bool]) -> None:
    newest = [
        version
        for version in world.book.newest(f"salesforce/{name}").values()
        if may(version.record) and not version.deleted
    ]
    for at in _old_and_young(world, rng, count):
        settled = [version for version in newest if version.at < at - timedelta(days=1)]
        if settled:
            version = settled[rng.randrange(len(settled))]
            newest.remove(version)
            _drop(world, name, version, at)


def _delete_leads(world: World, rng: Random) -> None:
    newest = world.book.newest("salesforce/Lead")
    kept = {version.record["MasterRecordId"] for version in newest.values()}
    kept |= {lead.lead_id for lead in world.leads if lead.converted_at or lead.is_waiting}
    gone = [lead for lead in world.leads if lead.lead_id not in kept and not newest[lead.lead_id].deleted]
    for at in _old_and_young(world, rng, max(4, len(world.leads) // 120)):
        settled = [lead for lead in gone if newest[lead.lead_id].at < at - timedelta(days=1)]
        if settled:
            lead = settled[rng.randrange(len(settled))]
            gone.remove(lead)
            _drop(world, "Lead", newest[lead.lead_id], at)


def _merge_leads(world: World, rng: Random) -> None:
    newest = world.book.newest("salesforce/Lead")
    groups: dict[str, list[Lead]] = {}
    for lead in world.leads:
        groups.setdefault(lead.person.key, []).append(lead)
    pairs = [
        group for group in groups.values() if len(group) > 1 and not group[-1].converted_at and not group[0].is_waiting
    ]
    for at in _old_and_young(world, rng, max(2, len(pairs) // 6)):
        settled = [group for group in pairs if newest[group[-1].lead_id].at < at and newest[group[0].lead_id].at < at]
        if settled:
            group = settled[0]
            pairs.remove(group)
            _drop(world, "Lead", newest[group[-1].lead_id], at, group[0].lead_id)


def _merge_contacts(world: World, rng: Random) -> None:
    newest = world.book.newest("salesforce/Contact")
    twice = [
        (person.contact_id, other)
        for person in world.people
        for company, _, other in person.earlier
        if other and company is person.company
    ]
    for at, (kept, other) in zip(_old_and_young(world, rng, 4), twice, strict=False):
        if kept and other and newest[other].at < at:
            _drop(world, "Contact", newest[other], at, kept)


def _merge_accounts(world: World, rng: Random) -> None:
    newest = world.book.newest("salesforce/Account")
    used = {version.record["AccountId"] for version in world.book.versions("salesforce/Opportunity")}
    free = [
        company for company in world.companies if company.other_account_ids and company.other_account_ids[0] not in used
    ]
    for at, company in zip(_old_and_young(world, rng, 2), free, strict=False):
        _drop(world, "Account", newest[company.other_account_ids[0]], at, company.account_id)


def _merge_subscribers(world: World, rng: Random) -> None:
    newest = world.book.newest("marketo/leads", "id")
    number = max(version.record["id"] for version in world.book.versions("marketo/activities"))
    for loser, person in world.marketing_twins[::2]:
        at = newest[loser].at + timedelta(days=rng.randint(2, 20))
        if at >= world.line.now or at < world.line.starts_at or person.marketing_id is None:
            continue
        number += 1
        attributes = {
            "Merge IDs": f"[{loser}]",
            "Merge Source": "Automatic",
            "Master Updated": False,
            "Merged in Sales": False,
        }
        record = {
            "id": number, "marketoGUID": str(number), "leadId": person.marketing_id, "activityDate": iso(at),
            "activityTypeId": 32, "campaignId": None, "primaryAttributeValueId": person.marketing_id,
            "primaryAttributeValue": f"{person.first} {person.last}",
            "attributes": [{"name": name, "value": value} for name, value in attributes.items()],
        }  # fmt: skip
        world.book.put("marketo/activities", record, at)
        world.book.put("marketo/leads", newest[loser].record, at + timedelta(seconds=1)).deleted = True
        world.flaws.append(("merged", "marketo", "leads", str(loser), f"into {person.marketing_id}"))
    lone = [
        key
        for key, version in newest.items()
        if version.record["sfdcLeadId"] is None and version.at < world.line.now - timedelta(days=50)
    ]
    for key in rng.sample(lone, min(3, len(lone))):
        at = world.line.now - timedelta(days=rng.uniform(3, 40))
        if not newest[key].deleted:
            world.book.put("marketo/leads", newest[key].record, at).deleted = True
            world.flaws.append(("deleted", "marketo", "leads", str(key), f"at {iso(at)}"))


def _lose(world: World, rng: Random) -> None:
    """Let the source forget records without a word: some before `now`, some within the third day after it."""
    for name, key in (("marketo/activities", "marketoGUID"), ("salesforce/Task", "Id")):
        counts: dict[object, int] = {}
        for version in world.book.versions(name):
            counts[version.record[key]] = counts.get(version.record[key], 0) + 1
        old = world.line.now - timedelta(days=12)
        single = [
            version for version in world.book.versions(name) if counts[version.record[key]] == 1 and version.at < old
        ]
        if name == "marketo/activities":
            single = [version for version in single if version.record["activityTypeId"] == 1]
        for number, version in enumerate(rng.sample(single, min(4, len(single)))):
            version.until = world.line.now + (timedelta(hours=60) if number % 2 else timedelta(days=-3))
            folder, stream = name.split("/")
            world.flaws.append(("lost", folder, stream, str(version.record[key]), f"until {iso(version.until)}"))
