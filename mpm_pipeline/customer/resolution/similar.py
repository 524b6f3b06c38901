"""Likeness of records that share no key, by Splink: a Fellegi-Sunter model whose settings are kept as a file.

`model.json` holds which fields are compared, by which levels, and how often each level occurs among true matches (m). How often
it occurs by chance (u) and how many matches there are (the prior) are estimated from the data at hand, never from labels; what was
estimated can be kept and handed in again, so that a few more records change no pair's weight. Pairs are found by composite block keys; a pair's weight is in bits. Clusters are made by average linkage.
"""

import json
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from mpm_pipeline.customer.components import Numbers
from mpm_pipeline.customer.resolution import chance
from mpm_pipeline.customer.resolution.household import strangers
from mpm_pipeline.customer.resolution.linkage import Group, Refused, agglomerate, note

Weigh = Callable[[Any, int], pa.Table]
"""Finds and weighs pairs of the table `candidate` of so many rows: `one`, `other`, `bits`."""
MODEL = Path(__file__).with_name("model.json")
FEWEST = 50
SHARE = 0.05
FLOOR = -10.0
MOST_SHIFT = 4.0
MOST_PAIRS = 4e5
HOUSEHOLD = "alike by what a household shares, neither names nor birth date in common"
OF_TWO = "names of two generations"
UNRELATED = -3.0
"""Bits of a pair that blocking did not even find: less against it than of one that was compared and differs."""


def similar(connection: Any, weighed: Weigh) -> tuple[Numbers, list[Refused]]:
    """Return for each row of `candidate`, beside it, the oldest row of its cluster, and what was refused although it is alike."""
    rows = np.asarray(connection.sql('SELECT "row" FROM candidate ORDER BY "row"').fetchnumpy()["row"], dtype=np.int64)
    if len(rows) < 2:
        return np.column_stack([rows, rows]), []
    pairs = weighed(connection, len(rows))
    one, other = (np.searchsorted(rows, pairs[name].to_numpy()) for name in ("one", "other"))
    bits, apart = pairs["bits"].to_numpy(), strangers(connection, pairs)
    size = _sizes(connection, rows)
    may = ~(apart.of_two | apart.household)
    bits = bits + _prior_shift(bits[may], size, (size[one] * size[other])[may])
    pairs_of = [
        dict.fromkeys(zip(one[some].tolist(), other[some].tolist(), strict=True), why)
        for some, why in ((apart.household, HOUSEHOLD), (apart.of_two, OF_TWO))
    ]
    foes = pairs_of[0] | pairs_of[1]
    label, refused = _linked(size, one, other, bits, foes)
    told = [_told(pair, foes.get((pair.one, pair.other), HOUSEHOLD), apart.bits, rows) for pair in refused]
    return np.column_stack([rows, rows[label]]), told


def _told(pair: Refused, reason: str, bits: float, rows: Numbers) -> Refused:
    """Return a refused merge by its rows, and why."""
    return Refused(int(rows[pair.one]), int(rows[pair.other]), bits if reason == HOUSEHOLD else pair.bits, reason)


def _sizes(connection: Any, rows: Numbers) -> Numbers:
    """Return for how many records each candidate stands."""
    equal = connection.sql("SELECT head, count(*) AS records FROM home GROUP BY head").fetchnumpy()
    head, records = (np.asarray(equal[name], dtype=np.int64) for name in ("head", "records"))
    size = np.ones(len(rows), dtype=np.int64)
    known = np.isin(head, rows)
    size[np.searchsorted(rows, head[known])] = records[known]
    return size


def weigh(connection: Any, count: int) -> pa.Table:
    """Let Splink find and weigh pairs of `candidate`: `one`, `other`, `bits`."""
    connection.execute(f"CREATE OR REPLACE TABLE block AS {(MODEL.parent / 'block.sql').read_text()}")
    linker = trained(connection, "FROM block", count)
    found = linker.inference.predict(threshold_match_weight=FLOOR).as_duckdbpyrelation()
    pairs: pa.Table = found.select("least(unique_id_l, unique_id_r) AS one, greatest(unique_id_l, unique_id_r) AS other, match_weight AS bits").order("one, other").to_arrow_table()  # fmt: skip
    connection.execute("RESET lambda_syntax")
    return pairs


