"""What the domain of a mailbox tells: the part that somebody registered, free mail, and our own people.

Uses the Public Suffix List that comes with its package; nothing is looked up in the network.
"""

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa

from mpm_pipeline.warehouse.domains import suffixes


def mail_domains(tables: Mapping[str, pa.Table]) -> pa.Table:
    """Describe every distinct mail domain of the identity records and of referrals that name only a company."""
    named = pd.concat(
        [
            tables["customer.identity_record"].column("mail_domain").to_pandas(),
            tables["staged.referral"].column("domain").to_pandas(),
        ]
    )
    domain = pd.Series(named.dropna().str.strip().str.lower().unique(), dtype="str").sort_values(ignore_index=True)
    domain = domain[domain != ""].reset_index(drop=True)
    registrable = domain.map(suffixes().privatesuffix).astype("str")
    free = set(tables["reference.free_mail"].column("domain").to_pylist())
    own = tables["run.setting"].column("company_internal_domains").to_pylist()
    internal = [part.strip().lower() for part in str(own[0] or "").split(";") if part.strip()] if own else []
    is_internal = domain.isin(internal)
    for name in internal:
        is_internal |= domain.str.endswith(f".{name}")
    return pa.table(
        {
            "mail_domain": pa.array(domain, pa.string()),
            "registrable_domain": pa.array(registrable.where(registrable.notna(), None), pa.string()),
            "is_free_mail": pa.array(domain.isin(free) | registrable.isin(free), pa.bool_()),
            "is_internal": pa.array(is_internal, pa.bool_()),
        }
    )
