"""Rest.li 2.0 query strings, read as strictly as LinkedIn does, and LinkedIn's error envelope.

`List(a,b)` and `(key:value)` are structure and stand raw, everything else is percent-encoded: a client whose URL builder
encodes the parentheses, or leaves an URN's colons raw inside a list, is refused here as it is there. The dotted names of
Rest.li 1.0 (`timeIntervals.timeRange.start=`) are read too, since the vendor still takes them.
"""

import re
from typing import Any
from urllib.parse import unquote

Value = Any
"""A string, a list or a record of values."""

RESERVED = re.compile(r"[(),:']")
PART = re.compile(r"\.|\[(\d+)\]")


class LinkedInError(Exception):
    """An answer that is LinkedIn's error envelope, with its HTTP status."""

    def __init__(self, status: int, message: str, *, code: str | None = None, service: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        body = {"status": status, "serviceErrorCode": service, "code": code, "message": message}
        self.body = {name: value for name, value in body.items() if value is not None}


def invalid(message: str) -> LinkedInError:
    """Make the error for a query that cannot be read."""
    return LinkedInError(400, message, code="ILLEGAL_ARGUMENT", service=100)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def whole(self) -> Value:
        value = self.value()
        if self.at != len(self.text):
            raise invalid(f"Invalid query parameters passed to request: unexpected '{self.text[self.at]}'")
        return value

    def value(self) -> Value:
        if self.text.startswith("List(", self.at):
            self.at += 5
            return self._items()
        if self.text.startswith("(", self.at):
            self.at += 1
            return self._record()
        return self._token()

    def _token(self) -> str:
        found = RESERVED.search(self.text, self.at)
        end = found.start() if found else len(self.text)
        if self.text.startswith("''", self.at):
            self.at += 2
            return ""
        token = self.text[self.at : end]
        if not token:
            raise invalid("Invalid query parameters passed to request: a value is missing")
        self.at = end
        return unquote(token)

    def _take(self, allowed: str) -> str:
        found = self.text[self.at : self.at + 1]
        if not found or found not in allowed:
            raise invalid(f"Invalid query parameters passed to request: expected one of '{allowed}'")
        self.at += 1
        return found

    def _items(self) -> list[Value]:
        if self.text.startswith(")", self.at):
            self.at += 1
            return []
        items = [self.value()]
        while self._take(",)") == ",":
            items.append(self.value())
        return items

    def _record(self) -> dict[str, Value]:
        if self.text.startswith(")", self.at):
            self.at += 1
            return {}
        record: dict[str, Value] = {}
        while True:
            name = self._token()
            self._take(":")
            record[name] = self.value()
            if self._take(",)") == ")":
                return record


def parse_value(text: str) -> Value:
    """Read one parameter's raw text."""
    return _Reader(text).whole() if text else ""


def parse_query(raw: str) -> dict[str, Value]:
    """Read a raw query string into parameters; `fields` stays the decoded text, it is a projection of its own."""
    query: dict[str, Value] = {}
    for piece in filter(None, raw.split("&")):
        name, _, text = piece.partition("=")
        name = unquote(name)
        if name == "fields":
            query[name] = unquote(text)
        elif PART.search(name):
            _place(query, [part for part in re.split(r"[.\[\]]+", name) if part], parse_value(text))
        else:
            query[name] = parse_value(text)
    return query


def _place(query: dict[str, Value], parts: list[str], value: Value) -> None:
    node = query
    for part in parts[:-1]:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            raise invalid("Invalid query parameters passed to request: a name is used twice")
    node[parts[-1]] = value


def items_of(query: dict[str, Value], name: str) -> list[str]:
    """Read a list parameter, in either protocol's form; empty where it is absent."""
    value = query.get(name)
    if value is None:
        return []
    if isinstance(value, dict) and all(part.isdigit() for part in value):
        value = list(value.values())
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise invalid(f"Parameter '{name}' must be of type List")
    return value


def record_of(query: dict[str, Value], name: str) -> dict[str, Value] | None:
    """Read a record parameter; none where it is absent."""
    value = query.get(name)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if value is not None and not isinstance(value, dict):
        raise invalid(f"Parameter '{name}' must be a record")
    return value


def word_of(query: dict[str, Value], name: str) -> str | None:
    """Read a word given plainly or as `(value:WORD)`."""
    value = query.get(name)
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    if value is not None and not isinstance(value, str):
        raise invalid(f"Parameter '{name}' must be a single value")
    return value


def number_of(query: dict[str, Value], name: str, default: int | None = None) -> int | None:
    """Read a whole number."""
    value = query.get(name)
    if value is None:
        return default
    if not isinstance(value, str) or not re.fullmatch(r"-?\d+", value):
        raise invalid(f"Parameter '{name}' must be a number")
    return int(value)


def fields_of(query: dict[str, Value]) -> list[str] | None:
    """Name the top-level fields of a projection; none where there is no projection."""
    text = query.get("fields")
    if not text:
        return None
    depth, names = 0, [""]
    for letter in str(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            names.append("")
        else:
            names[-1] += letter
    return [name.partition(":")[0].strip() for name in names if name]


def project(record: dict[str, Any], fields: list[str] | None) -> dict[str, Any]:
    """Keep the projected fields of a record, in the record's order."""
    return record if fields is None else {name: value for name, value in record.items() if name in fields}
