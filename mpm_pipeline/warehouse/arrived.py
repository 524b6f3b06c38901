"""What landed of one stream up to an as-of, straight from the raw files, and in what order its versions stand.

It is stored as a table, `landed`, only where something in it has to be changed: losses that were confirmed, ids given anew, and
versions without a sound stamp that have to give way. What becomes of the rows is `accept`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.warehouse import losses
from mpm_pipeline.warehouse.engine import literal
from mpm_pipeline.warehouse.judge import TOO_LARGE
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline.warehouse.wire import AHEAD

BODY = f"CASE WHEN problem = {literal(TOO_LARGE)} THEN md5(payload) ELSE payload END"
"""What of a payload is held in memory: of one that is too large to be read only what tells it from others."""

ODD = f"NOT is_deleted AND NOT coalesce(stamp <= extracted_at + {AHEAD}, false)"
"""A version without a sound stamp."""
COUNTED = "SELECT count(*), count(key), count(DISTINCT key), count(*) FILTER ({1}) FROM {0}"


@dataclass(frozen=True)
class Arrived:
    """What landed of one stream: the relation that holds it, its rows, those of them that carry a key, and how many keys that are.

    `batches` are its files by their place; none: each row names its own, because some stand in no file.
    """

    relation: str
    batches: Sequence[str]
    rows: int
    keyed: int
    keys: int

    @property
    def is_single(self) -> bool:
        """Every row has a key of its own: there are no versions to compare."""
        return self.rows == self.keyed == self.keys


def arrived(connection: duckdb.DuckDBPyConnection, raw: RawLog, stream: Stream, as_of: datetime) -> Arrived:
    """Show what landed up to as-of in the connection: straight from the files, or as a table where something in it changes."""
    files = [
        file for file in raw.files(stream.source, stream.name, newest_at=_newest_at(stream, as_of)) if file.exists()
    ]
    if not files:
        return Arrived("", (), 0, 0, 0)
    listed = ", ".join(literal(str(file)) for file in files)
    order = ", ".join(f"({literal(str(file))}, {place})" for place, file in enumerate(files))
    folder = f"{stream.source}/{stream.name}/"
    source = (
        f"SELECT r.* EXCLUDE (filename) REPLACE ({BODY} AS payload), {literal(folder)} || parse_filename(filename) AS batch, o.sequence "  # noqa: S608
        f"FROM read_parquet([{listed}], filename = true) r JOIN (VALUES {order}) o(file, sequence) ON o.file = r.filename "
        f"WHERE extracted_at <= TIMESTAMPTZ {literal(as_of.isoformat())}"
    )
    connection.execute(f"CREATE OR REPLACE TEMP VIEW arrived AS SELECT *, {_rank_sql(stream)} AS rank FROM ({source})")  # noqa: S608
    *counted, odd = connection.execute(COUNTED.format("arrived", ODD)).fetchall()[0]
    has_odd = odd > 0 and counted[1] > counted[2] and bool(stream.stamp) and not stream.is_stampless
    known = losses.losses(raw.ledger, stream.source, as_of=as_of)
    if not known and not has_odd:
        return Arrived("arrived", [folder + file.name for file in files], *counted)
    connection.execute("CREATE OR REPLACE TEMP TABLE landed AS SELECT * FROM arrived")
    if has_odd:
        _let_later_landings_stand(connection)
    losses.apply(connection, known, stream)
    return Arrived("landed", [], *connection.execute(COUNTED.format("landed", ODD)).fetchall()[0][:3])


def _newest_at(stream: Stream, as_of: datetime) -> datetime | None:
    """Of a snapshot only the newest file counts, even when it is empty."""
    return as_of if stream.kind == "snapshot" else None


def _rank_sql(stream: Stream) -> str:
    """Return what orders the versions of a key before their landing does: the stamp, see `Stream.is_stampless`.

    A version whose stamp cannot be read, or lies ahead of its landing, is as new as its landing: an older truth never stands
    above it, and it stands above no later one (`_let_later_landings_stand`).
    """
    if not stream.is_stampless:
        return f"CASE WHEN stamp <= extracted_at + {AHEAD} THEN stamp ELSE extracted_at END"
    order = "ORDER BY extracted_at, sequence, row_no"
    return (
        f"CASE WHEN row_number() OVER (PARTITION BY key, payload, is_deleted {order}) = 1 "
        f"THEN max(stamp) OVER (PARTITION BY key {order} ROWS UNBOUNDED PRECEDING) ELSE stamp END"
    )


def _let_later_landings_stand(connection: duckdb.DuckDBPyConnection) -> None:
    """Rank what landed after a version without a sound stamp no lower than that one: its stamp may be an older day's, once it is mended.

    A tombstone that is told once more is no news: it keeps its own day. So does one that landed together with such a version:
    what the source shows beside its list of the deleted was restored.
    """
    odd = f"SELECT key, extracted_at FROM landed WHERE {ODD}"  # noqa: S608
    after = "(o.extracted_at < l.extracted_at OR o.extracted_at = l.extracted_at AND NOT l.is_deleted)"
    floor = f"SELECT max(o.extracted_at) FROM ({odd}) o WHERE o.key = l.key AND {after}"  # noqa: S608
    before = "SELECT 1 FROM landed b WHERE b.is_deleted AND b.key = l.key AND b.stamp = l.stamp AND b.extracted_at < l.extracted_at"
    connection.execute(
        f"UPDATE landed AS l SET rank = greatest(rank, ({floor})) "  # noqa: S608
        f"WHERE key IN (SELECT key FROM ({odd})) AND NOT (is_deleted AND EXISTS ({before}))"
    )
