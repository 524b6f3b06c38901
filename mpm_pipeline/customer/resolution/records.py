"""The records that resolution is given: which columns there are, what is refused, and the order of their age.

Only `source` and `record_id` must be there. A column that lacks counts as null in every row; unknown columns are ignored.
"""

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.customer.resolution.customers import ranked
from mpm_pipeline.customer.resolution.foreign import as_table, flags, plain
from mpm_pipeline.customer.resolution.side_by_side import side_by_side
from mpm_pipeline.errors import ConfigError

TEXTS: Final = (
    "source", "object", "record_id", "first_name", "last_name", "full_name", "email", "phone", "company", "domain", "website",
    "title", "street", "city", "postal_code", "state", "country", "birth_date", "handle", "parent_account_key",
)  # fmt: skip
LISTS: Final = ("person_key", "account_key")
FLAGS: Final = ("is_company", "deleted")
INSTANTS: Final = ("created_at", "updated_at")
REQUIRED: Final = ("source", "record_id")
IDENTITY: Final = ["source", "object", "record_id"]

SCHEMA: Final = pa.schema(
    [
        *((name, pa.string()) for name in TEXTS),
        *((name, pa.list_(pa.string())) for name in LISTS),
        *((name, pa.bool_()) for name in FLAGS),
        *((name, pa.timestamp("us", tz="UTC")) for name in INSTANTS),
    ]
)

Records: TypeAlias = Any
"""An Arrow table or what can be made one (`foreign.as_table`), or the path of a Parquet file."""


def read(records: Records) -> pa.Table:
    """Return the records in `SCHEMA`; ConfigError says what is wrong with them."""
    table = as_table(records, SCHEMA.names)
    missing = [name for name in REQUIRED if name not in table.column_names]
    if missing:
        raise ConfigError(
            f"the records lack the column {' and '.join(missing)}; every record needs source and record_id"
        )
    shaped = pa.table({field.name: _column(table, field) for field in SCHEMA}, schema=SCHEMA)
    for name, nothing in (("object", ""), ("deleted", False)):
        shaped = shaped.set_column(shaped.column_names.index(name), name, pc.fill_null(shaped[name], nothing))
    for name in REQUIRED:
        empty = pc.sum(pc.equal(pc.fill_null(pc.utf8_trim_whitespace(shaped[name]), ""), "")).as_py() or 0
        if empty:
            raise ConfigError(f"{empty} of {shaped.num_rows} records have no {name}; give every record one")
    _refuse_doubles(shaped)
    return shaped


def aged(records: pa.Table) -> pa.Table:
    """Return records oldest first, each under its number `row`."""
    return in_order(taken(records, ages(records)))


def in_order(records: pa.Table) -> pa.Table:
    """Return records, which are in order, each under its number `row`."""
    return records.append_column("row", pa.array(np.arange(records.num_rows), pa.int64()))


def taken(records: pa.Table, order: Any) -> pa.Table:
    """Return the records at these places, in this order."""
    place, names = pa.array(order), records.column_names
    columns = side_by_side(lambda name: records[name].take(place), names, records.num_rows)
    return pa.table(dict(zip(names, columns, strict=True)), schema=records.schema)


def ages(records: pa.Table) -> Any:
    """Return the places of records, the oldest first: by `created_at`, null last, then by what names them."""
    order = np.asarray(pc.sort_indices(_whole(records["record_id"])), dtype=np.int64)
    for name in ("object", "source"):
        code, names = ranked(records[name])
        if len(names) > 1:
            order = order[np.argsort(code[order].astype(np.int16 if len(names) < 2**15 else np.int64), kind="stable")]
    stamp = records["created_at"].cast(pa.int64())
    if stamp.null_count == len(stamp):
        return order
    return order[np.argsort(pc.fill_null(stamp, np.iinfo(np.int64).max).to_numpy()[order], kind="stable")]


