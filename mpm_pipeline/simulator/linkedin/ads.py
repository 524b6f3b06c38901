"""LinkedIn's advertising entities: accounts, campaigns, groups, creatives, conversions, account users.

Their figures are in analytics.py. The finders filter by what their `search` or criteria name; there is no
server filter on the modification time, as at the vendor.
"""

from mpm_pipeline.simulator.linkedin.pages import Members, Query, Record, cursor_page, offset_page, tail
from mpm_pipeline.simulator.linkedin.restli import LinkedInError, Value, invalid, items_of, record_of, word_of
from mpm_pipeline.simulator.record_identity import field

UNDER_ACCOUNT = ("adCampaigns", "adCampaignGroups", "creatives")
CRITERIA = {
    "campaigns": "campaign", "creatives": "id", "contentReferences": "content.reference",
    "intendedStatuses": "intendedStatus",
}  # fmt: skip
USER = "urn:li:person:simulator"


def accounts(members: Members, query: Query) -> Record:
    """Answer `adAccounts?q=search`."""
    _finder(query, "search")
    rows = [record for record in members.rows("adAccounts") if _found(record, record_of(query, "search"))]
    return cursor_page(rows, query)


def account(members: Members, key: str) -> Record:
    """Answer `adAccounts/{id}`."""
    found = members.get("adAccounts", key)
    if found is None:
        raise LinkedInError(404, f"Could not find entity urn:li:sponsoredAccount:{key}", code="NOT_FOUND", service=100)
    return found


def under_account(members: Members, key: str, stream: str, query: Query) -> Record:
    """Answer the finders of campaigns, groups and creatives of one account."""
    account(members, key)
    rows = [record for record in members.rows(stream) if account_of(members, record) == key]
    if stream == "creatives":
        _finder(query, "criteria")
        for name, path in CRITERIA.items():
            wanted = {tail(item) for item in items_of(query, name)}
            rows = [record for record in rows if not wanted or tail(field(record, path)) in wanted]
        return cursor_page(rows, query, maximum=100)
    _finder(query, "search")
    return cursor_page([record for record in rows if _found(record, record_of(query, "search"))], query)


def one_under_account(members: Members, key: str, stream: str, child: str) -> Record:
    """Answer one campaign, group or creative of an account."""
    account(members, key)
    found = members.get(stream, child)
    if found is None or account_of(members, found) != key:
        raise LinkedInError(404, f"Could not find entity {child}", code="NOT_FOUND", service=100)
    return found


def conversions(members: Members, query: Query) -> Record:
    """Answer `conversions?q=account`."""
    _finder(query, "account")
    owner = word_of(query, "account")
    if not owner:
        raise invalid("Parameter 'account' is required")
    rows = [record for record in members.rows("conversions") if tail(field(record, "account")) == tail(owner)]
    return offset_page(rows, query, "/rest/conversions", maximum=1000)


def account_users(members: Members, query: Query) -> Record:
    """Answer `adAccountUsers`: the token's person views every account."""
    rows = [
        {"account": f"urn:li:sponsoredAccount:{tail(field(record, 'id'))}", "role": "VIEWER", "user": USER}
        for record in members.rows("adAccounts")
    ]
    return offset_page(rows, query, "/rest/adAccountUsers", maximum=1000)


def account_of(members: Members, record: Record) -> str:
    """Give the id of an entity's account: its own, else its campaign's or group's, else the only one there is."""
    own = field(record, "account")
    if own is not None:
        return tail(own)
    for name, stream in (("campaign", "adCampaigns"), ("campaignGroup", "adCampaignGroups")):
        parent = field(record, name)
        found = members.get(stream, parent) if parent is not None else None
        if found is not None:
            return account_of(members, found)
    known = members.rows("adAccounts")
    return tail(field(known[0], "id")) if len(known) == 1 else ""


def _finder(query: Query, name: str) -> None:
    if query.get("q") != name:
        raise invalid(f"Parameter 'q' must be '{name}'")


def _found(record: Record, search: dict[str, Value] | None) -> bool:
    for name, wanted in (search or {}).items():
        values = wanted.get("values") if isinstance(wanted, dict) else wanted
        allowed = {tail(value) for value in (values if isinstance(values, list) else [values])}
        value = field(record, name)
        shown = str(value).lower() if isinstance(value, bool) else tail(value)
        if shown not in allowed:
            return False
    return True
