"""How Salesforce answers: which errors pass, which end the run, and what describes and deleted ids look like.

Errors come as an array whose code says what to do; messages may hold data and are never shown.
"""

import re
from typing import Any

from mpm_pipeline.errors import CredentialsRefused
from mpm_pipeline.sources.page import Broken
from mpm_pipeline.sources.reply import Rejected, Reply, TokenExpired, Transient, judge_status
from mpm_pipeline.sources.salesforce.queries import CursorDied

TIMED_OUT = "QUERY_TIMEOUT"
PASSING = frozenset({"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION"})


def usage(reply: Reply) -> tuple[int, int] | None:
    """Return how many requests of the daily quota are used, and how many there are."""
    told = re.search(r"api-usage=(\d+)/(\d+)", reply.headers.get("sforce-limit-info", ""))
    return (int(told[1]), int(told[2])) if told else None


def judge(reply: Reply) -> None:
    """Judge an answer by its error code first, then by its status."""
    if 200 <= reply.status < 300:
        return
    code, message = _error(reply)
    if reply.status == 401 or code == "INVALID_SESSION_ID":
        raise TokenExpired
    if code == "REQUEST_LIMIT_EXCEEDED":
        if "concurrent" in message.lower():
            raise Transient("too many requests at once")
        raise Rejected("the daily quota of requests is used up; run again when it has recovered", 403, code)
    if code == "INVALID_QUERY_LOCATOR":
        raise CursorDied
    if code in PASSING:
        raise Transient(f"answered {reply.status} {code}")
    if reply.status == 403:
        raise CredentialsRefused(f"answered 403 {code}: the integration user lacks the right to read this")
    if 400 <= reply.status < 500 and code:
        raise Rejected(f"answered {reply.status} {code}", reply.status, code)
    judge_status(reply)


def deleted_ids(reply: Reply) -> list[tuple[str, str]]:
    found = reply.json()
    rows = found.get("deletedRecords") if isinstance(found, dict) else None
    if not isinstance(rows, list):
        raise Transient("the answer lists no deleted records")
    return [(str(row["id"]), str(row["deletedDate"])) for row in rows if isinstance(row, dict) and row.get("id")]


def described(reply: Reply) -> dict[str, Any]:
    found = reply.json()
    if not isinstance(found, dict) or not isinstance(found.get("fields"), list) or not found["fields"]:
        raise Transient("the answer describes no fields")
    return found


def _error(reply: Reply) -> tuple[str, str]:
    """Return code and message of an error, which REST sends as an array; the message may hold data and is never shown."""
    try:
        found = reply.json()
    except Broken:
        return "", ""
    first = found[0] if isinstance(found, list) and found else found
    if not isinstance(first, dict):
        return "", ""
    code = str(first.get("errorCode", ""))
    return code if re.fullmatch(r"[A-Z_]{1,60}", code) else "", str(first.get("message", ""))
