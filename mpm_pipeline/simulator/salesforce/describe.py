"""What the describe endpoints say: global list, object and field descriptions, in the vendor's shape."""

from typing import Any, Final

from mpm_pipeline.simulator.salesforce.columns import relationship_of
from mpm_pipeline.simulator.salesforce.org import Org, SObject
from mpm_pipeline.simulator.salesforce.schema import KEY_PREFIX, STANDARD_FIELDS, has_is_deleted, referenced
from mpm_pipeline.simulator.verbatim import plain

MAX_PICKLIST: Final = 500
_SOAP_TYPES: Final = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "address": "urn:address",
    "anyType": "xsd:anyType",
}
_LENGTHS: Final = {"id": 18, "reference": 18, "textarea": 32_000, "email": 80, "phone": 40}
_TEXT: Final = ("string", "picklist", "combobox", "url", "multipicklist", "anyType")


def global_describe(org: Org, base: str) -> dict[str, Any]:
    """Describe all objects in short."""
    return {
        "encoding": "UTF-8",
        "maxBatchSize": 200,
        "sobjects": [object_summary(name, base) for name in org.names()],
    }


def object_summary(name: str, base: str) -> dict[str, Any]:
    """Describe one object without its fields."""
    url = f"{base}/sobjects/{name}"
    return {
        "name": name,
        "label": name,
        "labelPlural": name,
        "keyPrefix": KEY_PREFIX.get(name),
        "custom": name not in STANDARD_FIELDS and name.endswith("__c"),
        "queryable": True,
        "retrieveable": True,
        "searchable": True,
        "replicateable": True,
        "createable": False,
        "updateable": False,
        "deletable": False,
        "undeletable": has_is_deleted(name),
        "urls": {"sobject": url, "describe": f"{url}/describe", "rowTemplate": f"{url}/{{ID}}"},
    }


def object_describe(org: Org, sobject: SObject, base: str) -> dict[str, Any]:
    """Describe one object with its fields."""
    return object_summary(sobject.name, base) | {
        "childRelationships": [],
        "recordTypeInfos": [],
        "fields": [_field(org, sobject, name, kind) for name, kind in sobject.types.items()],
    }


def _field(org: Org, sobject: SObject, name: str, kind: str) -> dict[str, Any]:
    is_reference = kind == "reference"
    number = kind in ("double", "currency", "percent")
    relationship = relationship_of(name) if is_reference else None
    return {
        "name": name,
        "label": name,
        "type": kind,
        "soapType": _SOAP_TYPES.get(kind, "xsd:string"),
        "length": _LENGTHS.get(kind, 255 if kind in _TEXT else 0),
        "precision": 18 if number else 0,
        "scale": 2 if number else 0,
        "digits": 8 if kind == "int" else 0,
        "nillable": name not in ("Id", "IsDeleted", "CreatedDate", "SystemModstamp"),
        "calculated": False,
        "custom": name.endswith("__c"),
        "compoundFieldName": None,
        "referenceTo": _targets(org, sobject.name, relationship) if relationship else [],
        "relationshipName": relationship,
        "picklistValues": _choices(sobject, name) if kind in ("picklist", "multipicklist") else [],
        "restrictedPicklist": False,
        "filterable": kind not in ("address", "complexvalue", "textarea"),
        "sortable": kind not in ("address", "complexvalue", "textarea"),
        "createable": False,
        "updateable": False,
        "unique": False,
        "externalId": False,
    }


def _targets(org: Org, owner: str, relationship: str) -> list[str]:
    if relationship.endswith("__r"):
        return []
    known = set(org.names())
    return [name for name in referenced(owner, relationship) if name in known]


def _choices(sobject: SObject, name: str) -> list[dict[str, Any]]:
    seen: dict[str, None] = {}
    for row in sobject.alive:
        value = plain(row.values.get(name))
        if isinstance(value, str) and value:
            seen |= dict.fromkeys(value.split(";"))
            if len(seen) >= MAX_PICKLIST:
                break
    return [{"active": True, "defaultValue": False, "label": value, "value": value} for value in sorted(seen)]