def trained(connection: Any, sql: str, count: int) -> Any:
    """Return Splink's linker with our model, what is estimated being estimated from the rows of a statement."""
    from splink import DuckDBAPI, Linker

    connection.execute("SET lambda_syntax = 'ENABLE_SINGLE_ARROW'")
    rows = connection.sql(f'SELECT * EXCLUDE ("row"), "row" AS unique_id FROM ({sql}) ORDER BY "row"').to_arrow_table()  # noqa: S608
    api = DuckDBAPI(connection)
    settings = _settings(connection, count)
    usually = chance.usual(settings)
    linker = Linker(api.register(rows), settings, log_level=logging.ERROR, validate_settings=False)
    linker.training.estimate_u_using_random_sampling(max_pairs=MOST_PAIRS, seed=1, num_chunks=1)
    if count >= chance.UNSEEN:
        return linker
    pairs = min(count * (count - 1) / 2, MOST_PAIRS)
    settings = chance.eased(linker.misc.save_model_to_json(), usually, count, pairs)
    linker = Linker(api.register(rows), settings, log_level=logging.ERROR, validate_settings=False)
    chance.tell(linker, api, chance.terms(connection, settings, count))
    return linker


def _settings(connection: Any, count: int) -> dict[str, Any]:
    """Return our model for the fields that are told at all."""
    settings: dict[str, Any] = json.loads(MODEL.read_text())
    fields = [one["output_column_name"] for one in settings["comparisons"]]
    counts = ", ".join(f"count({name})" for name in fields)
    (filled,) = connection.sql(f"SELECT {counts} FROM candidate").fetchall()  # noqa: S608
    known = {name for name, number in zip(fields, filled, strict=True) if number > SHARE * count}
    settings["comparisons"] = [one for one in settings["comparisons"] if one["output_column_name"] in known]
    settings["probability_two_random_records_match"] = min(0.5, 1.0 / count)
    return settings


def _linked(
    size: Numbers, one: Numbers, other: Numbers, bits: Any, foes: Iterable[tuple[int, int]] = ()
) -> tuple[Numbers, list[Refused]]:
    """Label rows by average linkage over their pairs, `foes` never together; each row stands for `size` records. Say what was refused."""
    groups = {node: Group(int(size[node])) for node in np.unique(np.concatenate([one, other])).tolist()}
    for left, right, weight in zip(one.tolist(), other.tolist(), bits.tolist(), strict=True):
        note(groups, left, right, weight)
    for left, right in foes:
        if left in groups and right in groups:
            groups[left].foes.add(right)
            groups[right].foes.add(left)
    home, refused = agglomerate(groups, UNRELATED)
    label = np.arange(len(size), dtype=np.int64)
    label[np.fromiter(home.keys(), np.int64, len(home))] = np.fromiter(home.values(), np.int64, len(home))
    return label, refused


def _prior_shift(bits: Any, size: Numbers, twins: Numbers) -> float:
    """Return by how many bits the prior was too low: as many matches are assumed as the model then expects, by iteration.

    `size`: for how many records each row stands; `twins`: for how many pairs of records each pair.
    """
    shift, count = 0.0, float(size.sum())
    equal = float((size * (size - 1) / 2).sum())
    for _ in range(50):
        expected = max(equal + float((twins / (1 + np.exp2(-np.clip(bits + shift, -60, 60)))).sum()), 1.0)
        fresh = float(np.log2(expected) - np.log2((count - 1) / 2))
        if abs(fresh - shift) < 0.01:
            break
        shift = fresh
    return min(shift, MOST_SHIFT)


def similar_rows(connection: Any, weighed: Weigh, *, is_company: bool) -> tuple[pa.Table, list[Refused]]:
    """Return, for people at home or for companies at their place, each row (`row`) with the oldest row that it is one with (`head`),
    and the merges that were refused."""
    sql = (MODEL.parent / "candidate.sql").read_text().replace("$is_company", str(is_company).lower())
    connection.execute(f"CREATE OR REPLACE TABLE candidate AS {sql}")
    found, refused = similar(connection, weighed)
    if is_company:
        found = _with_equals(connection, found)
    apart = found[found[:, 0] != found[:, 1]]
    linked = np.unique(apart) if len(apart) else apart[:, 0]
    kept = found[np.isin(found[:, 0], linked)]
    return pa.table({"row": pa.array(kept[:, 0], pa.int64()), "head": pa.array(kept[:, 1], pa.int64())}), refused


def _with_equals(connection: Any, found: Numbers) -> Numbers:
    """Put to each row the rows that tell the very same as it; of people a key of their own says so."""
    equal = connection.sql('SELECT "row", head FROM home WHERE is_company AND head <> "row"').fetchnumpy()
    row, head = (np.asarray(equal[name], dtype=np.int64) for name in ("row", "head"))
    return np.concatenate([found, np.column_stack([row, found[np.searchsorted(found[:, 0], head), 1]])])
