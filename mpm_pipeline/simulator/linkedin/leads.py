"""LinkedIn's lead sync: forms and the answers that members submitted, by owner.

`limitedToTestLeads=false` limits nothing: test leads come along with the real ones, marked by `testLead`.
"""

from typing import Any

from mpm_pipeline.simulator.linkedin.pages import Members, Query, Record, offset_page
from mpm_pipeline.simulator.linkedin.restli import (
    LinkedInError,
    fields_of,
    invalid,
    number_of,
    project,
    record_of,
    word_of,
)
from mpm_pipeline.simulator.record_identity import field
from mpm_pipeline.simulator.world import Version

OWNERS = ("sponsoredAccount", "organization")
PAGE_LIMIT = 500


def forms(members: Members, query: Query) -> Record:
    """Answer `leadForms?q=owner`."""
    rows = [row for row in members.rows("leadForms") if _owned(row, _owner(query))]
    return offset_page(rows, query, "/rest/leadForms", maximum=PAGE_LIMIT)


def responses(members: Members, query: Query) -> Record:
    """Answer `leadFormResponses?q=owner` of one lead type, by the time of submission."""
    owner = _owner(query)
    kind = word_of(query, "leadType")
    if not kind:
        raise invalid("Parameter 'leadType' is required")
    form, only_tests = word_of(query, "versionedLeadGenFormUrn"), query.get("limitedToTestLeads") == "true"
    low, high = _span(query)
    rows: list[tuple[float, Record]] = []
    for version in members.versions("leadFormResponses"):
        row, submitted = version.record, _submitted(version)
        wanted = _owned(row, owner) and field(row, "leadType") in (None, kind)
        wanted = wanted and (form is None or field(row, "versionedLeadGenFormUrn") == form)
        wanted = wanted and (not only_tests or field(row, "testLead") is True)
        if wanted and low <= submitted <= high:
            rows.append((submitted, row))
    rows.sort(key=lambda pair: (pair[0], str(field(pair[1], "id"))))
    page = offset_page([row for _, row in rows], query, "/rest/leadFormResponses", maximum=PAGE_LIMIT)
    return page | {"elements": [project(row, fields_of(query)) for row in page["elements"]]}


def one(members: Members, stream: str, key: str) -> Record:
    """Answer one form or one response."""
    found = members.get(stream, key)
    if found is None:
        raise LinkedInError(404, f"Could not find {stream} {key}", code="NOT_FOUND", service=100)
    return found


def _owner(query: Query) -> tuple[str, str]:
    owner = record_of(query, "owner")
    if query.get("q") != "owner" or owner is None or len(owner) != 1:
        raise invalid("Parameters 'q=owner' and 'owner' are required")
    name, urn = next(iter(owner.items()))
    if name not in OWNERS or not isinstance(urn, str):
        raise invalid(f"Parameter 'owner' must be one of {', '.join(OWNERS)}")
    return name, urn


def _owned(row: Record, owner: tuple[str, str]) -> bool:
    return field(row, f"owner.{owner[0]}") == owner[1]


def _submitted(version: Version) -> float:
    """Read the time of submission in milliseconds; a row without a readable one goes by when it showed."""
    value: Any = field(version.record, "submittedAt")
    return value if isinstance(value, int | float) else version.at.timestamp() * 1000


def _span(query: Query) -> tuple[float, float]:
    span = record_of(query, "submittedAtTimeRange") or {}
    low, high = number_of(span, "start"), number_of(span, "end")
    return (float("-inf") if low is None else low), (float("inf") if high is None else high)
