"""A complete answer of a source, and what its status says: fine, worth another try, a new token, or a refusal.

Vendors judge by their own words first (`sources/<vendor>/`) and by the status last. What follows from a judgement is the
client's business (`client.py`).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from mpm_pipeline.errors import CredentialsRefused, SourceUnavailable
from mpm_pipeline.sources.page import Envelope, parse, split


class Transient(Exception):
    """The source cannot answer just now; `wait` seconds are its own wish, if it has one.

    `is_brief`: it may not be the source that answers or does not, so the budget for a connection is all that it is worth.
    `is_wish_doubtful`: the vendor promises no `Retry-After`, so one that would outlast the budget counts for nothing.
    """

    def __init__(
        self, reason: str, wait: float | None = None, *, is_brief: bool = False, is_wish_doubtful: bool = False
    ) -> None:
        super().__init__(reason)
        self.wait = wait
        self.is_brief = is_brief
        self.is_wish_doubtful = is_wish_doubtful


class TokenExpired(Exception):
    """The source does not take our token any more: renew it once, then give up."""


class Rejected(SourceUnavailable):
    """The source refuses this very request, and would again; `status` and `code` say as what."""

    def __init__(self, message: str, status: int = 0, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True)
class Reply:
    """One complete answer; `framed` says that its end is proven, which text without a closing bracket needs."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    framed: bool = True
    date: datetime | None = None
    path: str = ""

    def json(self) -> Any:
        """Parse the whole body; Broken when it is no JSON."""
        return parse(self.body)

    def page(self, *path: str, beside: tuple[str, ...] = ()) -> Envelope:
        """Split the body into envelope and raw records, see `page.split`."""
        return split(self.body, *path, beside=beside)

    def text(self) -> str:
        """Return the body of a text format (CSV); Transient when it may have been cut without a sign."""
        if not self.framed:
            raise Transient("the answer has neither length nor chunks, so a cut would not show")
        return self.body.decode("utf-8-sig")


Judge = Callable[[Reply], None]


def judge_status(reply: Reply) -> None:
    """Judge by the HTTP status alone; vendors with words of their own call it last."""
    if 200 <= reply.status < 300:
        return
    if reply.status == 401:
        raise TokenExpired
    if reply.status in (408, 420, 425, 429) or reply.status >= 500:
        raise Transient(f"answered {reply.status}", retry_after(reply))
    if 300 <= reply.status < 400:
        raise Rejected("answered with a redirect, which is never followed", reply.status)
    if reply.status == 403:
        raise CredentialsRefused("answered 403: the credentials lack the right to read this")
    raise Rejected(f"answered {reply.status}", reply.status)


def retry_after(reply: Reply) -> float | None:
    """Return the seconds that `Retry-After` asks for; a date is read against the server's own `Date`.

    None where it asks for none, or for no time at all: then our own pace holds, lest a server in trouble be asked without a pause.
    """
    wish = reply.headers.get("retry-after", "").strip()
    try:
        seconds = float(wish)
    except ValueError:
        at = http_date(wish)
        seconds = (at - reply.date).total_seconds() if at and reply.date else 0.0
    return seconds if 0 < seconds < math.inf else None


def http_date(text: str) -> datetime | None:
    """Read an HTTP date as UTC; None when it is none."""
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None
