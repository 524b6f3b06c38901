"""How likely two records agree by chance where few are at hand: as if they were some of 500 of whom the others are unseen.

Chance is counted in the records themselves. Of ten people it tells nothing: the two records of one person are a tenth of all
surnames there. So up to 500 records the counts stand beside what is usual (`u_probability` in `model.json`), the less the more
records there are; what few bear is as rare as it would be among 500. Larger sets of records are counted alone, and so is what a
crowd bears: an office's address, a date that a form fills in.
"""

from pathlib import Path
from typing import Any

import pyarrow as pa

TERM = Path(__file__).with_name("term.sql")
UNSEEN = 500
"""Records from which on they are counted alone."""

Usual = dict[tuple[str, str], float]
"""How often a level of a comparison is met by chance, by the names of both."""


def usual(settings: dict[str, Any]) -> Usual:
    """Take out of our model how often each level is met by chance."""
    return {
        (one["output_column_name"], level["label_for_charts"]): level.pop("u_probability")
        for one in settings["comparisons"]
        for level in one["comparison_levels"]
        if "u_probability" in level
    }


def eased(settings: dict[str, Any], usually: Usual, count: int, pairs: float) -> dict[str, Any]:
    """Return a trained model's document with what was counted in `pairs` of `count` records beside what is usual.

    Every second record may have one other of the same person, whose pair agrees as matches do (m); what is met no oftener is as rare as usual.
    """
    for one in settings["comparisons"]:
        for level in one["comparison_levels"]:
            share = usually.get((one["output_column_name"], level["label_for_charts"]))
            if share is not None:
                of_one = (1 + level["m_probability"] * count / 4) * max(1 - count / UNSEEN, 0)
                met = max((level.get("u_probability") or 0.0) * pairs - of_one, 0.0)
                level["u_probability"] = max(met / pairs, 1 / (pairs + 1 / share))
    return settings


def terms(connection: Any, settings: dict[str, Any], count: int) -> dict[str, pa.Table]:
    """Return of each field that is weighed by how common its values are the share of each value (`term.sql`)."""
    weighed = {
        level["tf_adjustment_column"]
        for one in settings["comparisons"]
        for level in one["comparison_levels"]
        if level.get("tf_adjustment_column")
    }
    sql = TERM.read_text().replace("$count", str(count)).replace("$unseen", str(UNSEEN))
    return {name: connection.sql(sql.replace("$field", name)).to_arrow_table() for name in sorted(weighed)}


def tell(linker: Any, api: Any, found: dict[str, pa.Table]) -> None:
    """Let a linker go by these shares."""
    for name, rows in found.items():
        linker.table_management.register_term_frequency_lookup(api.register(rows.to_pandas()), name)
