"""Faults that a test sets over the control port: which requests they meet and what is answered instead.

A fault counts the requests that match its source and path; from `at_request` (1-based) on it fires `times` times,
without `at_request` on every match (or the first `times`). The canned kinds speak the vendor's own words where its
module exports them as `FAULT_ANSWERS`; status, body and headers of any canned kind may be given with the fault.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from starlette.responses import Response

from mpm_pipeline.simulator.site import FaultAnswer, JsonAnswer

HTML_PAGE = (
    "<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>We will be back soon</h1></body></html>"
)

PLAIN_ANSWERS: Final[Mapping[str, FaultAnswer]] = {
    "status": FaultAnswer(500, {"error": "internal error"}),
    "rate_limit": FaultAnswer(429, {"error": "too many requests"}),
    "unavailable": FaultAnswer(503, {"error": "service unavailable"}),
    "unauthorized": FaultAnswer(401, {"error": "unauthorized"}),
    "error_200": FaultAnswer(200, {"error": "internal error"}),
    "html": FaultAnswer(200, HTML_PAGE, {"content-type": "text/html; charset=utf-8"}),
}
KINDS: Final = (*PLAIN_ANSWERS, "delay", "empty_page", "close")


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """One fault as set; `path` is a text that the request's path must contain, empty for every path."""

    source: str
    kind: str
    path: str = ""
    at_request: int | None = None
    times: int | None = None
    seconds: float = 1.0
    status: int | None = None
    headers: dict[str, str] | None = None
    body: Any = None


class _Armed:
    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.seen = 0
        self.fired = 0

    def fires(self, source: str, path: str) -> bool:
        """Count a request and say whether the fault meets it."""
        fault = self.fault
        if fault.source != source or fault.path not in path:
            return False
        self.seen += 1
        if fault.at_request is None:
            due = fault.times is None or self.fired < fault.times
        else:
            due = fault.at_request <= self.seen < fault.at_request + (fault.times or 1)
        self.fired += due
        return due


class FaultPlan:
    """The faults that are set now."""

    def __init__(self, sources: Iterable[str]) -> None:
        self._sources = tuple(sources)
        self._armed: list[_Armed] = []

    def replace(self, wanted: object) -> None:
        """Set these faults instead of all others; ValueError says what is wrong and what is allowed."""
        items = wanted if isinstance(wanted, list) else [wanted]
        self._armed = [_Armed(self._checked(item)) for item in items]

    def clear(self) -> None:
        """Remove all faults."""
        self._armed = []

    def described(self) -> list[dict[str, Any]]:
        """Return the faults with how many requests they saw and met."""
        return [{**msgspec.to_builtins(armed.fault), "seen": armed.seen, "fired": armed.fired} for armed in self._armed]

    def meet(self, source: str, path: str) -> list[Fault]:
        """Return the faults that fire on this request, in the order in which they were set."""
        return [armed.fault for armed in self._armed if armed.fires(source, path)]

    def _checked(self, item: object) -> Fault:
        try:
            fault = msgspec.convert(item, Fault)
        except msgspec.ValidationError as error:
            fields = ", ".join(Fault.__struct_fields__)
            raise ValueError(f"{error}; a fault has source, kind and of these: {fields}") from error
        if fault.source not in self._sources:
            raise ValueError(f"unknown source {fault.source!r}; allowed: {', '.join(self._sources)}")
        if fault.kind not in KINDS:
            raise ValueError(f"unknown kind {fault.kind!r}; allowed: {', '.join(KINDS)}")
        if any(count is not None and count < 1 for count in (fault.at_request, fault.times)):
            raise ValueError("at_request and times are counted from 1")
        if fault.status is not None and not 200 <= fault.status <= 599:
            raise ValueError(f"status {fault.status} is none; allowed: 200 to 599")
        return fault


def canned_answer(fault: Fault, vendor_answers: Mapping[str, FaultAnswer]) -> Response:
    """Return the answer of a canned kind: the vendor's words, changed by what the fault itself gives."""
    answer = vendor_answers.get(fault.kind, PLAIN_ANSWERS[fault.kind])
    body = answer.body if fault.body is None else fault.body
    headers = {**answer.headers, **(fault.headers or {})}
    status = fault.status or answer.status
    if isinstance(body, str | bytes):
        return Response(body, status, headers)
    return JsonAnswer(body, status, headers)


def without_rows(body: bytes) -> bytes:
    """Empty the list of rows in a page, leaving its paging links as they are."""
    try:
        page = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return body
    if isinstance(page, dict):
        for name in ("records", "result", "elements", "data", "deletedRecords", "ids"):
            if isinstance(page.get(name), list):
                page[name] = []
    return msgspec.json.encode([] if isinstance(page, list) else page)