def instants(table: pa.Table, name: str) -> Any:
    """Return a column as UTC instants: of stamps, texts (without a zone they are UTC), dates, or numbers since 1970.

    Whether numbers count seconds, milli-, micro- or nanoseconds shows in how large they are; ConfigError when it cannot be read.
    """
    column = plain(table[name])
    kind = column.type
    wanted = pa.timestamp("us", tz="UTC")
    try:
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            return _of_numbers(column.cast(pa.int64(), safe=False) if pa.types.is_integer(kind) else column)
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            return _of_texts(column.cast(pa.string()))
        if pa.types.is_timestamp(kind) and kind.tz is not None:
            return column.cast(wanted, safe=False)
        return pc.assume_timezone(column.cast(pa.timestamp("us"), safe=False), "UTC")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise ConfigError(f"the column {name} is {kind} and cannot be read as instants; write stamps, ISO 8601 or seconds since 1970") from error  # fmt: skip


def _of_numbers(column: Any) -> Any:
    """Turn numbers since 1970 into instants, each by its own size; what is no number is null."""
    number = column.cast(pa.float64(), safe=False)
    number = pc.if_else(pc.is_finite(number), number, None)
    size = pc.abs(number)
    scale = pc.if_else(pc.less(size, 1e11), 1e6, pc.if_else(pc.less(size, 1e14), 1e3, pc.if_else(pc.less(size, 1e17), 1.0, 1e-3)))  # fmt: skip
    return pc.round(pc.multiply(number, scale)).cast(pa.int64()).cast(pa.timestamp("us", tz="UTC"))


def _of_texts(column: Any) -> Any:
    """Read ISO 8601; a blank is null, and what has no zone is UTC."""
    text = pc.utf8_trim_whitespace(column)
    text = pc.if_else(pc.equal(text, ""), None, text)
    zoned = pc.fill_null(pc.match_substring_regex(text, r"(Z|z|[+-]\d\d:?\d\d)$"), False)
    told = pc.if_else(zoned, text, None).cast(pa.timestamp("us", tz="UTC"))
    plain = pc.assume_timezone(pc.if_else(zoned, None, text).cast(pa.timestamp("us")), "UTC")
    return pc.coalesce(told, plain)


def _column(table: pa.Table, field: pa.Field) -> Any:
    """Return a column in its type; nulls where there is none."""
    if field.name not in table.column_names or pa.types.is_null(table.schema.field(field.name).type):
        return pa.nulls(table.num_rows, field.type)
    if pa.types.is_timestamp(field.type):
        return instants(table, field.name)
    column = table[field.name]
    try:
        column = plain(column)
        if pa.types.is_boolean(field.type):
            return flags(column)
        if pa.types.is_list(field.type) and not _is_list(column.type):
            texts = column.cast(pa.string())
            return pa.ListArray.from_arrays(_offsets(texts), _flat(texts))
        return column.cast(field.type, safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise ConfigError(f"the column {field.name} is {column.type} and cannot be read as {field.type}") from error


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _flat(texts: Any) -> Any:
    return texts.combine_chunks().drop_null() if hasattr(texts, "combine_chunks") else texts.drop_null()


def _offsets(texts: Any) -> Any:
    """Return the offsets of lists with one element where there is a text and none where there is null."""
    filled = pc.cast(pc.is_valid(texts), pa.int32())
    ends = pc.cumulative_sum(filled)
    return pa.concat_arrays([pa.array([0], pa.int32()), *ends.chunks])


def _refuse_doubles(table: pa.Table) -> None:
    """Refuse records of one name; only those whose record_id is another's too are looked at."""
    if table.num_rows < 2:
        return
    names = _whole(table["record_id"])
    if len(pc.unique(names)) == len(names):
        return
    order = pc.sort_indices(names)
    inside = names.take(order)
    again = np.flatnonzero(pc.equal(inside.slice(1), inside.slice(0, len(inside) - 1)).to_numpy(zero_copy_only=False))
    if not len(again):
        return
    table = table.select(IDENTITY).take(order.take(pa.array(np.union1d(again, again + 1))))
    doubled = table.group_by(IDENTITY).aggregate([([], "count_all")]).filter(pc.field("count_all") > 1)
    if doubled.num_rows:
        named = ", ".join("/".join(filter(None, key)) for key in _first(doubled.select(IDENTITY).to_pylist()))
        raise ConfigError(
            f"{doubled.num_rows} records are there more than once, such as {named}; source, object and record_id together name one record"
        )


def _whole(column: Any) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _first(rows: list[dict[str, Any]]) -> Iterable[list[str]]:
    return [list(row.values()) for row in rows[:3]]
