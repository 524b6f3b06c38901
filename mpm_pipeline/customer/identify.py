"""Which records of the pipeline's people are one person: hands them to resolution and brings back what it found.

Records that are deleted and have no survivor that lives are not handed over: they join the living afterwards and bridge nothing
(`registry`). A merge at the source is a decision. Of a record that was merged away its ids and its mailbox may still bring others
to the survivor; what else it told was given up in the merge and speaks for and against nobody, as in a home that never saw it.
Ids come from the registry, not from here; accounts keep the CRM's own word.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.contracts.registry import table as contract_of
from mpm_pipeline.customer.registry import survivors
from mpm_pipeline.customer.resolution.people import People, resolve_people
from mpm_pipeline.warehouse.validate import arrow_schema

NAME = ["source", "object", "record_id"]
OTHER = [f"other_{name}" for name in NAME]
INPUTS = ("customer.person_record", "customer.key_guard", "run.identity_decision", "run.setting")
KEPT = [*NAME, "kind", "is_present", "email", "person_keys", "created_at", "updated_at"]
"""What is compared of a record that was merged away."""
OUTPUTS = {
    "customer.person_cluster": "Records of people that live, and which of them are one person.",
    "customer.identity_evidence": "Why records are one person: the keys that they share.",
    "customer.key_guard_report": "Every key that joins nobody, and why.",
    "customer.review_queue": "Pairs that evidence would join and a contradiction keeps apart.",
    "customer.person_decision": "The decisions of people that stood when records were compared.",
}


def identify(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """Resolve the people of `customer.person_record`; return the tables of `OUTPUTS` by name."""
    people = tables["customer.person_record"].to_pandas()
    people["kind"], people["is_present"] = "person", True
    survivor = survivors(people)
    lives = people[~people["is_deleted"].to_numpy(dtype=bool)[survivor]]
    if lives.empty:
        return {name: arrow_schema(contract_of(name)).empty_table() for name in OUTPUTS} | {
            "customer.key_guard_report": tables["customer.key_guard"],
            "customer.person_decision": _standing(tables["run.identity_decision"]),
        }
    as_of = tables["run.setting"]["as_of"][0].as_py()
    is_merged = pd.Series(survivor != np.arange(len(people)))[lives.index]
    found = resolve_people(_given(lives, is_merged), _decisions(lives, tables["run.identity_decision"]), as_of)
    made = {
        "customer.person_cluster": _clusters(lives, found),
        "customer.identity_evidence": found.evidence,
        "customer.key_guard_report": _guards(tables["customer.key_guard"], found.key_guard_report),
        "customer.review_queue": found.review_queue,
        "customer.person_decision": _standing(tables["run.identity_decision"]),
    }
    return {name: _shaped(name, table) for name, table in made.items()}


def _given(lives: pd.DataFrame, is_merged: pd.Series) -> pa.Table:
    """Return records as resolution takes them: declared ids as lists, of those merged away `KEPT` alone."""
    told = lives.drop(columns=["own_id", "is_deleted", "merged_into_id"])
    given_up = told.columns.difference(KEPT)
    told[given_up] = told[given_up].mask(is_merged, None)
    given = pa.Table.from_pandas(told, preserve_index=False)
    for name, of in (("person_key", "person_keys"), ("account_key", "account_key")):
        given = given.append_column(f"{name}_list", pc.split_pattern(given[of].cast(pa.string()), "\x1f"))
        given = given.drop_columns(of).rename_columns({f"{name}_list": name})
    return given


def _decisions(lives: pd.DataFrame, decided: pa.Table) -> pa.Table:
    """Return the merges that the sources tell as decisions, and after them those of people, the newest last."""
    merged = lives.loc[lives["merged_into_id"].notna(), [*NAME, "merged_into_id"]]
    told = merged.assign(
        other_source=merged["source"],
        other_object=merged["object"],
        other_record_id=merged["merged_into_id"],
        decision="yes",
    )
    columns = [*told.columns.drop("merged_into_id")]
    return pa.Table.from_pandas(pd.concat([told[columns], decided.select(columns).to_pandas()]), preserve_index=False)


def _standing(decided: pa.Table) -> pa.Table:
    """Return the newest decision on each pair, the pair in one order."""
    schema = arrow_schema(contract_of("customer.person_decision"))
    if not decided.num_rows:
        return schema.empty_table()
    told = decided.to_pandas()
    turned = told[NAME].agg("\0".join, axis=1) > told[OTHER].agg("\0".join, axis=1)
    told.loc[turned, [*NAME, *OTHER]] = told.loc[turned, [*OTHER, *NAME]].to_numpy()
    newest = told.drop_duplicates([*NAME, *OTHER], keep="last").sort_values([*NAME, *OTHER])
    return pa.Table.from_pandas(newest[schema.names], schema, preserve_index=False)


def _clusters(lives: pd.DataFrame, found: People) -> pa.Table:
    """Put beside each record its cluster and the strongest kind of key that joins it."""
    best = found.evidence.to_pandas().sort_values(["bits", "key_type"], ascending=[False, True])
    joined = best.drop_duplicates(NAME)[[*NAME, "key_type"]].rename(columns={"key_type": "joined_by"})
    cluster = found.clusters.to_pandas()
    rows = lives[[*NAME, "own_id"]].merge(cluster, on=NAME).merge(joined, on=NAME, how="left")
    return pa.Table.from_pandas(rows.assign(joined_by=rows["joined_by"].fillna("alone")), preserve_index=False)


def _guards(hard: pa.Table, soft: pa.Table) -> pa.Table:
    """Return the keys that were never handed over and those that resolution set aside."""
    shared, key = hard.column_names, ["kind", "key_type", "key_value"]
    soft = soft.select(shared).cast(hard.schema).join(hard.select(key), key, join_type="left anti").select(shared)
    soft = soft.sort_by([("records", "descending"), *((name, "ascending") for name in key)])
    return pa.concat_tables([hard, soft]) if soft.num_rows else hard


def _shaped(name: str, table: pa.Table) -> pa.Table:
    schema = arrow_schema(contract_of(name))
    return table.select(schema.names).cast(schema)
