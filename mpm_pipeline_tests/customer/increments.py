"""Sequences of changes for resolution, and what must hold after each: ids stay, the past can be read, a rebuild says the same."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from mpm_pipeline.customer import crosswalk_as_of, resolve
from mpm_pipeline.customer.resolution.crosswalk import current
from mpm_pipeline.customer.resolution.records import SCHEMA
from mpm_pipeline.customer.resolution.tables import Resolution

START = datetime(2026, 3, 1, tzinfo=UTC)
KINDS = ("person_id", "account_id")
Change = tuple[Any, ...]
"""`("put", number, fields)`, `("drop", number)` or `("say", number, number, answer)`."""


def _fields() -> st.SearchStrategy[dict[str, Any]]:
    day = st.integers(0, 50).map(lambda days: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days))
    mail = st.builds("{}@{}.com".format, st.sampled_from("abc"), st.sampled_from(["acme", "globex", "gmail"]))
    return st.fixed_dictionaries(
        {
            "full_name": st.sampled_from(["Ann Lee", "A. Lee", "Bob Ray", "Cy Roe", None]),
            "email": st.one_of(st.none(), mail),
            "phone": st.sampled_from([None, None, "+49 30 5555 1234", "+49 30 5555 1235"]),
            "person_key": st.sampled_from([None, None, ["lead-1111"], ["lead-2222"]]),
            "account_key": st.sampled_from([None, None, None, ["acc-1111"]]),
            "company": st.sampled_from([None, None, "Acme", "Globex Inc"]),
            "is_company": st.sampled_from([False] * 7 + [True]),
            "created_at": st.one_of(st.none(), day),
        }
    )


def sequences(numbers: int, batches: int) -> st.SearchStrategy[list[list[Change]]]:
    """Random batches of changes to so many records."""
    number = st.integers(0, numbers - 1)
    put = st.tuples(st.just("put"), number, _fields())
    drop = st.tuples(st.just("drop"), number)
    say = st.tuples(st.just("say"), number, number, st.sampled_from(["yes", "no", "unsure"]))
    return st.lists(st.lists(st.one_of(put, put, put, drop, say), min_size=1, max_size=6), min_size=1, max_size=batches)


def batch(changes: Iterable[Change]) -> tuple[pa.Table, pa.Table | None]:
    """Return the records and the decisions of a batch; of two changes to one record the later one counts."""
    rows: dict[int, dict[str, Any]] = {}
    said = []
    for change in changes:
        if change[0] == "say":
            if change[1] != change[2]:
                said.append({"source": "s", "record_id": name(change[1]), "other_source": "s", "other_record_id": name(change[2]), "decision": change[3]})  # fmt: skip
        else:
            fields = change[2] if change[0] == "put" else {"deleted": True}
            rows[change[1]] = {"source": "s", "object": "", "record_id": name(change[1]), **fields}
    return pa.Table.from_pylist(list(rows.values()), SCHEMA), pa.Table.from_pylist(said) if said else None


def name(number: int) -> str:
    return f"record-{number:03}"


def groups(found: Resolution, column: str) -> dict[str, frozenset[str]]:
    """Return the records of every customer."""
    members: dict[str, set[str]] = {}
    for row in current(found.crosswalk).to_pylist():
        if row[column] is not None:
            members.setdefault(row[column], set()).add(row["record_id"])
    return {one: frozenset(names) for one, names in members.items()}


def rows(table: pa.Table, *without: str) -> list[str]:
    """Return a table's rows as sorted texts, some columns left out."""
    return sorted(map(repr, table.drop_columns(list(without)).to_pylist()))


class Story:
    """What happens to one resolution, batch by batch, with what was said at each point."""

    def __init__(self) -> None:
        self.found: Resolution | None = None
        self.said: list[tuple[datetime, list[str]]] = []
        self.given: set[str] = set()

    def tell(self, changes: Iterable[Change]) -> Resolution:
        """Go on by one batch and check what must hold between two runs."""
        records, decisions = batch(changes)
        before, moment = self.found, START + timedelta(days=len(self.said))
        found = resolve(records, previous=before, decisions=decisions, as_of=moment)
        if before:
            for column in KINDS:
                known = {names: one for one, names in groups(found, column).items()}
                gratuitous = {
                    one: names for one, names in groups(before, column).items() if known.get(names, one) != one
                }
                assert not gratuitous, f"ids that changed without their records: {gratuitous}"
        alive = set().union(*(groups(found, column) for column in KINDS))
        redirect = {row["old_id"]: row["new_id"] for row in found.id_redirect.to_pylist()}
        self.given |= alive
        assert not alive & set(redirect)
        assert self.given - alive == set(redirect), "a retired id leads nowhere"
        assert {one for one in redirect.values() if one} <= alive
        assert found.recorded_at is not None
        self.said.append((found.recorded_at, rows(current(found.crosswalk))))
        self.found = found
        return found

    def check_end(self, *, again: bool = False) -> None:
        """Check that every past run can be read, and that a rebuild from all records says what the increments said.

        `again`: a rebuild that knows the registry too gives the same ids.
        """
        found = self.found
        assert found is not None
        for moment, said in self.said:
            assert rows(crosswalk_as_of(found.crosswalk, moment)) == said
        fresh = resolve(
            found.record.take(pa.array(range(found.record.num_rows - 1, -1, -1), pa.int64())),
            decisions=found.decision,
            as_of=found.recorded_at,
        )
        for column in KINDS:
            assert set(groups(fresh, column).values()) == set(groups(found, column).values())
        assert rows(fresh.key_guard_report) == rows(found.key_guard_report)
        for table, ids in {"golden_person": ["person_id", "account_id"], "golden_account": ["account_id", "parent_account_id"], "golden_field_provenance": ["customer_id"], "evidence": ["customer_id"]}.items():  # fmt: skip
            assert rows(getattr(fresh, table), *ids) == rows(getattr(found, table), *ids), table
        if not again:
            return
        kept = resolve(found.record, previous=found, whole=True, as_of=found.recorded_at)
        for column in KINDS:
            assert groups(kept, column) == groups(found, column)
        assert rows(kept.id_registry, "is_present") == rows(found.id_registry, "is_present")
