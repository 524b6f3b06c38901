"""What comes out: crosswalk, golden records with provenance, guard report, review queue and evidence, read off the settled tables."""

from typing import Any

import pandas as pd
import pyarrow as pa

from mpm_pipeline.customer.resolution import settle
from mpm_pipeline.warehouse import engine

FIELDS = {
    "person": ["full_name", "first_name", "last_name", "email", "phone", "title", "street", "city", "postal_code", "state", "country", "birth_date", "handle"],
    "account": ["name", "domain", "website", "phone", "street", "city", "postal_code", "state", "country"],
}  # fmt: skip


def put_customers(connection: Any, names: pd.DataFrame) -> None:
    """Make `customer` (row, kind, customer_id) and what is told of each."""
    rows = names.reset_index(names="row")[["row", "person_id", "account_id"]]
    settle.put(connection, "identified", pa.Table.from_pandas(rows, preserve_index=False))
    connection.execute(
        "CREATE OR REPLACE TABLE customer AS SELECT \"row\", 'person' AS kind, person_id AS customer_id FROM identified WHERE person_id IS NOT NULL"
        " UNION ALL SELECT \"row\", 'account', account_id FROM identified WHERE account_id IS NOT NULL"
    )
    for name in ("customer_number", "member", "golden_value", "evidence"):
        settle.make(connection, name)


def crosswalk(connection: Any) -> pa.Table:
    """One row per record: its person and account, and how sure that is (the best key that it shares, 2 to the power of its bits)."""
    return engine.fetch(
        connection,
        """
        SELECT f.source, f.object, f.record_id, i.person_id, i.account_id, f.is_company,
          coalesce(e.key_type, 'alone') AS joined_by, round(1 - pow(2, -coalesce(e.bits, 20)), 6) AS confidence
        FROM feature f JOIN identified i ON i."row" = f."row"
        LEFT JOIN (SELECT "row", arg_max(key_type, (bits, key_type)) AS key_type, max(bits) AS bits FROM evidence WHERE kind = 'person' GROUP BY "row") e
          ON e."row" = f."row"
        ORDER BY f.source, f.object, f.record_id""",
    )


def golden(connection: Any, kind: str) -> pa.Table:
    """One row per customer of a kind with the fields that stand."""
    columns = ", ".join(f"any_value(value) FILTER (field = '{name}') AS {name}" for name in FIELDS[kind])
    account = ", any_value(a.account_id) AS account_id" if kind == "person" else ""
    join = (
        " LEFT JOIN (SELECT i.person_id, arg_max(i.account_id, (coalesce(f.updated_at, f.created_at, TIMESTAMPTZ '1970-01-01'), i.\"row\")) AS account_id"
        ' FROM identified i JOIN feature f ON f."row" = i."row" WHERE i.account_id IS NOT NULL GROUP BY i.person_id) a ON a.person_id = c.customer_id'
        if kind == "person"
        else ""
    )
    return engine.fetch(
        connection,
        f"""
        SELECT c.customer_id AS {kind}_id, any_value(c.records) AS records, {columns}{account}
        FROM (SELECT customer_id, count(*) AS records FROM customer WHERE kind = '{kind}' GROUP BY customer_id) c
        LEFT JOIN golden_value g ON g.customer_id = c.customer_id{join}
        GROUP BY c.customer_id ORDER BY c.customer_id""",  # noqa: S608
    )


def provenance(connection: Any) -> pa.Table:
    """One row per golden field: the record whose value stands, by which rule, and how many other values it beat."""
    return engine.fetch(connection, "FROM golden_value ORDER BY kind, customer_id, field")


def guards(connection: Any) -> pa.Table:
    """One row per key that joins nobody, with counts and reason; mailboxes of a role among them."""
    return engine.fetch(
        connection,
        """
        SELECT 'person' AS kind, key_type, key_value, records, names, reason FROM person_guard
        UNION ALL
        SELECT 'person', 'mailbox', mailbox, count(*), count(DISTINCT name_key), 'a mailbox of a role is nobody''s own'
        FROM feature WHERE is_role AND mailbox IS NOT NULL AND NOT is_company GROUP BY mailbox HAVING count(DISTINCT name_key) > 0
        ORDER BY records DESC, key_type, key_value""",
    )


def evidence(connection: Any) -> pa.Table:
    """One row per record and shared key: what it shares with which other record of the same customer."""
    return engine.fetch(
        connection,
        """
        SELECT e.kind, e.customer_id, f.source, f.object, f.record_id, e.key_type, e.key_value, e.bits, e.records,
          o.source AS other_source, o.object AS other_object, o.record_id AS other_record_id
        FROM evidence e JOIN feature f ON f."row" = e."row" JOIN feature o ON o."row" = e.other_row
        ORDER BY e.kind, e.customer_id, f."row", e.key_type, e.key_value""",
    )


def reviews(connection: Any, refused: pa.Table) -> pa.Table:
    """One row per pair that a person should look at: evidence asked for a merge and a contradiction refused it, most evidence first."""
    settle.put(connection, "refused", refused)
    return engine.fetch(
        connection,
        """
        SELECT a.source, a.object, a.record_id, b.source AS other_source, b.object AS other_object, b.record_id AS other_record_id,
          r.bits, CASE WHEN d.decision = 'no' THEN 'somebody said that they are two' ELSE 'given names that cannot be one' END AS reason,
          d.decision
        FROM refused r JOIN feature a ON a."row" = r.one JOIN feature b ON b."row" = r.other
        LEFT JOIN decision d ON d.one = least(r.one, r.other) AND d.other = greatest(r.one, r.other)
        ORDER BY r.bits DESC, a."row", b."row" """,
    )
