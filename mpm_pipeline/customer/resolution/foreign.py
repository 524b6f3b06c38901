"""Tables as other libraries and files hand them over, made the Arrow table that `records` reads: frames, batches, streams, odd types.

What a column means is decided in `records`; here only its carrier changes.
"""

from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mpm_pipeline.errors import ConfigError

YES: Final = ("true", "t", "yes", "y", "1", "1.0")
NO: Final = ("false", "f", "no", "n", "0", "0.0", "")


def as_table(given: Any, columns: list[str] | None = None) -> pa.Table:
    """Return what was given as an Arrow table: a table, batch, stream or frame, rows, columns, or the path of a Parquet file.

    `columns`: those that are read of a file. ConfigError says what cannot be read.
    """
    if isinstance(given, str | Path):
        found = table_of(Path(given), columns)
    else:
        try:
            found = _made(given)
        except (pa.ArrowException, TypeError, ValueError, AttributeError) as error:
            raise ConfigError(f"the rows given cannot be read as one table ({type(error).__name__}); give every column values of one type") from error  # fmt: skip
    twice = sorted({name for name in found.column_names if found.column_names.count(name) > 1 and name in (columns or [name])})  # fmt: skip
    if twice:
        raise ConfigError(f"the column {twice[0]} is there more than once; leave one")
    return found


def _made(given: Any) -> pa.Table:
    if isinstance(given, pa.Table):
        return given
    if isinstance(given, list | tuple):
        return pa.Table.from_pylist(list(given))
    if isinstance(given, dict | pa.RecordBatch) or hasattr(given, "__arrow_c_stream__"):
        return pa.table(given)
    if hasattr(given, "to_table"):
        return given.to_table()
    raise ConfigError(f"a {type(given).__name__} is no table; give an Arrow table, a frame, or the path of a Parquet file")  # fmt: skip


def table_of(path: Path, columns: list[str] | None = None) -> pa.Table:
    """Read a Parquet file, of these columns those that it has; ConfigError where there is none."""
    if not path.is_file():
        raise ConfigError(f"there is no file {path}; name a Parquet file")
    try:
        named = pq.read_schema(path).names
        return pq.read_table(path, columns=None if columns is None else [name for name in named if name in columns])
    except (pa.ArrowInvalid, OSError) as error:
        raise ConfigError(f"{path} cannot be read as Parquet ({type(error).__name__}); write it as a Parquet file") from error  # fmt: skip


def plain(column: Any) -> Any:
    """Return a column whose values lie as they are: not as places in a dictionary, not as views, lists of any length."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return plain(column.cast(kind.value_type))
    if pa.types.is_string_view(kind):
        return column.cast(pa.string())
    if pa.types.is_fixed_size_list(kind):
        return column.cast(pa.list_(kind.value_type))
    if pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind):
        return pa.chunked_array([column.to_pylist()], pa.list_(kind.value_type))
    return column


def flags(column: Any) -> Any:
    """Read truths that are written as text or numbers; a blank is null, any other word is refused (ArrowInvalid)."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column.cast(pa.bool_(), safe=False)
    word = pc.utf8_lower(pc.utf8_trim_whitespace(column.cast(pa.string())))
    strange = word.filter(pc.invert(pc.is_in(word, pa.array([*YES, *NO, None], pa.string()))))
    if len(strange):
        raise pa.ArrowInvalid("a word that is neither true nor false")
    return pc.if_else(pc.equal(word, ""), None, pc.is_in(word, pa.array(YES)))
