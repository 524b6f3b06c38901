"""Field types of an object: by the vendor's standard names, else by the values that occur in its records.

Most of a column decides, so that one damaged value does not turn a number field into text.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from mpm_pipeline.simulator.salesforce.schema import (
    FIELD_TYPES,
    STANDARD_FIELDS,
    SYSTEM_FIELDS,
    has_is_deleted,
    stamps,
)
from mpm_pipeline.simulator.verbatim import plain

_DATE = re.compile(r"\d{4}-\d\d-\d\d$")
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_REFERENCE = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?$")
_TEXTAREA_FROM: Final = 256
_SAMPLE: Final = 5_000


def field_types(name: str, records: list[dict[str, Any]]) -> dict[str, str]:
    """Return field -> type of an object with these records, the vendor's own order where it has one."""
    always = {"Id": "id"} | dict.fromkeys(stamps(name), "datetime")
    if has_is_deleted(name):
        always["IsDeleted"] = "boolean"
    if not records:
        return always | STANDARD_FIELDS.get(name, {"Name": "string"})
    shapes = dict.fromkeys(tuple(record) for record in records)
    occurring = dict.fromkeys(field for shape in shapes for field in shape)
    types = dict(always)
    for field in occurring:
        kind = always.get(field) or _standard(name, field) or _guessed(field, records)
        if kind:
            types[field] = kind
    return types


def _standard(name: str, field: str) -> str | None:
    if name in STANDARD_FIELDS:
        return STANDARD_FIELDS[name].get(field) or SYSTEM_FIELDS.get(field)
    return FIELD_TYPES.get(field)


def _guessed(field: str, records: Iterable[dict[str, Any]]) -> str | None:
    """Guess by the values; None for what is no field (a nested parent, the type marker)."""
    if field == "attributes":
        return None
    seen = Counter[str]()
    for record in records:
        value = plain(record.get(field))
        if value is not None:
            seen[_kind(field, value)] += 1
            if seen.total() >= _SAMPLE:
                break
    if not seen:
        return "string"
    kind = seen.most_common(1)[0][0]
    if kind in ("int", "double") and seen["double"]:
        return "double"
    if kind in ("string", "multipicklist") and seen["multipicklist"]:
        return "multipicklist"
    return None if kind == "parent" else kind


def _kind(field: str, value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "double"
    if isinstance(value, dict):
        if "attributes" in value or "records" in value:
            return "parent"
        return "address" if {"city", "street", "country"} & set(value) else "complexvalue"
    if not isinstance(value, str):
        return "anyType"
    if _DATE.match(value):
        return "date"
    if _DATETIME.match(value):
        return "datetime"
    if field.endswith("Id") and _REFERENCE.match(value):
        return "reference"
    if ";" in value and field.endswith("__c"):
        return "multipicklist"
    return "textarea" if len(value) >= _TEXTAREA_FROM else "string"
