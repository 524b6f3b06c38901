"""How Marketo answers: one envelope for all, with errors inside HTTP 200 whose codes say what to do.

Codes of the token end in its renewal, passing ones in another try, the daily quota in a stop until it recovers, all others
in a refusal that names the code. Messages may hold data, so none is shown.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from mpm_pipeline.errors import CredentialsRefused
from mpm_pipeline.sources.page import Envelope, read
from mpm_pipeline.sources.reply import Rejected, Reply, TokenExpired, Transient

TOKEN = frozenset({"600", "601", "602"})
PASSING = frozenset({"500", "502", "604", "605", "606", "608", "611", "614", "615", "713", "719"})
DENIED, QUOTA, NOTHING, BUSY = "603", "607", "702", "1029"
NO_ASSETS = "no assets found"


class Refused(Rejected):
    """Marketo refuses a request by a code; `said` is its message, never to be shown."""

    def __init__(self, message: str, code: str, said: str) -> None:
        super().__init__(message, 200, code)
        self.said = said


class _Head(msgspec.Struct):
    """What we must know of a record to page, sort out and ask for more."""

    id: int | str | None = None
    name: str | None = None
    leadId: int | str | None = None  # noqa: N815
    activityDate: str | None = None  # noqa: N815
    updatedAt: str | None = None  # noqa: N815


def head(row: bytes) -> _Head:
    """Read the head of a record; one that cannot be read has none and ends in quarantine later."""
    return read(row, _Head)


def instant(text: str | None) -> datetime | None:
    """Read an instant in any of Marketo's spellings (`Z`, `+0000`, and both at once in assets)."""
    try:
        found = datetime.fromisoformat((text or "").strip().replace("Z+0000", "Z"))
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def envelope(reply: Reply) -> Envelope:
    """Return envelope and records of an answer; raise by the code of an error that it holds."""
    page = reply.page("result")
    if page.fields.get("success") is True:
        return page
    if page.fields.get("success") is not False:
        raise Transient("the answer is no envelope of Marketo's")
    code, said = _error(page.fields)
    if code in TOKEN:
        raise TokenExpired
    if code in PASSING:
        raise Transient(f"answered {code}")
    if code == DENIED:
        raise CredentialsRefused("answered 603: the API user lacks the permission, or our address is not on its list")
    if code == QUOTA:
        raise Refused(
            "answered 607: the daily quota of calls is used up; run again after midnight US Central, what has landed stays",
            code,
            said,
        )
    if code == NOTHING:
        return Envelope(page.fields, [])
    raise Refused(f"answered {code}", code, said)


def listed(reply: Reply) -> Envelope:
    """Read an answer that must have its list of records, be it empty."""
    page = envelope(reply)
    if page.rows is None:
        raise Transient("the answer has no result")
    return page


def assets(reply: Reply) -> tuple[list[bytes], bool]:
    """Read one page of assets and whether it is sure: beyond the last there is no `result` but a warning that says so."""
    page = envelope(reply)
    if page.rows:
        return page.rows, True
    warnings = page.fields.get("warnings")
    is_end = any(NO_ASSETS in str(one).lower() for one in (warnings if isinstance(warnings, list) else []))
    if page.rows is None and not is_end:
        raise Transient("the answer has neither assets nor the word that there are none")
    return [], is_end


def stream_page(reply: Reply) -> tuple[list[bytes], str | None]:
    """Read one page of activities: records, and the token of the next; it may be empty though there is a next one."""
    page = envelope(reply)
    more, token = page.fields.get("moreResult"), page.fields.get("nextPageToken")
    if not isinstance(token, str) or not token:
        raise Transient("the answer has no token to go on from")
    return page.rows or [], token if more is True else None


def _error(fields: Mapping[str, Any]) -> tuple[str, str]:
    errors = fields.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else {}
    first = first if isinstance(first, dict) else {}
    code = str(first.get("code", ""))
    return code if re.fullmatch(r"\d{1,5}", code) else "an error without a code", str(first.get("message", ""))
