"""Marketo's people: look-ups by id or filter, describe, static lists, and who is in a programme.

There is no list of all leads and no filter on `updatedAt` here, as at the vendor: that is what bulk extracts, lead
changes and memberships are for.
"""

from mpm_pipeline.simulator.marketo.answers import Key, Query, Record, Refusal, id_key, paged, success
from mpm_pipeline.simulator.marketo.database import Database, project
from mpm_pipeline.simulator.marketo.fields import DEFAULT_FIELDS
from mpm_pipeline.simulator.record_identity import field
from mpm_pipeline.simulator.world import Version

MATCH_LIMIT = 1000
VALUE_LIMIT = 300
KEYED = {
    "opportunities": ("opportunities", ("externalOpportunityId", "marketoGUID", "idField")),
    "roles": ("opportunityRoles", ("externalOpportunityId", "leadId", "marketoGUID")),
    "companies": ("companies", ("externalCompanyId", "id", "company")),
    "salespersons": ("salespersons", ("externalSalesPersonId", "id", "email")),
}
"""Objects that can only be looked up by a key: endpoint -> (stream, filter types)."""


def describe(database: Database) -> Record:
    """Answer `leads/describe.json`."""
    return success(database.fields().describe())


def describe2(database: Database) -> Record:
    """Answer `leads/describe2.json`."""
    return success(database.fields().describe2())


def one(database: Database, key: str, query: Query) -> Record:
    """Answer `lead/{id}.json`."""
    names = _names(database, query)
    found = database.leads().get(key)
    if found is None:
        raise Refusal("1004", f"Lead not found: {key}")
    return success([project(found, names)])


def by_filter(database: Database, query: Query) -> Record:
    """Answer `leads.json`: an exact match of one field with up to 300 values."""
    kind = query.required("filterType")
    query.required("filterValues")
    values = query.all("filterValues", most=VALUE_LIMIT)
    names = _names(database, query)
    leads = database.leads()
    if kind == "id":
        found = [leads[value] for value in dict.fromkeys(values) if value in leads]
    else:
        database.fields().check([kind])
        wanted = {value.lower() for value in values}
        found = [record for record in leads.values() if str(field(record, kind)).lower() in wanted]
    if len(found) > MATCH_LIMIT:
        raise Refusal("1003", "Too many results match the filter")
    rows = sorted(((id_key(record.get("id")), project(record, names)) for record in found), key=lambda row: row[0])
    return paged(rows, query)


def of_list(database: Database, key: str, query: Query) -> Record:
    """Answer `lists/{id}/leads.json`."""
    if key not in database.by_key("lists"):
        raise Refusal("1013", f"List not found: {key}")
    return paged(_members(database, database.list_members(key), query), query)


def of_program(database: Database, key: str, query: Query) -> Record:
    """Answer `leads/programs/{id}.json`: leads with their membership."""
    if key not in database.by_key("programs"):
        raise Refusal("1013", f"Program not found: {key}")
    members = database.members(key)
    memberships = {lead: membership(version) for lead, version in members}
    rows = _members(database, members, query)
    return paged([(lead, record | {"membership": memberships[lead]}) for lead, record in rows], query)


def membership(version: Version) -> Record:
    """Write a programme membership as it stands inside a lead."""
    record = version.record
    return {
        "progressionStatus": record.get("statusName", record.get("progressionStatus")),
        "isExhausted": record.get("isExhausted", False),
        "acquiredBy": record.get("acquiredBy", False),
        "reachedSuccess": record.get("reachedSuccess", False),
        "membershipDate": record.get("membershipDate"),
    }


def lists(database: Database, query: Query) -> Record:
    """Answer `lists.json`."""
    wanted = {
        name: set(query.all(name)) for name in ("id", "name", "programName", "workspaceName") if name in query.values
    }
    rows = [
        (id_key(version.key), version.record)
        for version in database.live("lists")
        if all(str(field(version.record, name)) in values for name, values in wanted.items())
    ]
    return paged(rows, query)


def one_list(database: Database, key: str) -> Record:
    """Answer `lists/{id}.json`."""
    found = database.by_key("lists").get(key)
    if found is None:
        raise Refusal("1013", f"List not found: {key}")
    return success([found.record])


def keyed(database: Database, endpoint: str, query: Query) -> Record:
    """Answer the objects that can only be looked up by a key."""
    stream, kinds = KEYED[endpoint]
    kind = query.required("filterType")
    if kind not in kinds:
        raise Refusal("1003", f"Invalid filterType '{kind}'")
    query.required("filterValues")
    wanted = set(query.all("filterValues", most=VALUE_LIMIT))
    rows = [
        (id_key(version.key), version.record)
        for version in database.live(stream)
        if str(field(version.record, kind)) in wanted
    ]
    return paged(rows, query)


def _members(database: Database, members: list[tuple[Key, Version]], query: Query) -> list[tuple[Key, Record]]:
    names, leads = _names(database, query), database.leads()
    found = ((key, leads.get(str(field(version.record, "leadId")))) for key, version in members)
    return [(key, project(record, names)) for key, record in found if record is not None]


def _names(database: Database, query: Query) -> list[str]:
    names = database.fields().check(query.all("fields"))
    return list(dict.fromkeys(["id", *names])) if names else DEFAULT_FIELDS
