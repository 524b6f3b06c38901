"""The catalogue of KPIs, read from the TOML files beside this module.

Every KPI that is promised stands there with a plain title, its formula and the systems that it needs; what is not computed
yet needs `later`. The measures are SQL files; here is no figure.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from mpm_pipeline.contracts.kpis import Catalogue
from mpm_pipeline.errors import Halt
from mpm_pipeline.warehouse.validate import arrow_schema

FILES = ("catalogue_funnel.toml", "catalogue_sales.toml", "catalogue_scorecard.toml", "catalogue_money.toml", "catalogue_customer.toml")  # fmt: skip
DEFAULTS: Mapping[str, Any] = {"kpi_version": 1, "needs_all": "", "needs_any": "", "counts": "", "horizon_days": 7}


def entries() -> dict[str, dict[str, Any]]:
    """Return the entries of all files by KPI id, in the order in which they are written."""
    found: dict[str, dict[str, Any]] = {}
    for name in FILES:
        for kpi_id, entry in tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8")).items():
            if kpi_id in found:
                raise Halt(f"the catalogue names the KPI {kpi_id} twice; the second is in {name}")
            found[kpi_id] = {**DEFAULTS, **entry, "kpi_id": kpi_id}
    return found


def catalogue(tables: Mapping[str, pa.Table]) -> pa.Table:
    """Return the catalogue as a table; roles of systems become the sources that have them."""
    roles: dict[str, list[str]] = {}
    for row in tables["reference.source_role"].to_pylist():
        roles.setdefault(row["role"], []).append(row["source"])
    schema = arrow_schema(Catalogue)
    rows = [
        {**entry, **{name: _sources(entry[name], roles) for name in ("needs_all", "needs_any", "counts")}}
        for entry in entries().values()
    ]
    unknown = {name for row in rows for name in row} - set(schema.names)
    if unknown:
        raise Halt(f"the catalogue uses keys that it does not have: {', '.join(sorted(unknown))}")
    return pa.Table.from_pylist(rows, schema=schema)


def _sources(needs: str, roles: Mapping[str, list[str]]) -> str:
    """Turn `crm;finance.ledger` into sources, each with its kind of record; groups stay apart by `|`."""
    groups = [[one for need in group.split(";") if need for one in _named(need, roles)] for group in needs.split("|")]
    return "|".join(";".join(group) for group in groups)


def _named(need: str, roles: Mapping[str, list[str]]) -> list[str]:
    """Return the sources that have a role, each with the kind of record or the object that is asked of it; a file folder and `later` stand for themselves."""
    role, mark, records = need.partition("/" if "/" in need else ".")
    return [source + mark + records for source in roles.get(role, [role])]
