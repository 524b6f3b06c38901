"""What figures rest on besides records: sources that are on, settings of definitions, decisions on customers, the package's version.

When one of these differs from what the last publication rested on, a figure that changed did not change because records came late.
What is no part of a figure's definition (limits, addresses, secrets) is left out.
"""

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from mpm_pipeline.publish.catalog import package_version
from mpm_pipeline.warehouse.build import Warehouse

NAME: Final = "publish.published_basis"
SECTIONS: Final = ("company_", "funnel_", "attribution_", "money_", "linkedin_account_ids", "linkedin_organization_ids")
WORDS: Final = {
    "source": "coverage: {} switched on or off, or first read, since it was published",
    "setting": "setting: {} changed since it was published",
    "decision": "decision: people decided on who is one customer since it was published",
    "version": "version: another version of mpm_pipeline computed it",
}
"""By kind, the first one first."""


def basis_of(warehouse: Warehouse) -> pa.Table:
    """Return what a publication of this warehouse rests on: kind, name and value as text."""
    ((setting,), sources) = (warehouse.read(name).to_pylist() for name in ("run.setting", "run.source"))
    rows = [("setting", name, repr(value)) for name, value in setting.items() if name.startswith(SECTIONS) or name.endswith("_start_at")]  # fmt: skip
    rows += [("source", str(row["source"]), " without ".join([str(row["is_on"]), *_hidden(row)])) for row in sources]
    rows += [("version", "package", package_version())]
    rows += [("decision", "pairs", str(warehouse.given["run.identity_decision"].num_rows))]
    return pa.table([list(column) for column in zip(*rows, strict=True)], names=["kind", "name", "value"])


def _hidden(row: Mapping[str, Any]) -> list[str]:
    return [one["stream"] for one in row.get("hidden") or ()]


def cause_of(before: pa.Table | None, now: pa.Table) -> str | None:
    """Say in words what differs; None when nothing does, or nobody knows what was before."""
    if before is None:
        return None
    known, fresh = ({(row["kind"], row["name"]): row["value"] for row in one.to_pylist()} for one in (before, now))
    other = [key for key in sorted(known.keys() & fresh.keys()) if known[key] != fresh[key]]
    for kind, words in WORDS.items():
        if names := [name for its, name in other if its == kind]:
            return words.format(", ".join(names))
    return None
