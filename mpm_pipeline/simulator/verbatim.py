"""Records kept true to their text where plain Python values would lose something.

A NaN, a lone surrogate, a number beyond a double or a name that occurs twice must reach the client as the world
wrote it, since telling such rows apart is the pipeline's work. Such values are held as `msgspec.Raw`, which the
encoder writes out untouched; `plain` gives what a tolerant JSON reader would see. Ordinary records never meet this
module's slow half.
"""

import json
import re
from typing import Any

import msgspec

_TOLERANT = json.JSONDecoder(strict=False)
_SPACE = re.compile(r"[ \t\n\r]*")


class NotAnObject(ValueError):
    """The text is no JSON object, even for a tolerant reader."""


def decode_record(raw: bytes) -> dict[str, Any]:
    """Decode one record to a dict; whatever JSON proper cannot carry stays as `msgspec.Raw`."""
    try:
        record = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _odd_record(raw.decode())
    if not isinstance(record, dict):
        raise NotAnObject
    if raw.count(b'":') + raw.count(b'" :') != _names(record):
        return _odd_record(raw.decode())
    return record


def members(text: str) -> list[tuple[str, str]]:
    """Split a JSON object's text into (name, text of the value), in order and with repeated names."""
    try:
        found, at = [], _skip(text, 0)
        if text[at] != "{":
            raise NotAnObject
        at = _skip(text, at + 1)
        while text[at] != "}":
            name, at = _TOLERANT.raw_decode(text, at)
            at = _skip(text, at)
            if not isinstance(name, str) or text[at] != ":":
                raise NotAnObject
            start = _skip(text, at + 1)
            _, end = _TOLERANT.raw_decode(text, start)
            found.append((name, text[start:end]))
            at = _skip(text, end)
            if text[at] == ",":
                at = _skip(text, at + 1)
                if text[at] == "}":
                    raise NotAnObject
            elif text[at] != "}":
                raise NotAnObject
    except (IndexError, ValueError, RecursionError) as error:
        raise NotAnObject from error
    if _skip(text, at + 1) != len(text):
        raise NotAnObject
    return found


def plain(value: Any) -> Any:
    """Return the value as a tolerant JSON reader sees it: of a repeated name the last."""
    if type(value) is not msgspec.Raw:
        return value
    return list(_TOLERANT.decode('{"":' + bytes(value).decode() + "}").values())[-1]


def _odd_record(text: str) -> dict[str, Any]:
    pieces: dict[str, str] = {}
    repeated = set()
    for name, piece in members(text):
        if name in pieces:
            repeated.add(name)
            pieces[name] += f",{json.dumps(name)}:{piece}"
        else:
            pieces[name] = piece
    return {name: _as_raw(piece) if name in repeated else _odd_value(piece) for name, piece in pieces.items()}


def _odd_value(piece: str) -> Any:
    try:
        value = msgspec.json.decode(piece)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _as_raw(piece)
    if piece.count('":') + piece.count('" :') != _names(value) and _repeats(piece):
        return _as_raw(piece)
    return value


def _as_raw(piece: str) -> msgspec.Raw:
    return msgspec.Raw(piece.encode())


def _repeats(piece: str) -> bool:
    found = False

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal found
        found = found or len(dict(pairs)) != len(pairs)
        return dict(pairs)

    json.loads(piece, object_pairs_hook=look, strict=False)
    return found


def _names(value: Any) -> int:
    """Count the names in a decoded value; every repeated one is missing from the count."""
    if isinstance(value, dict):
        return len(value) + sum(_names(inner) for inner in value.values() if isinstance(inner, dict | list))
    if isinstance(value, list):
        return sum(_names(inner) for inner in value if isinstance(inner, dict | list))
    return 0


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
