"""The tables that a resolution consists of: their columns and types, and how they are kept in a folder.

A folder is written beside its place and then takes it, so that a run that is cut off leaves the one before.
"""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from mpm_pipeline.customer.resolution.records import SCHEMA
from mpm_pipeline.customer.resolution.side_by_side import side_by_side
from mpm_pipeline.customer.resolution.stored import HELD, Kept, Stored, damaged, write
from mpm_pipeline.errors import ConfigError

TEXT, WHOLE, REAL, FLAG, INSTANT = pa.string(), pa.int64(), pa.float64(), pa.bool_(), pa.timestamp("us", tz="UTC")
PLACE: Final = ["street", "city", "postal_code", "state", "country"]
PERSON: Final = ["full_name", "first_name", "last_name", "email", "phone", "title", *PLACE, "birth_date", "handle"]
ACCOUNT: Final = ["name", "domain", "website", "phone", *PLACE]
PAIR: Final = ["source", "object", "record_id", "other_source", "other_object", "other_record_id"]


def _schema(texts: list[str], **others: pa.DataType) -> pa.Schema:
    return pa.schema([*((name, TEXT) for name in texts), *others.items()])


SCHEMAS: Final[dict[str, pa.Schema]] = {
    "crosswalk": _schema(
        ["source", "object", "record_id", "person_id", "account_id"], is_company=FLAG, joined_by=TEXT, confidence=REAL, reason=TEXT,
        valid_from_at=INSTANT, valid_to_at=INSTANT, recorded_from_at=INSTANT, recorded_to_at=INSTANT,
    ),
    "golden_person": _schema(["person_id", *PERSON, "account_id"], records=WHOLE),
    "golden_account": _schema(["account_id", *ACCOUNT, "parent_account_id"], records=WHOLE),
    "golden_field_provenance": _schema(
        ["kind", "customer_id", "field", "value", "source", "object", "record_id"], told_at=INSTANT, rule=TEXT, votes=WHOLE, beaten=WHOLE
    ),
    "employment": _schema(["person_id", "account_id"], valid_from_at=INSTANT, valid_to_at=INSTANT, evidence=TEXT),
    "id_redirect": _schema(["old_id", "new_id", "kind", "reason"], at=INSTANT, customer_kind=TEXT),
    "id_registry": _schema(
        ["kind", "source", "object", "record_id", "own_id", "id", "first_id", "split_from"],
        created_at=INSTANT, first_seen_at=INSTANT, recorded_from_at=INSTANT, is_present=FLAG,
    ),
    "key_guard_report": _schema(["kind", "key_type", "key_value"], records=WHOLE, names=WHOLE, reason=TEXT),
    "review_queue": _schema(PAIR, bits=REAL, expected_pairs=REAL, reason=TEXT, decision=TEXT),
    "evidence": _schema(
        ["kind", "customer_id", "source", "object", "record_id", "key_type", "key_value"],
        bits=REAL, records=WHOLE, other_source=TEXT, other_object=TEXT, other_record_id=TEXT,
    ),
    "record": SCHEMA,
    "decision": _schema([*PAIR, "decision"], at=INSTANT),
    "retired_record": _schema(["old_id", "own_id"]),
    "trace": _schema(["person_id", "account_id"], digest=WHOLE),
    "run": pa.schema({"recorded_at": INSTANT, "as_of": INSTANT, "records": WHOLE}),
}  # fmt: skip


