"""Records of any sources in, one person and one account each out: the order of the steps, and the tables that come of them."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mpm_pipeline.customer.components import Numbers
from mpm_pipeline.customer.resolution import accounts, decisions, ids, outcome, persons, records, settle
from mpm_pipeline.errors import ConfigError
from mpm_pipeline.warehouse import engine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Resolution:
    """What is known of customers after a run; each table is an Arrow table and, written, a Parquet file of its name."""

    crosswalk: pa.Table
    golden_person: pa.Table
    golden_account: pa.Table
    golden_field_provenance: pa.Table
    id_redirect: pa.Table
    id_registry: pa.Table
    key_guard_report: pa.Table
    review_queue: pa.Table
    evidence: pa.Table

    def write(self, folder: Path) -> None:
        """Write every table to a folder."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"{folder} cannot be made a folder ({error.strerror}); name another --out") from error
        for one in fields(self):
            pq.write_table(getattr(self, one.name), folder / f"{one.name}.parquet")

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read what was written; ConfigError when a table is not there."""
        missing = [one.name for one in fields(cls) if not (folder / f"{one.name}.parquet").is_file()]
        if missing:
            raise ConfigError(
                f"{folder} holds no resolution: {missing[0]}.parquet is not there; name the folder of an earlier --out"
            )
        return cls(**{one.name: pq.read_table(folder / f"{one.name}.parquet") for one in fields(cls)})


def resolve(
    given: records.Records,
    *,
    previous: Resolution | None = None,
    decided: pa.Table | None = None,
    as_of: datetime | None = None,
) -> Resolution:
    """Resolve people and companies.

    `given`: the records, columns as in `records.SCHEMA`, all but source and record_id optional. `previous`: the run before, whose ids
    are kept. `decided`: what people decided on pairs (`decisions.COLUMNS`). `as_of`: when this is known, UTC; default: the newest
    instant that the records bear. Raises ConfigError for records or decisions that cannot be read.
    """
    every = records.read(given)
    alive = every.filter(pc.invert(pc.fill_null(every["deleted"], False)))
    alive = alive.set_column(alive.column_names.index("row"), "row", pa.array(np.arange(alive.num_rows), pa.int64()))
    told = decisions.read(decided, alive)
    moment = as_of or _newest(alive)
    with engine.connect() as connection:
        settle.prepare(connection, alive)
        accounts.settle_accounts(connection)
        label, refused = persons.settle_persons(connection, alive.num_rows, told)
        account = accounts.of_records(connection, label)
        company = np.asarray(pc.fill_null(alive["is_company"], False))
        return _told(connection, alive, np.where(company, -1, label), account, refused, previous, moment)


def _told(
    connection: Any,
    alive: pa.Table,
    person: Numbers,
    account: Numbers,
    refused: pa.Table,
    previous: Resolution | None,
    moment: datetime,
) -> Resolution:
    """Give ids and write down what was found."""
    before = previous.id_registry.to_pandas() if previous else pd.DataFrame(columns=ids.REGISTRY)
    gone = previous.id_redirect.to_pandas() if previous else pd.DataFrame(columns=ids.REDIRECT)
    kept = {
        kind: ids.carry(kind, alive, label, before, moment)
        for kind, label in (("person", person), ("account", account))
    }
    registry = pd.concat(list(kept.values()), ignore_index=True)
    names = alive.select(records.IDENTITY).to_pandas()
    key = pd.MultiIndex.from_frame(names)
    for kind, rows in kept.items():
        present = rows[rows["is_present"]].set_index(records.IDENTITY)["id"]
        names[f"{kind}_id"] = present.reindex(key).to_numpy()
    outcome.put_customers(connection, names)
    return Resolution(
        crosswalk=outcome.crosswalk(connection),
        golden_person=outcome.golden(connection, "person"),
        golden_account=outcome.golden(connection, "account"),
        golden_field_provenance=outcome.provenance(connection),
        id_redirect=pa.Table.from_pandas(ids.redirects(registry, before, gone, moment), preserve_index=False),
        id_registry=pa.Table.from_pandas(registry, preserve_index=False),
        key_guard_report=outcome.guards(connection),
        review_queue=outcome.reviews(connection, refused),
        evidence=outcome.evidence(connection),
    )


def _newest(table: pa.Table) -> datetime:
    found = [pc.max(table[name]).as_py() for name in ("created_at", "updated_at")]
    return max((one for one in found if one is not None), default=EPOCH)
