"""Marketo's envelope, its errors inside HTTP 200, how queries are read, and its opaque paging tokens.

`code` is a string, `requestId` two hexadecimal words; assets say "no assets found" as a warning and leave `result` out.
"""

import base64
import binascii
import re
from bisect import bisect_right
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from mpm_pipeline.simulator.instants import parse_instant

Record = dict[str, Any]
Key = tuple[Any, ...]

PAGE_LIMIT = 300
NO_ASSETS = "No assets found for the given search criteria."


class Refusal(Exception):
    """An error of Marketo's: HTTP 200, `success` false, a code and a message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.body = failure(code, message)


def failure(code: str, message: str) -> Record:
    """Write the envelope of an error."""
    return {"success": False, "errors": [{"code": code, "message": message}]}


def success(result: list[Record], **more: Any) -> Record:
    """Write the envelope of a lead database answer."""
    return {"result": result, "success": True} | more


def asset_success(result: list[Record]) -> Record:
    """Write the envelope of an asset answer; an empty one has no `result`."""
    if not result:
        return {"success": True, "errors": [], "warnings": [NO_ASSETS]}
    return {"success": True, "errors": [], "warnings": [], "result": result}


class Query:
    """The parameters of one call; lists come repeated or separated by commas."""

    def __init__(self, text: str) -> None:
        self.values: dict[str, list[str]] = {}
        for name, value in parse_qsl(text, keep_blank_values=True):
            self.values.setdefault(name.removesuffix("[]"), []).append(value)

    def one(self, name: str) -> str | None:
        """Give a parameter; a blank one is an error of its own."""
        values = self.values.get(name)
        if values is None:
            return None
        if not values[-1].strip():
            raise Refusal("701", f"{name} cannot be blank")
        return values[-1].strip()

    def required(self, name: str) -> str:
        """Give a parameter that the call cannot do without."""
        value = self.one(name)
        if value is None:
            raise Refusal("1003", f"{name} not specified")
        return value

    def all(self, name: str, *, most: int | None = None) -> list[str]:
        """Give a list parameter."""
        found = [item.strip() for value in self.values.get(name, []) for item in value.split(",") if item.strip()]
        if most is not None and len(found) > most:
            raise Refusal("1003", f"Too many values ({len(found)}) specified for '{name}', maximum allowed is {most}")
        return found

    def integer(self, name: str, default: int) -> int:
        """Give a whole number."""
        text = self.one(name)
        if text is None:
            return default
        if not re.fullmatch(r"-?\d+", text):
            raise Refusal("1003", f"Invalid value for '{name}'. Required of type 'integer'")
        return int(text)

    def batch_size(self) -> int:
        """Give the page size: 300 at most, 300 where it is absent."""
        size = self.integer("batchSize", PAGE_LIMIT)
        if not 1 <= size <= PAGE_LIMIT:
            raise Refusal("1003", f"Invalid value for batchSize: it must be between 1 and {PAGE_LIMIT}")
        return size

    def instant(self, name: str) -> datetime | None:
        """Give an instant in UTC."""
        text = self.one(name)
        return None if text is None else instant_of(text, name)

    def flag(self, name: str) -> bool:
        """Give a boolean, false where it is absent."""
        return (self.one(name) or "false").lower() == "true"


def instant_of(text: Any, name: str) -> datetime:
    """Read an instant, or refuse it as Marketo does; a blank for an unencoded plus sign is forgiven."""
    found = parse_instant(re.sub(r" (\d\d:?\d\d)$", r"+\1", text)) if isinstance(text, str) else None
    if found is None:
        raise Refusal("704", f"Invalid date format for '{name}': {text}")
    return found


def id_key(value: Any) -> Key:
    """Make a sort key of an id: numbers by value, before everything else."""
    text = str(value)
    return (0, int(text), "") if text.isdigit() else (1, 0, text)


def write_token(text: str) -> str:
    """Write a paging token: base32, as the vendor's look."""
    return base64.b32encode(text.encode()).decode().rstrip("=")


def read_token(token: str) -> str:
    """Read a paging token of ours."""
    try:
        return base64.b32decode(token + "=" * (-len(token) % 8)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise Refusal("1003", f"Invalid nextPageToken: {token}") from error


def keyed_page(rows: list[tuple[Key, Record]], query: Query) -> tuple[list[Record], str | None]:
    """Cut a page out of rows that are sorted by an id key; the token names the last key given."""
    size, token, start = query.batch_size(), query.one("nextPageToken"), 0
    if token is not None:
        word, _, last = read_token(token).partition(":")
        if word != "after":
            raise Refusal("1003", f"Invalid nextPageToken: {token}")
        start = bisect_right(rows, id_key(last), key=lambda row: row[0])
    found = rows[start : start + size]
    more = start + size < len(rows)
    key = found[-1][0] if more else ()
    return [record for _, record in found], write_token(f"after:{key[2] or key[1]}") if more else None


def paged(rows: list[tuple[Key, Record]], query: Query) -> Record:
    """Answer a page with `nextPageToken` where there is more."""
    records, token = keyed_page(rows, query)
    return success(records, **({"nextPageToken": token} if token else {}))
