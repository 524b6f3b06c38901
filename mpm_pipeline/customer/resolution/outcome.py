"""What comes out: golden records with provenance, employment, evidence, guard report and review queue, read off the settled tables.

Only customers at hand are told anew; rows of all others are taken over as they are.
"""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.customer.resolution import settle, strength
from mpm_pipeline.customer.resolution.tables import ACCOUNT, PERSON, shaped
from mpm_pipeline.warehouse import engine

PARENT = """
SELECT i.account_id, arg_min(p.account_id, f."row") AS parent_account_id
FROM identified i JOIN feature f ON f."row" = i."row" AND f.is_company AND f.parent_account_key <> ''
JOIN parent_of p ON p.parent_key = crm_key(f.parent_account_key)
WHERE p.account_id <> i.account_id GROUP BY i.account_id
"""
GUARDS = """
SELECT 'person' AS kind, key_type, key_value, records, names, reason FROM person_guard
UNION ALL
SELECT 'person', 'mailbox', mailbox, count(*), count(DISTINCT name_key), 'a mailbox of a role is nobody''s own'
FROM feature WHERE is_role AND mailbox IS NOT NULL AND NOT is_company GROUP BY mailbox HAVING count(DISTINCT name_key) > 0
ORDER BY records DESC, key_type, key_value
"""
EVIDENCE = """
SELECT e.kind, e.customer_id, f.source, f.object, f.record_id, e.key_type, e.key_value, e.bits, e.records,
  o.source AS other_source, o.object AS other_object, o.record_id AS other_record_id
FROM evidence e JOIN feature f ON f."row" = e."row" JOIN feature o ON o."row" = e.other_row
ORDER BY e.number, e."row", e.key_type, e.key_value
"""

ENDED = "no record tells it any more"


def put_customers(connection: Any, rows: Any, account: Any) -> None:
    """Make `customer` (row, kind, customer_id) of the customers at hand, and what is told of each.

    `rows`: records that are told anew; `account`: beside each the id of its account, which need not be at hand.
    """
    settle.put(connection, "shown", pa.table({"row": rows, "account_id": account}))
    connection.execute(
        'CREATE OR REPLACE TABLE identified AS SELECT s."row", p.id AS person_id, s.account_id'
        ' FROM shown s LEFT JOIN bearer_person p ON p."row" = s."row"'
    )
    connection.execute(
        "CREATE OR REPLACE TABLE customer AS SELECT \"row\", 'person' AS kind, id AS customer_id FROM bearer_person"
        " UNION ALL SELECT \"row\", 'account', id FROM bearer_account"
    )
    for name in ("customer_number", "member", "golden_value", "evidence", "employment"):
        settle.make(connection, name)
    strength.measure(connection)


def golden(connection: Any, kind: str) -> pa.Table:
    """One row per customer of a kind with the fields that stand."""
    fields = PERSON if kind == "person" else ACCOUNT
    columns = ", ".join(f"any_value(value) FILTER (field = '{name}') AS {name}" for name in fields)
    further = "SELECT person_id, account_id FROM employment WHERE is_newest" if kind == "person" else PARENT
    name = "account_id" if kind == "person" else "parent_account_id"
    if kind == "account":
        settle.put(connection, "parent_of", _parents(connection))
    found = engine.fetch(
        connection,
        f"""
        SELECT c.customer_id AS {kind}_id, any_value(c.records) AS records, {columns}, any_value(a.{name}) AS {name}
        FROM (SELECT customer_id, count(*) AS records FROM customer WHERE kind = '{kind}' GROUP BY customer_id) c
        LEFT JOIN golden_value g ON g.customer_id = c.customer_id LEFT JOIN ({further}) a ON a.{kind}_id = c.customer_id
        GROUP BY c.customer_id ORDER BY c.customer_id""",  # noqa: S608
    )
    return shaped(f"golden_{kind}", found)


