"""What comes out: golden records with provenance, employment, evidence, guard report and review queue, read off the settled tables.

Only customers at hand are told anew; rows of all others are taken over as they are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.customer.components import Numbers
from mpm_pipeline.customer.resolution import settle, sharing, surviving
from mpm_pipeline.customer.resolution.customers import Coded, Customers, places, ranked
from mpm_pipeline.customer.resolution.tables import SCHEMAS, loose, made, shaped
from mpm_pipeline.warehouse import engine

GUARDS = """
SELECT * FROM (
SELECT 'person' AS kind, k.key_type, k.key_value, n.records, g.names, g.reason FROM person_guard g
JOIN key_number n ON n.key = g.key JOIN key_name k ON k.kind = 'person' AND k.key = g.key
UNION ALL
SELECT 'person', 'mailbox', mailbox, count(*), count(DISTINCT name_key), 'a mailbox of a role is nobody''s own'
FROM feature WHERE is_role AND mailbox IS NOT NULL AND NOT is_company GROUP BY mailbox HAVING count(DISTINCT name_key) > 0
UNION ALL
SELECT 'account', key_type, key_value, records, names, reason FROM account_guard
UNION ALL
SELECT kind, 'numbering', key_value, records, names, reason FROM numbered_alike
UNION ALL
SELECT 'person', 'id', id, count(*), count(DISTINCT head) FILTER (is_named), 'a declared id of people with neither name nor mailbox in common; it joins the records of each alone'
FROM person_id_torn GROUP BY id HAVING count(DISTINCT head) > 1
) QUALIFY row_number() OVER (PARTITION BY kind, key_type, key_value ORDER BY records DESC, names DESC, reason) = 1
ORDER BY records DESC, key_type, key_value
"""
READ_OFF = ("key_name", "joined_key", "key_number", "person_guard", "account_guard", "numbered_alike", "person_id_torn")
"""What nobody reads any more when keys and guards are read off."""
TOLD = """
SELECT f."row", mailbox IS NOT NULL AS has_mailbox, phone_key IS NOT NULL AS has_phone, company_key IS NOT NULL AS has_company, is_company,
  handle, coalesce(web_domain, mail_domain) AS domain
