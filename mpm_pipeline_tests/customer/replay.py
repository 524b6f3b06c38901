"""An independent reader of a resolution's folder: pandas alone, nothing of the pipeline. It says again why each record is its customer.

Confidence is recomputed from the evidence as the weakest key on the best path to the customer's oldest record, by joining records key by
key, the strongest keys first.
"""

from pathlib import Path

import pandas as pd

RECORD = ["source", "object", "record_id"]
ALONE = 20


def faults(folder: Path) -> list[str]:
    """Return what does not hold; nothing when every explanation does."""
    crosswalk = pd.read_parquet(folder / "crosswalk.parquet")
    crosswalk = crosswalk[crosswalk["recorded_to_at"].isna()]
    evidence = pd.read_parquet(folder / "evidence.parquet")
    customer = pd.concat(
        [
            crosswalk[[*RECORD, f"{kind}_id"]].rename(columns={f"{kind}_id": "customer_id"}).assign(kind=kind)
            for kind in ("person", "account")
        ]
    ).dropna(subset=["customer_id"])
    return [*_mates(evidence, customer), *_confidence(crosswalk, evidence, folder), *_reviews(folder), *_guards(folder)]


def _mates(evidence: pd.DataFrame, customer: pd.DataFrame) -> list[str]:
    """The other record is of the same customer and bears that very key; both are there."""
    known = set(customer[["kind", "customer_id", *RECORD]].itertuples(index=False, name=None))
    borne = set(evidence[["kind", "customer_id", "key_type", "key_value", *RECORD]].itertuples(index=False, name=None))
    found = []
    for row in evidence.to_dict("records"):
        mine, other = (tuple(row[f"{side}{name}"] for name in RECORD) for side in ("", "other_"))
        if mine == other:
            found.append(f"{mine} is said to share {row['key_type']} with itself")
        if {(row["kind"], row["customer_id"], *one) for one in (mine, other)} - known:
            found.append(f"{mine} and {other} are not both {row['customer_id']}")
        if (row["kind"], row["customer_id"], row["key_type"], row["key_value"], *other) not in borne:
            found.append(f"{other} does not bear {row['key_type']} of {mine}")
    return found


def _confidence(crosswalk: pd.DataFrame, evidence: pd.DataFrame, folder: Path) -> list[str]:
    """Customers of several records hang together by their evidence, and each record is as sure as its weakest link."""
    born = pd.read_parquet(folder / "record.parquet").set_index(RECORD)["created_at"]
    found = []
    for is_company, kind in ((False, "person"), (True, "account")):
        shared = evidence[evidence["kind"] == kind]
        for customer, rows in crosswalk.groupby(f"{kind}_id"):
            keys = shared[shared["customer_id"] == customer]
            members = [tuple(row) for row in rows[RECORD].itertuples(index=False)]
            oldest = min(members, key=lambda one: (pd.isna(born[one]), born[one], one))
            sure = _weakest(keys, members, oldest)
            for row in rows[rows["is_company"] == is_company].to_dict("records"):
                name = tuple(row[one] for one in RECORD)
                if kind == "person" and len(members) > 1 and not sure[name]:
                    found.append(f"{name} hangs together with nobody of {customer}")
                if abs(row["confidence"] - (1 - 2.0 ** -(sure[name] or ALONE))) > 1e-6:
                    found.append(f"{name}: confidence {row['confidence']}, the evidence says {sure[name]} bits")
    return found


def _weakest(
    keys: pd.DataFrame, members: list[tuple[str, ...]], oldest: tuple[str, ...]
) -> dict[tuple[str, ...], float]:
    group = {one: {one} for one in members}
    sure = dict.fromkeys(members, 0.0)
    for bits in sorted(keys["bits"].unique(), reverse=True):
        for _, bearers in keys[keys["bits"] == bits].groupby(["key_type", "key_value"]):
            names = [one for one in map(tuple, bearers[RECORD].to_numpy().tolist()) if one in group]
            joined = set().union(*(group[one] for one in names))
            for one in joined:
                group[one] = joined
        for one in group[oldest] - {oldest}:
            sure[one] = sure[one] or bits
    own = keys[(keys[RECORD].to_numpy() == oldest).all(axis=1)] if len(keys) else keys
    sure[oldest] = own["bits"].max() if len(own) else 0.0
    return sure


def _reviews(folder: Path) -> list[str]:
    queue = pd.read_parquet(folder / "review_queue.parquet")
    return [
        f"row {place} of review_queue has no reason"
        for place in queue.index[queue["reason"].isna() | (queue["reason"] == "")]
    ]


def _guards(folder: Path) -> list[str]:
    report = pd.read_parquet(folder / "key_guard_report.parquet")
    return [f"row {place} of key_guard_report has no reason" for place in report.index[report["reason"].isna()]]
