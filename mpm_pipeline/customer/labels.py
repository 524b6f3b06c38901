"""Pairs of records that are known to be one person or two, from a file that settings name: a sample to judge by, which changes nobody.

What people decide in the review queue is another matter: that is kept, whatever evidence says.
"""

from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq

from mpm_pipeline.errors import ConfigError

COLUMNS: Final = ("source", "object", "record_id", "other_source", "other_object", "other_record_id", "decision")
SCHEMA: Final = pa.schema([(name, pa.string()) for name in COLUMNS])
ANSWERS: Final = {"yes", "no", "unsure"}


def labels(named: str, home: Path) -> pa.Table:
    """Read the file that `identity.labels_file` names, from the home where it is relative; no rows where none is named."""
    if not named:
        return SCHEMA.empty_table()
    path = home / named
    try:
        told = pq.read_table(path) if path.suffix == ".parquet" else csv.read_csv(path, convert_options=csv.ConvertOptions(column_types=SCHEMA, null_values=[""], strings_can_be_null=True))  # fmt: skip
    except (OSError, pa.ArrowInvalid) as error:
        raise ConfigError(f"identity.labels_file: {path} cannot be read as CSV or Parquet ({type(error).__name__})") from error  # fmt: skip
    missing = [name for name in COLUMNS if name not in told.column_names]
    if missing:
        raise ConfigError(f"identity.labels_file: {path} lacks the column {', '.join(missing)}; it needs {', '.join(COLUMNS)}")  # fmt: skip
    try:
        found = told.select(COLUMNS).cast(SCHEMA)
    except pa.ArrowException as error:
        raise ConfigError(
            f"identity.labels_file: {path} holds a column that is no text ({type(error).__name__})"
        ) from error
    empty = [name for name in COLUMNS if found[name].null_count]
    if empty:
        raise ConfigError(
            f"identity.labels_file: {path} has rows without {', '.join(empty)}; every label names two records"
        )
    strange = sorted({str(one) for one in found["decision"].unique().to_pylist()} - ANSWERS)
    if strange:
        raise ConfigError(
            f"identity.labels_file: {path} holds the decision {strange[0]!r}; write {', '.join(sorted(ANSWERS))}"
        )
    return found
