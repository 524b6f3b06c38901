"""Records damaged by hand in a copied world end in quarantine under the right reason, and nothing else changes.

What must be served is what the same world serves without those records. Beside quarantine itself only the counts of what came
in tell of them, and the page says how many there are.
"""

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mpm_pipeline.vocabulary import QUARANTINE_REASONS
from mpm_pipeline_tests.e2e.damage import DAMAGES, Damage, damage
from mpm_pipeline_tests.e2e.harness import Outcome
from mpm_pipeline_tests.e2e.river import flow

pytestmark = pytest.mark.slow

OF_A_WHOLE_FILE = {"missing_column"}
TELLS_OF_THEM = {"meta_quarantine", "meta_reconciliation", "meta_publication"}
"""Tables that say what came in and was refused; a publication has an id of its own."""


@dataclass(frozen=True)
class Pair:
    """What two copies of a world serve, one with the damaged records, one without them; and the keys of these."""

    damaged: Outcome
    without: Outcome
    keys: dict[Damage, str]


@pytest.fixture(scope="module")
def pair(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Take both copies through all stages."""
    folder = tmp_path_factory.mktemp("damaged")
    keys = damage(world, folder / "damaged", folder / "without")
    made = {name: flow(folder / f"home-{name}", folder / name) for name in ("damaged", "without")}
    assert all(set(outcome.document.values()) == {"done"} for outcome in made.values()), made
    return Pair(made["damaged"], made["without"], keys)


def refused(outcome: Outcome) -> Counter[tuple[Any, ...]]:
    """Count the rows of quarantine by source, stream, key, reason and words."""
    columns = ["source", "stream", "key", "reason_code", "reason_text"]
    return Counter(outcome.table("meta_quarantine")[columns].itertuples(index=False, name=None))


def expected(keys: dict[Damage, str]) -> Iterator[tuple[Any, ...]]:
    """Give the row of quarantine that each damage must lead to."""
    for one, key in keys.items():
        words = QUARANTINE_REASONS[one.reason_code] + (f" (field {one.field})" if one.field else "")
        yield one.source, one.stream, "" if one.is_nameless else key, one.reason_code, words


def test_every_reason_is_tried() -> None:
    """There is a record for every reason code (but that of a whole file) and several reasons for every vendor."""
    assert {one.reason_code for one in DAMAGES} == QUARANTINE_REASONS.keys() - OF_A_WHOLE_FILE
    codes = {source: {one.reason_code for one in DAMAGES if one.source == source} for source in {one.source for one in DAMAGES}}  # fmt: skip
    assert len(codes) == 10
    assert all(len(codes[vendor]) >= 5 for vendor in ("salesforce", "marketo", "linkedin", "stripe"))


def test_each_damaged_record_is_in_quarantine_under_its_reason(pair: Pair) -> None:
    """One row for each, with source, stream, key, code and words that name the field; and no row for anything else."""
    assert refused(pair.damaged) - refused(pair.without) == Counter(expected(pair.keys))
    assert refused(pair.without) - refused(pair.damaged) == Counter()


def test_each_row_of_quarantine_leads_to_the_record(pair: Pair) -> None:
    """The file and the row that quarantine names are there, once each."""
    rows = pair.damaged.table("meta_quarantine")
    assert not rows.duplicated(["source", "stream", "batch", "row_no"]).any()
    assert all((pair.damaged.home / "raw" / batch).is_file() for batch in rows["batch"])
    assert rows["resolved_at"].isna().all()


def test_what_came_in_went_out_or_to_quarantine(pair: Pair) -> None:
    """Every stream and day closes; the damaged records are counted as having come in and as quarantined, and nowhere else."""
    columns = ["rows_in", "rows_out", "rows_quarantined", "rows_deleted"]
    counts = pair.damaged.table("meta_reconciliation")
    assert (counts["rows_in"] == counts["rows_out"] + counts["rows_quarantined"]).all()
    found, before = (
        outcome.table("meta_reconciliation").groupby(["source", "stream"])[columns].sum()
        for outcome in (pair.damaged, pair.without)
    )
    more = found.sub(before, fill_value=0)
    damaged = Counter((one.source, one.stream) for one in DAMAGES)
    assert {stream: tuple(row) for stream, *row in more.itertuples() if any(row)} == {
        stream: (number, 0, number, 0) for stream, number in damaged.items()
    }


def test_nothing_else_changes(pair: Pair) -> None:
    """All other tables are the same to the byte as without these records."""
    found, wanted = pair.damaged.export(without=TELLS_OF_THEM), pair.without.export(without=TELLS_OF_THEM)
    assert {name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name)} == set()
    assert len(found) > 20


def test_these_records_would_count_if_they_were_sound(pair: Pair, undisturbed: Outcome) -> None:
    """The world as it was serves other figures: what is taken out is not something that nobody reads."""
    found, sound = pair.damaged.export(), undisturbed.export()
    assert {
        "fct_kpi", "fct_touch", "fct_spend", "fct_mrr", "fct_budget", "fct_payment", "fct_opportunity", "dim_person", "dim_rep",
    } <= {name for name in found if found[name] != sound[name]}  # fmt: skip


def test_the_page_says_how_many_records_are_set_aside(pair: Pair) -> None:
    """The banner counts them and names stream and reason."""
    text = html.unescape(re.sub(r"\s+", " ", (pair.damaged.home / "scorecard.html").read_text()))
    total = len(pair.damaged.table("meta_quarantine"))
    assert f"{total} records came in broken and are in no figure." in text
    assert total > len(DAMAGES)
