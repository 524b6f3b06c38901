"""Ways from raw records to a crosswalk, each run in a process of its own: ours, Splink with its own model, naive keys; and ours for news.

All read the same Parquet file and pay for the same normalisation. Ours and Splink write golden records too: ours those of people and
accounts with provenance, evidence, ids that stay and the rest, Splink those of people, by the plainest SQL (the newest value of each field).
`delta`: a previous run of all records but one in 200, kept in a folder, and these and as many changed ones as news; what is measured is
opening the folder, resolving the news and writing all tables again. Splink's model is put together as its documentation does for
people (its name, e-mail, date of birth, postcode and array comparisons with term frequencies, estimated prior, u by random sampling, m
by expectation maximisation over two blocking rules, pairs and clusters at 0.95), with our normalised columns and ids as input.
`python -m benchmarks.identity_ways ours IN.parquet OUT.parquet` prints one line of JSON.
"""

import json
import logging
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mpm_pipeline.customer.resolution import features, records, settle
from mpm_pipeline.customer.resolution.crosswalk import current
from mpm_pipeline.warehouse import engine

TRUTH = ("truth_person", "truth_account")
PEOPLE = """
CREATE OR REPLACE TABLE people AS
SELECT "row" AS unique_id, nullif(given_key, '') AS given, family, name_key, mailbox, mail_domain, phone_key, company_key, birth_date, postal_key, street_key, city_key, title_key,
  list_distinct(list_concat(coalesce(person_key, []), [source || ':' || record_id])) AS ids
FROM feature WHERE NOT is_company"""
COMPANIES = """
CREATE OR REPLACE TABLE people AS
SELECT "row" AS unique_id, company_key, phone_key, street_key, city_key, web_domain AS mail_domain FROM feature WHERE is_company"""
GOLDEN = """
SELECT c.cluster_id AS person_id, count(*) AS records, {fields}
FROM clustered c JOIN record r ON r."row" = c.unique_id GROUP BY c.cluster_id"""
FIELDS = (
    "first_name",
    "last_name",
    "full_name",
    "email",
    "phone",
    "title",
    "street",
    "city",
    "postal_code",
    "state",
    "country",
    "birth_date",
    "handle",
)
KEYS = """
SELECT "row", dense_rank() OVER (ORDER BY value) - 1 AS key FROM (
  SELECT "row", 'mail ' || lower(trim(email)) AS value FROM record UNION ALL SELECT "row", 'phone ' || phone_key FROM feature UNION ALL SELECT "row", 'id ' || unnest(person_key) FROM feature
  UNION ALL SELECT "row", 'name ' || name_key || birth_date FROM feature UNION ALL SELECT "row", 'company ' || company_key || coalesce(city_key, '') FROM feature WHERE is_company
) WHERE value IS NOT NULL"""


def read(file: Path) -> pa.Table:
    """Read raw records without the truth beside them."""
    names = [name for name in pq.read_schema(file).names if name not in TRUTH]
    return pq.read_table(file, columns=names)


def ours(raw: Path, out: Path) -> None:
    """Resolve with this project: crosswalk, golden records and all that is written beside them."""
    from mpm_pipeline.customer import resolve

    found = resolve(raw)
    found.write(_beside(out, "tables"))
    pq.write_table(found.crosswalk.select(["source", "record_id", "person_id", "account_id"]), out)


def splink(raw: Path, out: Path) -> None:
    """Resolve people (or companies where there are only these) with Splink and the engine's normalised columns."""
    every = records.aged(records.read(read(raw)))
    with engine.connect() as connection:
        features.prepare(connection, every)
        connection.execute(PEOPLE)
        ((people,),) = connection.execute("SELECT count(*) FROM people").fetchall()
        if not people:
            connection.execute(COMPANIES)
        connection.execute("CREATE OR REPLACE TABLE clustered AS " + _clustered(connection, is_company=not people))
        kind = "person" if people else "account"
        _write(connection, out, kind, 'SELECT unique_id AS "row", CAST(cluster_id AS VARCHAR) AS id FROM clustered')
        if people:
            newest = "coalesce(r.updated_at, r.created_at, TIMESTAMPTZ '1970-01-01 00:00:00+00')"
            told = ", ".join(f"arg_max(nullif(trim(r.{name}), ''), {newest}) AS {name}" for name in FIELDS)
            connection.execute(
                f"COPY ({GOLDEN.format(fields=told)}) TO '{out.parent / out.stem}_golden.parquet' (FORMAT parquet)"
            )


def keys(raw: Path, out: Path) -> None:
    """Join what shares any value of a key, unguarded."""
    from mpm_pipeline.customer.components import components

    every = records.aged(records.read(read(raw)))
    with engine.connect() as connection:
        features.prepare(connection, every)
        found = connection.execute(KEYS).fetchnumpy()
        label = components(every.num_rows, found["row"].astype("int64"), found["key"].astype("int64"))
        settle.put(
            connection, "labelled", pa.table({"row": range(len(label)), "id": [str(one) for one in label.tolist()]})
        )
        ((people,),) = connection.execute("SELECT count(*) FROM feature WHERE NOT is_company").fetchall()
        _write(connection, out, "person" if people else "account", 'SELECT "row", id FROM labelled')


def previous(raw: Path, out: Path) -> None:
    """Resolve all records but the news, and lay the news beside."""
    from mpm_pipeline.customer import resolve

    every = read(raw)
    turn = pa.array([place % 200 for place in range(every.num_rows)])
    fresh, changed = every.filter(pc.equal(turn, 7)), every.filter(pc.equal(turn, 11))
    place = every.column_names.index("last_name")
    changed = changed.set_column(
        place, every.field("last_name"), pc.binary_join_element_wise(changed["last_name"], "x", "")
    )
    resolve(every.filter(pc.not_equal(turn, 7))).write(_beside(out, "previous"))
    pq.write_table(pa.concat_tables([fresh, changed]), _beside(out, "news.parquet"))


