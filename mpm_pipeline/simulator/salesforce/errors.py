"""Refusals in Salesforce's words: a JSON array of message and errorCode; query errors point at a place."""

from typing import Any

from mpm_pipeline.simulator.site import FaultAnswer, JsonAnswer


class Refused(Exception):
    """A request that Salesforce refuses, with the status and the errorCode it uses."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def answer(self, headers: dict[str, str] | None = None) -> JsonAnswer:
        """Return the answer on the wire."""
        return JsonAnswer(error_body(self.code, str(self)), self.status, headers)


def error_body(code: str, message: str) -> list[dict[str, Any]]:
    """Return the array that REST errors come in."""
    return [{"message": message, "errorCode": code}]


def query_refused(code: str, query: str, position: int, reason: str) -> Refused:
    """Return a 400 that shows the query, a caret and the place, as the query endpoint does."""
    before = query[:position]
    row = before.count("\n") + 1
    column = position - (before.rfind("\n") + 1) + 1
    start = max(0, position - 60)
    excerpt = query[start : position + 60].replace("\n", " ")
    pointer = " " * (position - start) + "^"
    return Refused(400, code, f"\n{excerpt}\n{pointer}\nERROR at Row:{row}:Column:{column}\n{reason}")


def not_found(message: str = "The requested resource does not exist") -> Refused:
    """Return the 404 for what is not there."""
    return Refused(404, "NOT_FOUND", message)


SESSION_INVALID = ("INVALID_SESSION_ID", "Session expired or invalid")
OVER_QUOTA = ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")

FAULT_ANSWERS = {
    "rate_limit": FaultAnswer(403, error_body(*OVER_QUOTA)),
    "unavailable": FaultAnswer(503, error_body("SERVER_UNAVAILABLE", "The server is temporarily unavailable")),
    "unauthorized": FaultAnswer(401, error_body(*SESSION_INVALID)),
    "error_200": FaultAnswer(200, error_body("UNKNOWN_EXCEPTION", "An unexpected error occurred")),
    "status": FaultAnswer(500, error_body("UNKNOWN_EXCEPTION", "An unexpected error occurred")),
}