@dataclass(frozen=True)
class Resolution:
    """What is known of customers after a run; each table is an Arrow table and, written, a Parquet file of its name.

    A large table lies in a file and is read whenever it is asked for; `kept` returns it as it lies.
    The last five are what the next run goes on from: the records as they stand, decisions, who bore a retired id, what stood of each record
    (row by row beside `record`), the runs so far.
    """

    crosswalk: pa.Table
    golden_person: pa.Table
    golden_account: pa.Table
    golden_field_provenance: pa.Table
    employment: pa.Table
    id_redirect: pa.Table
    id_registry: pa.Table
    key_guard_report: pa.Table
    review_queue: pa.Table
    evidence: pa.Table
    record: pa.Table
    decision: pa.Table
    retired_record: pa.Table
    trace: pa.Table
    run: pa.Table

    def __getattribute__(self, name: str) -> Any:
        """Read a table that is not held in memory."""
        found = object.__getattribute__(self, name)
        return found.read() if isinstance(found, Stored) else found

    def __getitem__(self, name: str) -> pa.Table:
        """Return a table by its name, so that a resolution can be read like a mapping of tables."""
        if name not in SCHEMAS:
            raise KeyError(name)
        return getattr(self, name)

    def keys(self) -> list[str]:
        """Return the names of the tables; with `[]` it makes `dict(resolution)`."""
        return list(SCHEMAS)

    def kept(self, name: str) -> Kept:
        """Return a table as it is kept: held, or in a file."""
        found: Kept = object.__getattribute__(self, name)
        return found

    def count(self, name: str) -> int:
        """Return how many rows a table has, without reading it."""
        return self.kept(name).num_rows

    def part(self, name: str, columns: list[str]) -> pa.Table:
        """Return some columns of a table."""
        found = self.kept(name)
        return found.read(columns) if isinstance(found, Stored) else found.select(columns)

    def packed(self, name: str) -> pa.Table:
        """Return a table; one that lies in a file comes with texts of few values as places in these, to take little room."""
        found = self.kept(name)
        return pa.concat_tables(found.groups()).unify_dictionaries() if isinstance(found, Stored) else found

    def groups(self, name: str) -> Iterable[pa.Table]:
        """Return a table some rows at a time: one that lies in a file is never held whole."""
        found = self.kept(name)
        return found.groups() if isinstance(found, Stored) else [found]

    def hold(self, *names: str) -> "Resolution":
        """Return the same with these tables in memory."""
        waiting = {name: getattr(self, name) for name in names if isinstance(self.kept(name), Stored)}
        return replace(self, **{one.name: self.kept(one.name) for one in fields(self)} | waiting) if waiting else self

    @classmethod
    def empty(cls) -> Self:
        """Nothing known yet."""
        return cls(**{name: schema.empty_table() for name, schema in SCHEMAS.items()})

    @property
    def recorded_at(self) -> datetime | None:
        """When the newest run was recorded."""
        return self.run["recorded_at"][-1].as_py() if self.run.num_rows else None

    def write(self, folder: Path) -> None:
        """Write every table to a folder; what else lies in it stays."""
        folder = folder.resolve()
        if folder.exists() and not folder.is_dir():
            raise ConfigError(f"{folder} is a file, which stays; name a folder as --out")
        fresh, old = _beside(folder, "new"), _beside(folder, "old")
        try:
            _put_back(folder)
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(parents=True)
            names = [one.name for one in fields(self)]
            side_by_side(
                lambda name: write(self.kept(name), fresh / f"{name}.parquet"), names, self.kept("record").num_rows
            )
            if folder.exists():
                folder.rename(old)
            fresh.rename(folder)
            _keep_others(old, folder)
        except OSError as error:
            raise ConfigError(
                f"{folder} cannot be written as a folder ({error.strerror}); name another --out"
            ) from error

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read what was written; ConfigError when a table is not there, cannot be read or has other columns."""
        _put_back(folder.resolve())
        missing = [name for name in SCHEMAS if not (folder / f"{name}.parquet").is_file()]
        if missing:
            raise ConfigError(
                f"{folder} holds no resolution: {missing[0]}.parquet is not there; name the folder of an earlier --out"
            )
        return cls(**{name: _read(folder / f"{name}.parquet", schema) for name, schema in SCHEMAS.items()})


def shaped(name: str, found: Any) -> pa.Table:
    """Return rows as the table of that name: its columns, in their order and types; what is not there is null."""
    schema = SCHEMAS[name]
    columns = {
        field.name: found[field.name].cast(field.type) if field.name in found.column_names else pa.nulls(found.num_rows, field.type)
        for field in schema
    }  # fmt: skip
    return pa.table(columns, schema=schema)


def made(name: str, columns: dict[str, Any]) -> pa.Table:
    """Return columns as the table of that name; what is not there is null."""
    schema = SCHEMAS[name]
    return loose(name, columns).cast(schema)


def loose(name: str, columns: dict[str, Any]) -> pa.Table:
    """Return columns of the table of that name, texts of few values as places in these where they came so."""
    count = len(next(iter(columns.values())))
    every = {field.name: columns[field.name] if field.name in columns else pa.nulls(count, field.type) for field in SCHEMAS[name]}  # fmt: skip
    return pa.table(every)


def _read(path: Path, schema: pa.Schema) -> Kept:
    try:
        with pq.ParquetFile(path) as file:
            if file.metadata.num_rows > HELD and file.schema_arrow.equals(schema):
                return Stored(path, schema)
        found = pq.read_table(path, page_checksum_verification=True)
    except (pa.ArrowInvalid, OSError) as error:
        raise damaged(path, error) from error
    strange = sorted(set(schema.names) ^ set(found.column_names))
    if strange:
        raise ConfigError(
            f"{path} is of another version: the column {strange[0]} is there or lacks; resolve once more without --previous"
        )
    try:
        return found.select(schema.names).cast(schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
        raise ConfigError(
            f"{path} is of another version: a column has another type; resolve once more without --previous"
        ) from error


def _beside(folder: Path, what: str) -> Path:
    return folder.with_name(f".{folder.name}.{what}")


def _put_back(folder: Path) -> None:
    """Bring back what a run that was cut off between two moves had put aside."""
    old = _beside(folder, "old")
    if old.is_dir() and not folder.exists():
        old.rename(folder)
    elif old.is_dir():
        _keep_others(old, folder)


def _keep_others(old: Path, folder: Path) -> None:
    """Move what is no table of ours from the folder that was replaced, and remove the rest of it."""
    if not old.is_dir():
        return
    ours = {f"{name}.parquet" for name in SCHEMAS}
    for path in old.iterdir():
        if path.name not in ours and not (folder / path.name).exists():
            path.rename(folder / path.name)
    shutil.rmtree(old)
