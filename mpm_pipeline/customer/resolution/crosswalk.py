"""Which customer a record is, and was said to be: rows that changed are closed and kept, so that any past run can be read again.

`recorded_from_at` and `recorded_to_at` say from when to when a row was what the newest run said; `valid_from_at` is the record's own
beginning.
"""

from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.customer.resolution.records import IDENTITY
from mpm_pipeline.customer.resolution.settle import put
from mpm_pipeline.customer.resolution.tables import shaped
from mpm_pipeline.warehouse import engine

FRESH = """
CREATE OR REPLACE TABLE fresh_crosswalk AS
SELECT f.source, f.object, f.record_id, i.person_id, i.account_id, f.is_company, coalesce(e.key_type, 'alone') AS joined_by,
  round(1 - pow(2, -coalesce(s.bits, 20)), 6) AS confidence,
  coalesce(w.words, 'shares nothing with another record') || CASE WHEN s.bits < e.bits THEN ', and its mate is joined by less' ELSE '' END AS reason,
  coalesce(f.created_at, TIMESTAMPTZ '1970-01-01 00:00:00+00') AS valid_from_at
FROM feature f JOIN identified i ON i."row" = f."row"
LEFT JOIN (SELECT "row", kind, arg_max(key_type, (bits, key_type)) AS key_type, max(bits) AS bits FROM evidence GROUP BY "row", kind) e
  ON e."row" = f."row" AND e.kind = CASE WHEN f.is_company THEN 'account' ELSE 'person' END
LEFT JOIN strength s ON s."row" = f."row" AND s.kind = CASE WHEN f.is_company THEN 'account' ELSE 'person' END
LEFT JOIN key_words w ON w.key_type = e.key_type
ORDER BY f.source, f.object, f.record_id
"""
WORDS = {
    "decision": "somebody said so",
    "id": "declared id of the other record",
    "record": "declared id of the other record",
    "mailbox": "same mailbox",
    "role_mailbox": "same mailbox of a role, and no name",
    "handle": "same handle",
    "phone_name": "same name and telephone",
    "same_home": "tells the very same of somebody at home",
    "account_name": "same name at the same account",
    "likeness": "alike in name, birth or address",
    "domain": "same registered domain",
    "name": "same company name, which means one account alone",
    "spelling": "a slip of the pen in the company name, which means one account alone",
    "land": "same company name, which one company of the country bears",
}
COMPARED = ["person_id", "account_id", "is_company", "joined_by", "confidence", "reason", "valid_from_at"]


def recorded(connection: Any, before: pa.Table, gone: pa.Table, moment: datetime) -> pa.Table:
    """Return the crosswalk after this run: `identified` are the records at hand, `gone` those that went; all other rows stay."""
    put(connection, "key_words", pa.table({"key_type": list(WORDS), "words": list(WORDS.values())}))
    connection.execute(FRESH)
    same = " AND ".join(f"b.{name} IS NOT DISTINCT FROM f.{name}" for name in COMPARED)
    if not before.num_rows:
        return _open(engine.fetch(connection, "FROM fresh_crosswalk"), moment)
    put(connection, "gone", gone.select(IDENTITY))
    connection.register("told", before.append_column("place", pa.array(np.arange(before.num_rows))))
    found = connection.sql(
        f"SELECT place, {same} AS is_same FROM told b JOIN fresh_crosswalk f USING (source, object, record_id) WHERE b.recorded_to_at IS NULL"  # noqa: S608
        " UNION ALL SELECT place, false FROM told b JOIN gone g USING (source, object, record_id) WHERE b.recorded_to_at IS NULL"
        " AND (b.source, b.object, b.record_id) NOT IN (SELECT (source, object, record_id) FROM fresh_crosswalk)"
    ).fetchnumpy()
    fresh = engine.fetch(
        connection,
        f"SELECT f.* FROM fresh_crosswalk f LEFT JOIN told b ON b.recorded_to_at IS NULL AND b.source = f.source AND b.object = f.object"  # noqa: S608
        f" AND b.record_id = f.record_id WHERE b.place IS NULL OR NOT ({same}) ORDER BY f.source, f.object, f.record_id",
    )
    connection.unregister("told")
    ended = np.zeros(before.num_rows, dtype=bool)
    ended[np.asarray(found["place"])[~np.asarray(found["is_same"], dtype=bool)]] = True
    if not ended.any() and not fresh.num_rows:
        return before
    closed = before.filter(pa.array(ended))
    at = pa.array([moment] * closed.num_rows, pa.timestamp("us", tz="UTC"))
    closed = closed.set_column(closed.column_names.index("recorded_to_at"), "recorded_to_at", at)
    return pa.concat_tables([before.filter(pa.array(~ended)), closed, _open(fresh, moment)])


def crosswalk_as_of(crosswalk: pa.Table, instant: datetime) -> pa.Table:
    """Return the crosswalk as the newest run at `instant` (UTC) told it; its rows count as open."""
    at = pa.scalar(instant, pa.timestamp("us", tz="UTC"))
    ended = crosswalk["recorded_to_at"]
    was = pc.and_(pc.less_equal(crosswalk["recorded_from_at"], at), pc.fill_null(pc.greater(ended, at), True))
    found = crosswalk.filter(was)
    place = found.column_names.index("recorded_to_at")
    found = found.set_column(place, "recorded_to_at", pa.nulls(found.num_rows, pa.timestamp("us", tz="UTC")))
    return found.sort_by([(name, "ascending") for name in IDENTITY])


def current(crosswalk: pa.Table) -> pa.Table:
    """Return the rows that hold now."""
    return crosswalk.filter(pc.is_null(crosswalk["recorded_to_at"]))


def _open(fresh: pa.Table, moment: datetime) -> pa.Table:
    at = pa.array(np.full(fresh.num_rows, np.datetime64(moment.replace(tzinfo=None), "us")), pa.timestamp("us"))
    return shaped("crosswalk", fresh.append_column("recorded_from_at", pc.assume_timezone(at, "UTC")))
