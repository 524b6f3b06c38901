"""What keeps a deleted record from a living customer with which it shares a key: names that cannot be one, or a person's no.

Resolution compares the living; this asks its questions of the few records that are deleted and have nobody left who bore their id.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa

from mpm_pipeline.customer.components import Numbers
from mpm_pipeline.customer.resolution.names import Face, can_be_one

NAME = ["source", "object", "record_id"]


@dataclass(frozen=True)
class Apart:
    """The names that records bear and the pairs that somebody said are two, by own ids."""

    faces: Mapping[str, Face]
    no: frozenset[frozenset[str]]

    @classmethod
    def read(cls, tables: Mapping[str, pa.Table]) -> Self:
        """Read `customer.person_record` and `run.identity_decision`."""
        people = (
            tables["customer.person_record"]
            .select([*NAME, "own_id", "first_name", "last_name", "full_name"])
            .to_pandas()
        )
        words = people["full_name"].fillna("").str.lower().str.split()
        given = people["first_name"].str.lower().str.strip().fillna(words.str[0]).fillna("")
        family = people["last_name"].str.lower().str.strip().fillna(words.str[-1]).fillna("")
        faces = {own: Face(one, other, "") for own, one, other in zip(people["own_id"], given, family, strict=True)}
        return cls(faces, _said(tables["run.identity_decision"].to_pandas(), people))

    def of(self, own_ids: Any, rows: Numbers, homes: Numbers, label: Numbers, lives: Any) -> np.ndarray:
        """Say of each deleted record (`rows`) whether something keeps it from the customer with the label in `homes`."""
        wanted = set(homes.tolist())
        mates: dict[int, list[str]] = defaultdict(list)
        for place in np.flatnonzero(lives & np.isin(label, list(wanted))).tolist():
            mates[int(label[place])].append(own_ids[place])
        pairs = zip(rows.tolist(), homes.tolist(), strict=True)
        return np.array(
            [any(self._are_two(own_ids[row], mate) for mate in mates[home]) for row, home in pairs], dtype=bool
        )

    def _are_two(self, one: str, other: str) -> bool:
        faces = self.faces.get(one), self.faces.get(other)
        differ = faces[0] is not None and faces[1] is not None and not can_be_one(faces[0], faces[1])
        return differ or frozenset((one, other)) in self.no


def _said(decided: pd.DataFrame, people: pd.DataFrame) -> frozenset[frozenset[str]]:
    """Return the pairs of own ids on which the newest decision is no."""
    own = people.set_index(NAME)["own_id"]
    newest: dict[frozenset[str], str] = {}
    for row in decided.itertuples():
        names = (row.source, row.object, row.record_id), (row.other_source, row.other_object, row.other_record_id)
        if all(name in own.index for name in names):
            newest[frozenset(own[name] for name in names)] = row.decision
    return frozenset(pair for pair, decision in newest.items() if decision == "no")
