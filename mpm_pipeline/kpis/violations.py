"""All breaches of standards in one table, with the registered exception that allows them where there is one.

An exception names its rule and its scope: a region, a team, a value, a source or one record; an empty scope, `*` or `all`
allows the rule's breaches everywhere. An exception that has expired allows nothing.
"""

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa

from mpm_pipeline.contracts.meta import Violation
from mpm_pipeline.warehouse.validate import arrow_schema

EVERYWHERE = ("", "*", "all")
SCOPES = ("region", "team", "value", "source", "record_id")


def violations(tables: Mapping[str, pa.Table]) -> pa.Table:
    """Unite the rules' tables and mark what is allowed."""
    schema = arrow_schema(Violation)
    parts = [table.select(schema.names).cast(schema) for name, table in tables.items() if name.startswith("kpis.")]
    found = pa.concat_tables(parts).to_pandas() if parts else schema.empty_table().to_pandas()
    today = tables["run.setting"].column("as_of_date").to_pylist()[0]
    register = tables["staged.standard_exception"].to_pandas()
    register = register[pd.to_datetime(register["expires_on"]) >= pd.Timestamp(today)].sort_values("exception_id")
    if len(register) and len(found):
        register["scope"] = register["scope"].str.strip()
        found["exception_id"] = found["exception_id"].astype("str").fillna(_allowed(found, register))
    return pa.Table.from_pandas(found, schema=schema, preserve_index=False)


def _allowed(found: pd.DataFrame, register: pd.DataFrame) -> pd.Series:
    """Return for each breach the first exception whose scope it meets, the narrow scopes before the wide one."""
    allowed = pd.Series(pd.NA, index=found.index, dtype="str")
    for column in SCOPES:
        by_scope = register.drop_duplicates(["rule", "scope"]).set_index(["rule", "scope"])["exception_id"]
        keys = pd.MultiIndex.from_arrays([found["rule"], found[column].fillna("\0")])
        allowed = allowed.fillna(pd.Series(by_scope.reindex(keys).to_numpy(), index=found.index, dtype="str"))
    wide = register[register["scope"].str.lower().isin(EVERYWHERE)].drop_duplicates("rule")
    return allowed.fillna(found["rule"].map(wide.set_index("rule")["exception_id"]))
