"""Which account a record belongs to (identity 6): by a graph of keys, not of records, so that one odd record joins no two companies."""

from typing import Any

import numpy as np
import pyarrow as pa

from mpm_pipeline.customer.components import Numbers
from mpm_pipeline.customer.resolution import settle
from mpm_pipeline.customer.resolution.similar import Weigh, similar_rows, weigh

EVERY = "SELECT one, other FROM account_bond UNION ALL SELECT one, other FROM alike UNION ALL "

STANDING = (
    "CREATE OR REPLACE TABLE account_label AS SELECT p.key, l.label FROM account_part p"
    " JOIN (SELECT label AS part, CAST(hash(min(key)) // 2 AS BIGINT) AS label FROM account_part GROUP BY label) l ON l.part = p.label"
)
"""Accounts under a number that only their own keys make, so that it is the same in the next run."""


TOLD = """
SELECT "row", hash(CASE WHEN is_company THEN "row" END, account_key, web_domain, mail_domain, company_key, upper(trim(country))) AS sign FROM feature
"""
"""What a record tells of a company, as one number; a company's own record is like no other."""


SPELT = "UPDATE account_key SET rank = 4.25, key = s.other FROM account_spelling s WHERE rank = 4 AND s.key = account_key.key"
SPELLING = """
INSERT INTO account_key SELECT DISTINCT k."row", 4.5, 'spelling|' || split_part(k.key, '|', 2), k.records FROM account_key k
SEMI JOIN (SELECT split_part(other, '|', 2) AS words FROM account_spelling) s ON s.words = split_part(k.key, '|', 2) WHERE k.rank IN (4, 4.25)
"""
"""A slip of the pen counts as the name that was meant (rank 4.25); what tells it is a key of its own, shared with who spells it right."""


def settle_accounts(connection: Any, weighed: Weigh = weigh) -> None:
    """Make `account_label` (key to account) and `record_account` (record to account, by the record's best key)."""
    _find_speakers(connection)
    settle.make(connection, "account_key")
    settle.make(connection, "account_bond")
    _alike(connection, weighed)
    strong = "SELECT DISTINCT key, CAST(NULL AS VARCHAR) FROM account_key WHERE rank < 4"
    settle.put(connection, "account_label", settle.label_pairs(connection, EVERY + strong))
    for name in ("account_spelling", "account_land"):
        settle.make(connection, name)
    connection.execute(SPELT)
    connection.execute(SPELLING)
    settle.make(connection, "account_name")
    connection.execute('INSERT INTO account_key SELECT "row", 3.5, key, records FROM account_land')
    whole = (
        EVERY  # noqa: S608
        + "SELECT one, other FROM account_name UNION ALL SELECT DISTINCT key, CAST(NULL AS VARCHAR) FROM account_key"
        + " UNION ALL SELECT DISTINCT 'spelling|' || split_part(other, '|', 2), other FROM account_spelling"
        + " UNION ALL SELECT DISTINCT n.key, l.key FROM account_land n JOIN (SELECT label, min(key) AS key FROM account_label GROUP BY label) l ON l.label = n.label"
    )
    settle.put(connection, "account_part", settle.label_pairs(connection, whole))
    connection.execute(STANDING)
    connection.execute(
        'CREATE OR REPLACE TABLE record_account AS SELECT t."row", a.label FROM teller t JOIN (SELECT k."row", arg_min(l.label, k.rank) AS label'
        ' FROM account_key k JOIN account_label l ON l.key = k.key GROUP BY k."row") a ON a."row" = t.speaker'
    )
    settle.drop(connection, "account_bond", "account_name", "account_spelling", "account_land", "alike", "alike_row")


def _find_speakers(connection: Any) -> None:
    """Show `teller` (each record and the `speaker` that tells the very same of a company, the oldest) and `speaker` (row, for how many)."""
    found = connection.sql(TOLD).fetchnumpy()
    row = np.asarray(found["row"], dtype=np.int64)
    sign = np.empty(len(row), dtype=np.uint64)
    sign[row] = found["sign"]
    _, oldest, place, records = np.unique(sign, return_index=True, return_inverse=True, return_counts=True)
    connection.register("teller", pa.table({"row": np.arange(len(row)), "speaker": oldest[place]}))
    connection.register("speaker", pa.table({"row": oldest, "records": records}))


def _alike(connection: Any, weighed: Weigh) -> None:
    """Make `alike`: pairs of companies' own keys that likeness of name, place and telephone joins."""
    rows, _ = similar_rows(connection, weighed, is_company=True)
    settle.put(connection, "alike_row", rows)
    connection.execute(
        "CREATE OR REPLACE TABLE alike AS SELECT a.key AS one, b.key AS other FROM alike_row r"
        ' JOIN account_key a ON a."row" = r."row" AND a.rank = 0 JOIN account_key b ON b."row" = r.head AND b.rank = 0'
        ' WHERE r."row" <> r.head'
    )


OWN = """
SELECT f."row", f.is_company, coalesce(a.label, -1) AS label, coalesce(epoch_us(coalesce(f.updated_at, f.created_at)), -9223372036854775808) AS at
FROM feature f LEFT JOIN record_account a ON a."row" = f."row"
"""
"""What each record says of its account itself, and when; no stamp is the oldest."""


def of_records(connection: Any, person: Numbers) -> Numbers:
    """Label each record by its account, -1 where none is known; a record that tells none has the newest one of its person."""
    told = connection.sql(OWN).fetchnumpy()
    count = len(told["row"])
    label, at = np.full(count, -1, dtype=np.int64), np.empty(count, dtype=np.int64)
    is_company = np.empty(count, dtype=bool)
    for found, name in ((label, "label"), (at, "at"), (is_company, "is_company")):
        found[told["row"]] = told[name]
    known = np.flatnonzero((label >= 0) & ~is_company)
    known = known[np.argsort(at[known], kind="stable")]
    newest = np.full(count, -1, dtype=np.int64)
    newest[person[known]] = label[known]
    lacks = (label < 0) & ~is_company
    label[lacks] = newest[person[lacks]]
    return label
