"""Field paths of a query bound to an org: how a path is read, compared and written out.

`Account.Owner.Name` climbs from a row to its parents by their ids; a parent that cannot be seen is null. Unknown
columns and relationships are refused in Salesforce's words.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from mpm_pipeline.simulator.salesforce.errors import query_refused
from mpm_pipeline.simulator.salesforce.org import Org, Row, SObject
from mpm_pipeline.simulator.salesforce.schema import referenced
from mpm_pipeline.simulator.salesforce.soql import Path
from mpm_pipeline.simulator.verbatim import plain

_SEE_DESCRIBE = "Please reference your WSDL or the describe call for the appropriate names."


@dataclass(frozen=True)
class Column:
    """A bound path: `read` gives a comparable value (None for null), `raw` the value as the record has it."""

    name: str
    kind: str
    read: Callable[[Row], Any]
    raw: Callable[[Row], Any]
    own: bool = True


@dataclass
class Branch:
    """What to write out of one row: its own fields, and branches of its parents by relationship."""

    owner: str
    fields: list[str] = field(default_factory=list)
    parents: "dict[str, tuple[str, Branch]]" = field(default_factory=dict)


class Binder:
    """Binds the paths of one query."""

    def __init__(self, org: Org, text: str) -> None:
        self._org = org
        self._text = text

    def column(self, sobject: SObject, path: Path) -> Column:
        """Bind a path for filtering, sorting or grouping."""
        names = self._without_own_name(sobject, path)
        return self._climb(sobject, names, path)

    def branch(self, sobject: SObject, paths: Iterable[Path]) -> Branch:
        """Bind the paths of a SELECT list for writing rows out."""
        root = Branch(sobject.name)
        for path in paths:
            branch, at = root, sobject
            *relationships, last = self._without_own_name(sobject, path)
            for name in relationships:
                link, targets = self._link(at, name, path)
                at = self._holder(targets, last if name is relationships[-1] else None)
                branch = branch.parents.setdefault(relationship_of(link), (link, Branch(at.name)))[1]
            found = self._field(at, last, path)
            if found in branch.fields:
                raise query_refused("INVALID_FIELD", self._text, path.position, f"duplicate field selected: {found}")
            branch.fields.append(found)
        return root

    def _climb(self, sobject: SObject, names: tuple[str, ...], path: Path) -> Column:
        if len(names) == 1:
            name = self._field(sobject, names[0], path)
            return Column(name, sobject.types[name], sobject.reader(name), lambda row: row.values.get(name))
        link, targets = self._link(sobject, names[0], path)
        target = self._holder(targets, names[1])
        above = self._climb(target, names[1:], path)
        org, owner, relationship = self._org, sobject.name, relationship_of(link)

        def parent_of(row: Row) -> Row | None:
            found = _parent(org, owner, relationship, link, row)
            return found[1] if found else None

        def climbed(read: Callable[[Row], Any]) -> Callable[[Row], Any]:
            def value(row: Row) -> Any:
                parent = parent_of(row)
                return None if parent is None else read(parent)

            return value

        return Column(f"{relationship}.{above.name}", above.kind, climbed(above.read), climbed(above.raw), own=False)

    def _field(self, sobject: SObject, name: str, path: Path) -> str:
        found = sobject.field(name)
        if found is None:
            raise query_refused(
                "INVALID_FIELD",
                self._text,
                path.position,
                f"No such column '{name}' on entity '{sobject.name}'. If you are attempting to use a custom field,"
                f" be sure to append the '__c' after the custom field name. {_SEE_DESCRIBE}",
            )
        return found

    def _link(self, sobject: SObject, relationship: str, path: Path) -> tuple[str, list[SObject]]:
        custom = relationship.lower().endswith("__r")
        link = sobject.field(relationship[:-1] + "c" if custom else relationship + "Id")
        if link is None:
            raise query_refused(
                "INVALID_FIELD",
                self._text,
                path.position,
                f"Didn't understand relationship '{relationship}' in field path. If you are attempting to use a custom"
                f" relationship, be sure to append the '__r' after the custom relationship name. {_SEE_DESCRIBE}",
            )
        names = self._org.names() if custom else referenced(sobject.name, relationship_of(link))
        return link, [found for name in names if (found := self._org.sobject(name))]

    def _holder(self, targets: list[SObject], name: str | None) -> SObject:
        """Of the objects that a relationship may lead to, return one that has the field."""
        holders = [target for target in targets if name and target.field(name)]
        return (holders or targets or [SObject("Name", {"Id": "id", "Name": "string"}, [])])[0]

    def _without_own_name(self, sobject: SObject, path: Path) -> tuple[str, ...]:
        own = len(path.names) > 1 and path.names[0].lower() == sobject.name.lower()
        return path.names[1:] if own and sobject.field(path.names[0] + "Id") is None else path.names


def relationship_of(link: str) -> str:
    """Return the relationship's name of a reference field: `AccountId` -> `Account`, `Region__c` -> `Region__r`."""
    return link[:-1] + "r" if link.endswith("__c") else link.removesuffix("Id")


def written(org: Org, branch: Branch, row: Row, base: str) -> dict[str, Any]:
    """Write a row out as the API does, parents nested; `base` is the path of the API version."""
    values = row.values
    record: dict[str, Any] = {"attributes": attributes(branch.owner, row.id, base)}
    for name in branch.fields:
        record[name] = values.get(name)
    for relationship, (link, above) in branch.parents.items():
        found = _parent(org, branch.owner, relationship, link, row)
        if found is None:
            record[relationship] = None
        else:
            owner, parent = found
            record[relationship] = written(org, Branch(owner.name, above.fields, above.parents), parent, base)
    return record


def attributes(name: str, record_id: str, base: str) -> dict[str, str]:
    """Return the type marker that every record carries."""
    return {"type": name, "url": f"{base}/sobjects/{name}/{record_id}"}


def _parent(org: Org, owner: str, relationship: str, link: str, row: Row) -> tuple[SObject, Row] | None:
    record_id = plain(row.values.get(link))
    return org.parent(owner, relationship, record_id) if isinstance(record_id, str) and record_id else None
