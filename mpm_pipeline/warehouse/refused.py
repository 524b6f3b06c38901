"""One row of the raw log as it came, found by file and place: what stands behind a row of quarantine.

This is the only way out for a payload that was refused; it may hold personal data, so it goes to the person who asks for it
and nowhere else.
"""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mpm_pipeline.errors import ConfigError, SourceUnavailable
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger


@dataclass(frozen=True)
class RawRow:
    """A payload and where it lies."""

    batch: str
    row_no: int
    key: str | None
    partition: str
    payload: str | None


def raw_row(home: Home, ledger: Ledger, batch: str, row_no: int) -> RawRow:
    """Return one row of a recorded file; ConfigError when there is no such file or row."""
    if not ledger.has_batch(batch):
        raise ConfigError(f"{batch} is no file of the raw log; `mpm quarantine list` names files and rows")
    try:
        rows = pq.ParquetFile(home.raw / batch).read(columns=["row_no", "key", "partition", "payload"])
    except (OSError, pa.ArrowException):
        raise SourceUnavailable(f"raw/{batch} cannot be read; `mpm doctor` says what is wrong with the home") from None
    found = rows.filter(pc.equal(rows["row_no"], row_no)).to_pylist()
    if not found:
        raise ConfigError(f"{batch} has no row {row_no}; it has rows 0 to {rows.num_rows - 1}")
    return RawRow(batch=batch, **found[0])
