"""The customers of one kind that a run tells: their ids in order, and the records of each, the oldest first.

Whole numbers stand for ids and records here: they are sorted, counted and compared in a fraction of the time that texts take.
"""

from dataclasses import dataclass
from typing import Any, Final, Self, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mpm_pipeline.customer.components import Numbers


@dataclass(frozen=True)
class Customers:
    """`row` and `number` (a place in `ids`) of each member, by number and row; `start`: where the members of each customer begin."""

    kind: str
    ids: Any
    row: Numbers
    number: Numbers
    start: Numbers

    @classmethod
    def of(cls, kind: str, row: Numbers, id_: Any) -> Self:
        """Sort records by the id that each bears."""
        number, ids = ranked(id_)
        by = np.lexsort((row, number))
        number = number[by]
        return cls(kind, ids, row[by], number, np.searchsorted(number, np.arange(len(ids))))

    @property
    def size(self) -> Numbers:
        """How many records each customer has."""
        return np.diff(np.append(self.start, len(self.row)))

    def of_rows(self, count: int) -> Numbers:
        """Return the number of the customer of each of `count` records, -1 where none is told."""
        found = np.full(count, -1, dtype=np.int64)
        found[self.row] = self.number
        return found


Whole: TypeAlias = NDArray[np.integer[Any]]
"""Whole numbers of any width: a million records leave little room."""
Coded: TypeAlias = tuple[Whole, Any]
"""A text column as places in its distinct values, -1 for null, and these."""


def coded(column: Any) -> Coded:
    """Return a text column as places in its distinct values, -1 for null, and these."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    found = pc.dictionary_encode(whole)
    return pc.fill_null(found.indices, -1).to_numpy(zero_copy_only=False), found.dictionary


def ranked(column: Any) -> tuple[Numbers, Any]:
    """Return a text column as places in its distinct values, which come in order, -1 for null, and these."""
    code, names = coded(column)
    order = np.asarray(pc.sort_indices(names), dtype=np.int64)
    rank = np.full(len(order) + 1, -1, dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[code], names.take(pa.array(order))


ALL: Final = slice(None)


def packed(coded_column: Coded, rows: Whole | slice) -> Any:
    """Return the texts of some rows as places in the distinct ones."""
    code, names = coded_column
    code = code[rows]
    return pa.DictionaryArray.from_arrays(pa.array(code.astype(np.int32), mask=code < 0), names)


def same(text: str, count: int) -> Any:
    """Return one text so many times, as places."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, dtype=np.int32)), pa.array([text]))


def places(codes: Whole) -> Any:
    """Return codes as places to take from, null for -1."""
    return pa.array(codes, mask=codes < 0)


def starts(*sorted_values: Whole) -> Numbers:
    """Return where runs of equal values begin in columns that are sorted together."""
    count = len(sorted_values[0])
    if not count:
        return np.empty(0, dtype=np.int64)
    fresh = np.zeros(count, dtype=bool)
    fresh[0] = True
    for values in sorted_values:
        fresh[1:] |= values[1:] != values[:-1]
    return np.flatnonzero(fresh)
