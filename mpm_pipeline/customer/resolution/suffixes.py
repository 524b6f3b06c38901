"""What stands behind a name and is no part of it: a generation (`Jr.`, `III`) and degrees (`PhD`, `CPA`), as `name_suffix.csv` lists them.

Father and son are told apart by their generations where both tell one; a degree tells nothing.
"""

from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv

from mpm_pipeline.customer.resolution.customers import Whole
from mpm_pipeline.customer.resolution.settle import HERE


@cache
def _generations() -> dict[str, int]:
    """Return the suffixes and of which generation each is, 0: of none."""
    table = csv.read_csv(HERE / "name_suffix.csv")
    return dict(zip(table["suffix"].to_pylist(), table["generation"].to_pylist(), strict=True))


@cache
def _each() -> str:
    """Return the pattern of one suffix; letters may have dots between them (`Ph.D.`)."""
    return "|".join(r"\.?".join(one) for one in sorted(_generations(), key=len, reverse=True))


def _behind() -> str:
    """Return the pattern of suffixes at a text's end."""
    return rf"(?P<behind>(?:[\s,]+(?:{_each()})\.?)+)[\s,.]*$"


def before_given(names: Any) -> Any:
    """Return full names, those with a suffix between two commas (`Smith, Jr., John`) as `Smith Jr., John`."""
    return pc.replace_substring_regex(names, rf"(?i)^([^,]+),\s*((?:{_each()})\.?)\s*,(.*\S)", r"\1 \2,\3")


def bare(names: Any, words: int = 1) -> tuple[Any, Whole]:
    """Return names without what stands behind them, and the generation that it tells, 0: none; so many words are left in any case."""
    generation = np.zeros(len(names), dtype=np.int8)
    marked = np.flatnonzero(
        pc.fill_null(pc.match_substring_regex(names, f"(?i){_behind()}"), False).to_numpy(zero_copy_only=False)
    )
    if not len(marked):
        return names, generation
    kept = r"\S.*?" if words == 1 else r"\S+[\s,]+\S.*?"
    found = pc.extract_regex(names.take(pa.array(marked)), rf"(?i)^\s*(?P<bare>{kept}){_behind()}")
    is_found = pc.is_valid(found).to_numpy(zero_copy_only=False)
    marked, found = marked[is_found], found.drop_null()
    generation[marked] = [_generation(text) for text in pc.struct_field(found, "behind").to_pylist()]
    mask = np.zeros(len(names), dtype=bool)
    mask[marked] = True
    return pc.replace_with_mask(names, pa.array(mask), pc.struct_field(found, "bare")), generation


def _generation(behind: str) -> int:
    """Return the first generation that a text of suffixes tells."""
    words = behind.lower().replace(".", "").replace(",", " ").split()
    return next((number for number in map(_generations().__getitem__, words) if number), 0)