FROM feature f SEMI JOIN shown s ON s."row" = f."row"
"""
ENDED = "no record tells it any more"


@dataclass(frozen=True)
class Told:
    """What is told anew: customers of both kinds, their records under `rows` (ascending) and what was read off them.

    `account_ids` and `parent`, `newest`: the ids of accounts, which need not be at hand, and by places among them the parent of each account
    and the newest employer of each person, -1 for none. `employment`: by the engine, with numbers for persons and accounts. `count`: how many
    records there are in all.
    """

    customers: dict[str, Customers]
    rows: Numbers
    records: pa.Table
    features: pa.Table
    employment: pa.Table
    account_ids: Any
    parent: Numbers
    newest: Numbers
    keys: dict[str, sharing.Keys]
    texts: dict[str, Coded]
    count: int

    @cached_property
    def shared(self) -> dict[str, sharing.Shared]:
        """Return what records of the same customer share, by kind."""
        return {kind: sharing.shared(one, self.keys[kind], self.count) for kind, one in self.customers.items()}


def told(
    connection: Any, customers: dict[str, Customers], alive: pa.Table, shown: Numbers, account: Any, keys: dict[str, sharing.Keys],
    texts: dict[str, Coded],
) -> Told:  # fmt: skip
    """Read off what there is to tell of customers at hand.

    `shown`: records that are told anew; `account`: beside each the id of its account, which need not be at hand.
    """
    marked = np.zeros(alive.num_rows, dtype=bool)
    for some in (shown, *(one.row for one in customers.values())):
        marked[some] = True
    rows = np.flatnonzero(marked)
    settle.put(connection, "shown", pa.table({"row": rows}))
    features = engine.fetch(connection, TOLD)
    features = features.take(pa.array(np.argsort(features["row"].to_numpy(), kind="stable")))
    number, account_ids = ranked(account)
    person = customers["person"].of_rows(alive.num_rows)[shown]
    settle.put(connection, "identified", pa.table({"row": shown, "person": person, "account": number}))
    employment = engine.fetch(connection, settle.text("employment"))
    newest = np.full(len(customers["person"].ids), -1, dtype=np.int64)
    last = employment.filter(employment["is_newest"])
    newest[last["person"].to_numpy()] = last["account"].to_numpy()
    above = engine.fetch(connection, settle.text("parent"))
    over = np.full(len(account_ids), -1, dtype=np.int64)
    over[above["account"].to_numpy()] = above["parent"].to_numpy()
    return Told(
        customers,
        rows,
        alive if len(rows) == alive.num_rows else alive.take(pa.array(rows)),
        features,
        employment,
        account_ids,
        over,
        newest,
        keys,
        {name: (code if len(rows) == len(code) else code[rows], values) for name, (code, values) in texts.items()},
        alive.num_rows,
    )


def keys_of(connection: Any) -> dict[str, sharing.Keys]:
    """Return the keys that joined records, by kind of customer."""
    found = {}
    for kind in ("account", "person"):
        named = f"SELECT key, key_type, key_value FROM key_name WHERE kind = '{kind}' ORDER BY key"  # noqa: S608
        words = engine.fetch(connection, named)
        borne = connection.sql(f"""SELECT "row", key, bits FROM joined_key WHERE kind = '{kind}'""").fetchnumpy()  # noqa: S608
        key = _place(words["key"].to_numpy(), np.asarray(borne["key"], dtype=np.int64)).astype(np.int32)
        row, bits = np.asarray(borne["row"]).astype(np.int32), np.asarray(borne["bits"]).astype(np.int8)
        found[kind] = sharing.Keys(words, row, key, bits)
    return found


def _place(known: Numbers, key: Numbers) -> Numbers:
    """Return the place of each key among those that are known, which ascend."""
    if not len(known):
        return key
    place = np.empty(int(known[-1] - known[0]) + 1, dtype=np.int64)
    place[known - known[0]] = np.arange(len(known))
    return place[key - known[0]]


def golden(found: Told, kind: str, standing: list[surviving.Standing]) -> Iterator[pa.Table]:
    """One row per customer of a kind with the fields that stand."""
    customers = found.customers[kind]
    count = len(customers.ids)
    columns = surviving.columns(standing, count) | {f"{kind}_id": customers.ids, "records": customers.size}
    if kind == "person":
        columns["account_id"] = found.account_ids.take(places(found.newest))
    else:
        mine = np.asarray(pc.fill_null(pc.index_in(customers.ids, found.account_ids), -1), dtype=np.int64)
        columns["parent_account_id"] = found.account_ids.take(places(np.append(found.parent, -1)[mine]))
    yield loose(f"golden_{kind}", columns)


def provenance(found: Told, kind: str, standing: list[surviving.Standing]) -> Iterator[pa.Table]:
    """One row per golden field: the record whose value stands, by which rule, and how many other values it beat."""
    for part in surviving.provenance(found.customers[kind], standing, found.records, found.rows):
        yield loose("golden_field_provenance", part)


def standing(found: Told, kind: str) -> list[surviving.Standing]:
    """Return the values of all fields that stand."""
    return surviving.standing(found.customers[kind], found.records, found.features, found.rows, found.texts)


def evidence(found: Told, kind: str, alive: pa.Table) -> Iterator[pa.Table]:
    """One row per record and shared key: what it shares with which other record of the same customer."""
    for part in sharing.evidence(found.customers[kind], found.keys[kind], found.shared[kind], alive):
        yield loose("evidence", part)


def guards(connection: Any) -> pa.Table:
    """One row per key that joins nobody, with counts and reason; mailboxes of a role among them."""
    return shaped("key_guard_report", engine.fetch(connection, GUARDS))


def others(before: Iterable[pa.Table], column: str, touched: Any) -> Iterator[pa.Table]:
    """Yield the rows of a table of before, which comes some at a time, whose customers are not told anew."""
    for table in before:
        yield table.filter(pc.invert(pc.is_in(table[column], touched))) if table.num_rows and len(touched) else table


def reviews(connection: Any, refused: pa.Table, person: Numbers) -> pa.Table:
    """One row per pair that a person should look at; `person`: a number for the person of each record, -1 for none."""
    ((said,),) = connection.execute("SELECT count(*) FROM decision").fetchall()
    if not refused.num_rows and not said:
        return SCHEMAS["review_queue"].empty_table()
    settle.put(connection, "refused", refused)
    rows = np.flatnonzero(person >= 0)
    settle.put(connection, "bearer", pa.table({"row": rows, "person": person[rows]}))
    return shaped("review_queue", engine.fetch(connection, settle.text("review")))


def employment(found: Told, before: pa.Table, changed: set[str], moved: dict[str, str | None], moment: Any) -> pa.Table:
    """One row per person and account over time; where a record of `changed` persons told another account before, that stays, ended.

    `moved`: retired ids and what stands for them.
    """
    now, people = found.employment, found.customers["person"].ids
    ids = {"person_id": people.take(now["person"].combine_chunks()), "account_id": found.account_ids.take(now["account"].combine_chunks())}  # fmt: skip
    told = made("employment", ids | {name: now[name] for name in ("valid_from_at", "valid_to_at", "evidence")})
    kept = pc.or_(
        pc.is_in(before["person_id"], pa.array(sorted(changed), pa.string())), pc.equal(before["evidence"], ENDED)
    )
    past = before.filter(kept).to_pandas()
    if not len(past):
        return told
    for name in ("person_id", "account_id"):
        past[name] = [moved.get(one, one) for one in past[name]]
    past = past.dropna(subset=["person_id", "account_id"]).drop_duplicates(["person_id", "account_id"])
    alive = set(people.filter(pc.is_in(people, pa.array(sorted(set(past["person_id"])), pa.string()))).to_pylist())
    names = set(zip(told["person_id"].to_pylist(), told["account_id"].to_pylist(), strict=True))
    pairs = zip(past["person_id"], past["account_id"], strict=True)
    past = past[np.array([one in alive and (one, other) not in names for one, other in pairs], dtype=bool)]
    past["valid_to_at"] = past["valid_to_at"].fillna(pd.Timestamp(moment))
    past["evidence"] = ENDED
    return pa.concat_tables([told, pa.Table.from_pandas(past, told.schema, preserve_index=False)])
