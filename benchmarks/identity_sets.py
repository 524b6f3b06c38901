"""The labelled sets as records in the columns that `resolve` takes, with `truth_person` or `truth_account` beside.

The sets themselves are not part of the project: `MPM_TEST_DATA` or an option names the folder that holds them. Synthetic worlds
(`world_100k`, `world_1m`) are made when they are first asked for.
"""

import os
from pathlib import Path

import duckdb

from benchmarks import identity_world

FOLDER = "MPM_TEST_DATA"
WORLDS = {"world_10k": 10_000, "world_100k": 100_000, "world_1m": 1_000_000}
B2B = """
SELECT source, '' AS object, record_id, first_name, last_name, email, phone, company, country, city, handle, website, title,
  list_filter([CASE WHEN source = 'crm_lead' THEN native_id ELSE crm_lead_id END, CASE WHEN source = 'crm_contact' THEN native_id ELSE crm_contact_id END, cookie], lambda id: id <> '') AS person_key,
  CASE WHEN crm_account_id <> '' THEN [crm_account_id] END AS account_key, to_timestamp(updated_at) AS updated_at, false AS is_company, truth_person, truth_account
FROM '$data/b2b_synth_100k/records.parquet'
UNION ALL BY NAME SELECT 'crm' AS source, 'Account' AS object, crm_account_id AS record_id, name AS company, website, country, city, phone, true AS is_company, truth_account
FROM '$data/b2b_synth_100k/crm_accounts.parquet'"""
HISTORICAL = """
SELECT 'h' AS source, unique_id AS record_id, full_name, nullif(first_name, '') AS first_name, nullif(surname, '') AS last_name, dob AS birth_date, postcode_fake AS postal_code,
  birth_place AS city, occupation AS title, cluster AS truth_person
FROM '$data/historical_50k/half.parquet'"""
FEBRL = """
SELECT '$file' AS source, rec_id AS record_id, nullif(trim(given_name), '') AS first_name, nullif(trim(surname), '') AS last_name,
  nullif(trim(concat_ws(' ', nullif(trim(street_number), ''), nullif(trim(address_1), ''))), '') AS street, nullif(trim(suburb), '') AS city, nullif(trim(postcode), '') AS postal_code,
  nullif(trim(state), '') AS state, nullif(trim(date_of_birth), '') AS birth_date, regexp_extract(rec_id, 'rec-(\\d+)', 1) AS truth_person
FROM read_csv('$data/febrl/$file.csv', all_varchar = true, header = true, normalize_names = true)"""
RESTAURANT = """
SELECT '$file' AS source, CAST(id AS VARCHAR) AS record_id, name AS company, addr AS street, city, CAST(phone AS VARCHAR) AS phone, true AS is_company,
  coalesce((SELECT 'f' || min(fodors_id) FROM '$data/fodors_zagats/match_fodors_zagats_more_attrs.csv' m WHERE m.gold = 1 AND m.$file_id = x.id), left('$file', 1) || id) AS truth_account
FROM '$data/fodors_zagats/$file.csv' x"""
ALL_BY_NAME = "\nUNION ALL BY NAME "
SETS = {
    "b2b_synth_100k": B2B,
    "historical_50k": HISTORICAL,
    "febrl3": FEBRL.replace("$file", "dataset3"),
    "febrl4": ALL_BY_NAME.join(FEBRL.replace("$file", name) for name in ("dataset4a", "dataset4b")),
    "fodors_zagats": ALL_BY_NAME.join(RESTAURANT.replace("$file", name) for name in ("fodors", "zagats")),
}


def write(name: str, folder: Path, data: Path | None = None) -> Path:
    """Write a set or a world as Parquet, unless it is there already, and return where; KeyError when there is none of that name."""
    file = folder / f"{name}.parquet"
    if file.exists():
        return file
    folder.mkdir(parents=True, exist_ok=True)
    if name in WORLDS:
        identity_world.make(WORLDS[name], file)
        return file
    home = data or Path(os.environ[FOLDER])
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({SETS[name].replace('$data', str(home))}) TO '{file}' (FORMAT parquet)")
    return file
