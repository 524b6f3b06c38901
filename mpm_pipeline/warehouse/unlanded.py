"""What `accept` leaves of a stream of which nothing has landed: the same tables with the same columns, without a row.

Declared and not computed, because typing no rows costs the engine as much planning as typing many; most streams of most homes
are of this kind.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.warehouse.engine import literal, quote
from mpm_pipeline.warehouse.wire import TYPES

READ = (
    "key VARCHAR, anonymous VARCHAR, stamp TIMESTAMPTZ, rank TIMESTAMPTZ, event_at TIMESTAMPTZ, extracted_at TIMESTAMPTZ, "
    "partition VARCHAR, is_deleted BOOLEAN, batch VARCHAR, row_no BIGINT, sequence INTEGER, reason VARCHAR, field VARCHAR"
)
ACCEPTED = "_key VARCHAR, _stamp TIMESTAMPTZ, _first_seen_at TIMESTAMPTZ, _partition VARCHAR, _deleted BOOLEAN, _is_tombstone BOOLEAN"
REFUSED = (
    "source VARCHAR, stream VARCHAR, key VARCHAR, reason_code VARCHAR, reason_text VARCHAR, batch VARCHAR, row_no BIGINT, "
    "first_seen_at TIMESTAMPTZ, resolved_at TIMESTAMPTZ, partition VARCHAR"
)
VERSIONS = "_key VARCHAR, _stamp TIMESTAMPTZ, _extracted_at TIMESTAMPTZ"


def show_read(connection: duckdb.DuckDBPyConnection, kept: str, batches: Sequence[str]) -> None:
    """Make the view `read` of all typed versions of a stream: with `identity`, and `batch` by its place where it is not told.

    Both are long texts that few ask for: they are not carried through sorting and storing.
    """
    named = f"coalesce(batch, [{', '.join(map(literal, batches))}][sequence + 1])" if batches else "batch"
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW read AS SELECT * EXCLUDE (anonymous) REPLACE ({named} AS batch), "  # noqa: S608
        f"coalesce(key, anonymous) AS identity FROM {kept}"
    )


def declare(connection: duckdb.DuckDBPyConnection, stream: Stream, fields: Mapping[str, Any]) -> None:
    """Make the tables of a stream without rows."""
    typed = {name: TYPES[str(field.metadata["wire"])] for name, field in fields.items()}
    plain = "".join(f", {quote(name)} {kind}" for name, kind in typed.items())
    apart = "".join(f", {quote(f'.{name}')} {kind}" for name, kind in typed.items())
    place = f"{quote(stream.source)}.{{}}"
    tables = {
        place.format(quote(stream.name)): ACCEPTED + plain,
        place.format(quote(f"{stream.name}$refused")): REFUSED,
    }
    if stream.keeps_versions:
        tables[place.format(quote(f"{stream.name}$versions"))] = VERSIONS + plain
    kept = place.format(quote(f"{stream.name}$read"))
    connection.execute(f"CREATE OR REPLACE TABLE {kept} ({READ}{apart})")
    show_read(connection, kept, ())
    for table, columns in tables.items():
        connection.execute(f"CREATE OR REPLACE TABLE {table} ({columns})")