def delta(raw: Path, out: Path) -> None:
    """Resolve the news and write all tables again."""
    from mpm_pipeline.customer import resolve
    from mpm_pipeline.customer.resolution.tables import Resolution

    found = resolve(_beside(out, "news.parquet"), previous=Resolution.open(_beside(out, "previous")))
    found.write(_beside(out, "tables"))
    pq.write_table(current(found.crosswalk).select(["source", "record_id", "person_id", "account_id"]), out)


def _beside(out: Path, what: str) -> Path:
    return out.parent / f"{out.stem}_{what}"


def _write(connection: Any, out: Path, kind: str, sql: str) -> None:
    other = {"person": "account", "account": "person"}[kind]
    select = f'SELECT f.source, f.record_id, l.id AS {kind}_id, CAST(NULL AS VARCHAR) AS {other}_id FROM feature f JOIN ({sql}) l ON l."row" = f."row"'  # noqa: S608
    pq.write_table(engine.fetch(connection, select), out)


def _clustered(connection: Any, *, is_company: bool) -> str:
    """Train, predict and cluster; return SQL for the clusters."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    connection.execute("SET lambda_syntax = 'ENABLE_SINGLE_ARROW'")
    rows = connection.execute("SELECT count(*), count(mailbox), count(birth_date), count(street_key), count(phone_key), count(title_key) FROM people" if not is_company else "SELECT 1, 0, 0, 0, 0, 0").fetchall()[0]  # fmt: skip
    tells = {
        name: number > 0.02 * rows[0]
        for name, number in zip(("mail", "birth", "street", "phone", "title"), rows[1:], strict=True)
    }
    exact = lambda name: cl.ExactMatch(name).configure(term_frequency_adjustments=True)  # noqa: E731
    if is_company:
        comparisons = [
            cl.JaroWinklerAtThresholds("company_key", [0.92, 0.8]).configure(term_frequency_adjustments=True),
            exact("phone_key"),
            cl.JaroWinklerAtThresholds("street_key", [0.9]),
            exact("city_key"),
        ]
        rules = [
            block_on("company_key"),
            block_on("phone_key"),
            block_on("street_key"),
            block_on("substr(company_key, 1, 4)", "city_key"),
        ]
        sure, trained = [block_on("company_key", "phone_key")], [block_on("phone_key"), block_on("company_key")]
    elif tells["birth"]:
        comparisons = [
            cl.ForenameSurnameComparison("given", "family", forename_surname_concat_col_name="name_key"),
            cl.DateOfBirthComparison(
                "birth_date", input_is_string=True, datetime_format="%Y%m%d" if tells["street"] else "%Y-%m-%d"
            ),
            cl.LevenshteinAtThresholds("postal_key", [1, 2]),
            exact("city_key"),
        ]
        comparisons += [cl.LevenshteinAtThresholds("street_key", [2, 5])] if tells["street"] else [exact("title_key")]
        rules = [
            block_on("given", "family"),
            block_on("family", "birth_date"),
            block_on("given", "birth_date"),
            block_on("postal_key", "family"),
            block_on("postal_key", "given"),
            block_on("birth_date", "postal_key"),
            block_on("birth_date", "city_key"),
        ]
        sure, trained = (
            [block_on("given", "family", "birth_date")],
            [block_on("given", "family"), block_on("birth_date")],
        )
    else:
        comparisons = [
            cl.ForenameSurnameComparison("given", "family", forename_surname_concat_col_name="name_key"),
            cl.EmailComparison("mailbox"),
            exact("phone_key"),
            exact("mail_domain"),
            cl.JaroWinklerAtThresholds("company_key", [0.92]).configure(term_frequency_adjustments=True),
            cl.ArrayIntersectAtSizes("ids", [1]),
        ]
        rules = [
            block_on("mailbox"),
            block_on("phone_key", "family"),
            block_on("name_key", "mail_domain"),
            block_on("name_key", "company_key"),
            block_on("ids", arrays_to_explode=["ids"]),
        ]
        sure, trained = [block_on("mailbox", "family")], [block_on("mailbox"), block_on("given", "family")]
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=rules,
        retain_intermediate_calculation_columns=False,
        retain_matching_columns=False,
    )
    linker = Linker(DuckDBAPI(connection).register("people"), settings, log_level=logging.ERROR)
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in trained:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    pairs = linker.inference.predict(threshold_match_probability=0.95)
    found = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_probability=0.95)
    return f"SELECT unique_id, cluster_id FROM {found.physical_name}"  # noqa: S608


def main(way: str, raw: str, out: str) -> None:
    """Run one way and print its seconds, CPU seconds and peak memory, from the file of raw records to the file of the crosswalk."""
    logging.disable(logging.WARNING)
    if way == "delta":
        subprocess.run(
            [sys.executable, "-m", "benchmarks.identity_ways", "previous", raw, out],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    began, used = time.perf_counter(), time.process_time()
    {"ours": ours, "splink": splink, "keys": keys, "previous": previous, "delta": delta}[way](Path(raw), Path(out))
    told = Path("/proc/self/status").read_text()
    peak = int(told.split("VmHWM:")[1].split()[0]) / 1024
    print(
        json.dumps(
            {
                "seconds": round(time.perf_counter() - began, 2),
                "cpu": round(time.process_time() - used, 2),
                "peak_mb": round(peak),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