def _parents(connection: Any) -> pa.Table:
    """Return the account of every key that a company's record names as its parent's."""
    return engine.fetch(
        connection,
        """
        WITH named AS (SELECT DISTINCT crm_key(parent_account_key) AS parent_key FROM feature WHERE is_company AND parent_account_key <> ''),
        bearer AS (
          SELECT crm_key(f.record_id) AS parent_key, i.account_id, 0 AS rank, f."row" FROM feature f JOIN identified i USING ("row") WHERE f.is_company
          UNION ALL SELECT crm_key(unnest(f.account_key)), i.account_id, 1, f."row" FROM feature f JOIN identified i USING ("row") WHERE f.is_company
        )
        SELECT b.parent_key, arg_min(b.account_id, (b.rank, b."row")) AS account_id FROM bearer b JOIN named n USING (parent_key)
        WHERE b.account_id IS NOT NULL GROUP BY b.parent_key""",
    )


def provenance(connection: Any) -> pa.Table:
    """One row per golden field: the record whose value stands, by which rule, and how many other values it beat."""
    return shaped("golden_field_provenance", engine.fetch(connection, "FROM golden_value ORDER BY number, field"))


def guards(connection: Any) -> pa.Table:
    """One row per key that joins nobody, with counts and reason; mailboxes of a role among them."""
    return shaped("key_guard_report", engine.fetch(connection, GUARDS))


def evidence(connection: Any) -> pa.Table:
    """One row per record and shared key: what it shares with which other record of the same customer."""
    return shaped("evidence", engine.fetch(connection, EVIDENCE))


def others(table: pa.Table, column: str, touched: Any) -> pa.Table:
    """Return the rows of a table of before whose customers are not told anew."""
    return table.filter(pc.invert(pc.is_in(table[column], touched))) if table.num_rows and len(touched) else table


def reviews(connection: Any, refused: pa.Table, person: Any = None) -> pa.Table:
    """One row per pair that a person should look at; `person`: the ids of all records' persons, where `customer` is not all."""
    settle.put(connection, "refused", refused)
    if person is not None:
        every = pa.table(
            {"row": np.arange(len(person)), "kind": pa.repeat("person", len(person)), "customer_id": person}
        )
        settle.put(connection, "customer", every.filter(pc.is_valid(every["customer_id"])))
    return shaped("review_queue", engine.fetch(connection, (settle.HERE / "review.sql").read_text()))


def employment(
    connection: Any, before: pa.Table, changed: set[str], moved: dict[str, str | None], moment: Any
) -> pa.Table:
    """One row per person and account over time; where a record of `changed` persons told another account before, that stays, ended.

    `moved`: retired ids and what stands for them.
    """
    now = engine.fetch(connection, "SELECT * FROM employment ORDER BY person_id, valid_from_at NULLS FIRST, account_id")
    told = shaped("employment", now)
    kept = pc.or_(
        pc.is_in(before["person_id"], pa.array(sorted(changed), pa.string())), pc.equal(before["evidence"], ENDED)
    )
    past = before.filter(kept).to_pandas()
    if not len(past):
        return told
    for name in ("person_id", "account_id"):
        past[name] = [moved.get(one, one) for one in past[name]]
    past = past.dropna(subset=["person_id", "account_id"]).drop_duplicates(["person_id", "account_id"])
    alive = set(engine.fetch(connection, "SELECT DISTINCT id FROM bearer_person")["id"].to_pylist())
    names = set(zip(told["person_id"].to_pylist(), told["account_id"].to_pylist(), strict=True))
    pairs = zip(past["person_id"], past["account_id"], strict=True)
    past = past[np.array([one in alive and (one, other) not in names for one, other in pairs], dtype=bool)]
    past["valid_to_at"] = past["valid_to_at"].fillna(pd.Timestamp(moment))
    past["evidence"] = ENDED
    return pa.concat_tables([told, pa.Table.from_pandas(past, told.schema, preserve_index=False)])
