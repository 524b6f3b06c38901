"""The raw log: immutable Parquet files of verbatim record payloads, one folder per source and stream.

A file's existence is the commit (temp file, fsync, rename, then the ledger's row); content that landed before is not written
twice. Nothing is ever replaced here. What a payload means is read later, by `accept`.
"""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from itertools import chain, count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.errors import SourceUnavailable
from mpm_pipeline.warehouse import engine
from mpm_pipeline.warehouse.heads import Texts, all_named_sql, heads, lacking
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import MEND, Ledger, text
from mpm_pipeline.warehouse.wire import instant_sql

AT_ONCE = 1_024
"""Rows that are held as Python values at one time; records may be large."""

REPEATED = ["extracted_at", "partition", "problem"]
"""Columns in which values repeat; to look for repeated payloads costs more than it saves."""

ORDERED = ["key", "stamp", "event_at", "extracted_at", "partition"]
"""Columns whose least and greatest value a reader may skip by."""

SCHEMA = pa.schema(
    [
        ("key", pa.string()), ("stamp_text", pa.string()), ("instant_text", pa.string()), ("is_deleted", pa.bool_()),
        ("payload", pa.string()), ("problem", pa.string()), ("row_no", pa.int64()),
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Landed:
    """What one landing brought: rows in all and by UTC day, and the file (None when all of it had landed before)."""

    rows: int
    by_partition: Counter[str] = field(default_factory=Counter)
    content_hash: str = ""
    batch: str | None = None


class RawLog:
    """Appends to and lists the raw log of one home. `first_day` takes everything that is stamped before it."""

    def __init__(self, home: Home, ledger: Ledger, first_day: date) -> None:
        self.home = home
        self.ledger = ledger
        self.first_day = first_day

    def append(
        self,
        stream: Stream,
        payloads: Sequence[bytes],
        *,
        extracted_at: datetime,
        window: tuple[datetime | None, datetime | None] = (None, None),
        stamps: Sequence[str | None] | None = None,
        deleted: Sequence[tuple[str, str]] = (),
        asked: Sequence[str] = (),
        pages: Sequence[int] = (),
        read: Sequence[Any] | None = None,
    ) -> Landed:
        """Land records and tombstones of one stream.

        `payloads` are JSON texts as they came; `stamps` overrides the vendor stamp per record (spelt as `stream.clock`
        says); `deleted` holds (key, stamp) of records that the vendor reports as gone. `asked` are fields that every record
        must name; `pages` are the rows of each page as it came (none: all of it is one page); `read` is what was read of all
        payloads before, see `heads`.
        """
        table = _columns(stream, payloads, stamps, deleted, read)
        digest = _digest(table, payloads)
        landed = self._place(stream, table, extracted_at, payloads, asked)
        counts = Counter(dict(_by_day(landed)))
        if not self._is_news(stream, table.num_rows, digest):
            return Landed(table.num_rows, counts, digest, None)
        name = self._write(stream, landed, digest, extracted_at, window, _pages(payloads, pages))
        return Landed(table.num_rows, counts, digest, name)

    def arrange(
        self,
        stream: Stream,
        payloads: Sequence[bytes],
        *,
        extracted_at: datetime,
        stamps: Sequence[str | None] | None = None,
        deleted: Sequence[tuple[str, str]] = (),
    ) -> pa.Table:
        """Return the rows as `append` would land them (key, stamp, partition, payload, ...), without landing them."""
        return self._place(stream, _columns(stream, payloads, stamps, deleted), extracted_at, payloads)

    def files(self, source: str, stream: str, newest_at: datetime | None = None) -> list[Path]:
        """Return the files of one stream, oldest landing first; with `newest_at` only the newest one known then."""
        folder = self.home.raw / source / stream
        if newest_at is not None:
            newest = self.ledger.newest_of(source, stream, newest_at)
            batches = [newest] if newest else []
        else:
            batches = self.ledger.batches(source, stream)
        return [folder / row["batch"].rsplit("/", 1)[1] for row in batches]

    def adopt(self) -> int:
        """Give every file that lost its ledger row (a kill between rename and row) a new one; return how many.

        Raises SourceUnavailable when a file that the ledger knows is gone, or one that it does not know cannot be read.
        """
        known, adopted = self.ledger.batch_names(), 0
        present = {str(file.relative_to(self.home.raw)): file for file in self.home.raw.glob("*/*/*.parquet")}
        lost = sorted(known - present.keys())
        if lost:
            raise SourceUnavailable(
                f"{len(lost)} files of the raw log are gone, first raw/{lost[0]}; put them back from a backup, "
                f"or let all be asked again: for {self.home.ledger.name}, {MEND}"
            )
        for name in sorted(present.keys() - known):
            self.ledger.add_batch({"batch": name, **_described(present[name], name)})
            adopted += 1
        return adopted

    def _is_news(self, stream: Stream, rows: int, digest: str) -> bool:
        """Say whether content must be written; an empty snapshot counts when there was one before: its rows are gone."""
        if stream.kind == "snapshot":
            newest = self.ledger.newest_of(stream.source, stream.name)
            return newest["content_hash"] != digest if newest else rows > 0
        return rows > 0 and not self.ledger.has_content(stream.source, stream.name, digest)

    def _place(
        self,
        stream: Stream,
        table: pa.Table,
        extracted_at: datetime,
        payloads: Sequence[bytes],
        asked: Sequence[str] = (),
    ) -> pa.Table:
        """Type stamp and instant, say in which UTC day a row lies (one that does not depend on when we asked) and what it lacks."""
        by = "event_at" if stream.kind == "fact" else "stamp"
        with engine.connect() as connection:
            connection.register("incoming", table)
            placed = engine.fetch(
                connection,
                f"""
                WITH timed AS (
                  SELECT {instant_sql("stamp_text", stream.clock)} AS stamp, {instant_sql("instant_text", stream.clock)} AS event_at,
                    coalesce({all_named_sql(payloads, asked)}, true) AS named
                  FROM incoming
                )
                SELECT stamp, event_at, named,
                  strftime(greatest(coalesce(CAST(coalesce({by}, stamp, event_at) AS DATE), DATE '{self.first_day}'),
                    DATE '{self.first_day}'), '%Y-%m-%d') AS partition
                FROM timed
                """,  # noqa: S608
            )
        problem = table["problem"]
        if not pc.all(placed["named"]).as_py():
            came, gone = len(payloads), table.num_rows - len(payloads)
            told = lacking(payloads, asked, problem.slice(0, came).to_pylist(), placed["named"].slice(0, came))
            problem = pa.array([*told, *([None] * gone)], pa.string())
        at = pa.scalar(extracted_at, pa.timestamp("us", "UTC"))
        return pa.table(
            {
                "key": table["key"],
                "stamp": placed["stamp"],
                "event_at": placed["event_at"],
                "extracted_at": pa.repeat(at, table.num_rows),
                "partition": placed["partition"],
                "is_deleted": table["is_deleted"],
                "payload": table["payload"],
                "problem": problem,
                "row_no": table["row_no"],
            }
        )

    def _write(
        self,
        stream: Stream,
        table: pa.Table,
        digest: str,
        extracted_at: datetime,
        window: tuple[datetime | None, datetime | None],
        pages: list[tuple[int, str]],
    ) -> str:
        covers = (
            "all" if window[0] is None or window[1] is None else f"{window[0]:%Y%m%dT%H%M%S}-{window[1]:%Y%m%dT%H%M%S}"
        )
        stem = f"{stream.source}/{stream.name}/{covers}.{extracted_at:%Y%m%dT%H%M%S}.{digest[:16]}"
        # a snapshot may return to what it was, under one as-of
        name = next(one for one in _names(stem) if not self.ledger.has_batch(one))
        file = self.home.raw / name
        file.parent.mkdir(parents=True, exist_ok=True)
        row: dict[str, Any] = {
            "source": stream.source,
            "stream": stream.name,
            "window_from": text(window[0]) if window[0] else None,
            "window_to": text(window[1]) if window[1] else None,
            "extracted_at": text(extracted_at),
            "rows": table.num_rows,
            "content_hash": digest,
            "pages": pages,
        }
        fresh = file.with_suffix(".tmp")
        told = table.replace_schema_metadata({"mpm": json.dumps(row)})
        pq.write_table(told, fresh, compression="zstd", use_dictionary=REPEATED, write_statistics=ORDERED)
        with fresh.open("rb") as handle:
            os.fsync(handle.fileno())
        fresh.replace(file)
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self.ledger.add_batch({"batch": name, **row})
        return name


def _names(stem: str) -> Iterator[str]:
    yield f"{stem}.parquet"
    yield from (f"{stem}-{number}.parquet" for number in count(2))


def _described(file: Path, name: str) -> dict[str, Any]:
    """Read from a file itself what the ledger would say of it."""
    try:
        return dict(json.loads(pq.read_metadata(file).metadata[b"mpm"]))
    except (pa.ArrowException, OSError, TypeError, KeyError, ValueError):
        raise SourceUnavailable(
            f"raw/{name} is damaged and the ledger does not know it; move it away and run again, its days are asked again"
        ) from None


def _columns(
    stream: Stream,
    payloads: Sequence[bytes],
    stamps: Sequence[str | None] | None,
    deleted: Sequence[tuple[str, str]],
    read: Sequence[Any] | None = None,
) -> pa.Table:
    keys, stamp, instant, problem, texts = heads(stream, payloads, read)
    if stamps is not None:
        stamp = list(stamps)
    came, gone = len(payloads), len(deleted)
    return pa.table(
        {
            "key": _told(keys, [key for key, _ in deleted]),
            "stamp_text": _told(stamp, [at for _, at in deleted]),
            "instant_text": _told(instant, [None] * gone),
            "is_deleted": pa.chunked_array([pa.repeat(False, came), pa.repeat(True, gone)]),
            "payload": pa.chunked_array([*texts, pa.nulls(gone, pa.string())]),
            "problem": _told(problem, [None] * gone),
            "row_no": pa.array(np.arange(came + gone)),
        },
        schema=SCHEMA,
    )


def _told(came: Texts, gone: Texts) -> pa.ChunkedArray:
    """Return a column of what came and what is gone; one in which nothing is told costs nothing."""
    return pa.chunked_array([_texts(came), _texts(gone)])


def _texts(values: Texts) -> pa.Array:
    is_bare = values[:1] in ([], [None]) and values.count(None) == len(values)
    return pa.nulls(len(values), pa.string()) if is_bare else pa.array(values, pa.string())


def _pages(payloads: Sequence[bytes], sizes: Sequence[int]) -> list[tuple[int, str]]:
    """Return the rows of each page and a hash over their payloads; what is beyond the named pages is one more."""
    found, place = [], 0
    rest = len(payloads) - sum(sizes)
    for size in (*sizes, rest) if rest else sizes:
        some = payloads[place : place + size]
        told = chain.from_iterable(zip(map(_length, map(len, some)), some, strict=True))
        found.append((size, hashlib.sha256(b"".join(told)).hexdigest()[:32]))
        place += size
    return found


@lru_cache(4_096)
def _length(size: int) -> bytes:
    return b"%d:" % size


def _digest(table: pa.Table, payloads: Sequence[bytes]) -> str:
    """Return a hash over how Python spells every value, column by column; rows without a payload stand behind all others."""
    digest = hashlib.sha256()
    for name in ("key", "stamp_text", "is_deleted", "payload"):
        for first in range(0, table.num_rows, AT_ONCE):
            values = payloads[first : first + AT_ONCE] if name == "payload" else ()
            whole = len(values) == min(AT_ONCE, table.num_rows - first)
            spelt = _quoted(b"''".join(values), len(values)) if whole else None
            digest.update(spelt or _spelt(table.column(name).slice(first, AT_ONCE).to_pylist()))
    return digest.hexdigest()


def _spelt(values: list[Any]) -> bytes:
    """Spell values as `repr` does."""
    if isinstance(values[0], str) and None not in values:
        spelt = _quoted("''".join(values).encode(), len(values))
        if spelt:
            return spelt
    return "".join(map(repr, values)).encode()


def _quoted(texts: bytes, number: int) -> bytes | None:
    """Put quotes around texts that are joined by two of them; None when there is one in which `repr` would escape something."""
    return b"'%b'" % texts if len(texts.translate(None, _PLAIN)) == 2 * (number - 1) else None


_PLAIN = bytes(set(range(0x20, 0x7F)) - set(b"'\\"))


def _by_day(table: pa.Table) -> list[tuple[str, int]]:
    return [(one["values"], one["counts"]) for one in pc.value_counts(table["partition"]).to_pylist()]
