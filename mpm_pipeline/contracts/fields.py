"""What a contract declares, read from its class: Pandera takes some hundredths of a second to make a schema of each.

Fields are Pandera's own (name, nullable, checks, metadata); a contract that holds anything else, such as a check written as a
method, is not read here but by Pandera. A test holds both ways of reading against each other, for every contract there is.
"""

from collections.abc import Mapping
from functools import cache
from inspect import get_annotations
from typing import Any

import pandera.pandas as pa
from pandera.api.dataframe.model_components import FieldInfo


@cache
def fields(contract: type[pa.DataFrameModel]) -> Mapping[str, Any]:
    """Return the fields of a contract by name, in the order of its columns."""
    if not is_plain(contract):
        return contract.to_schema().columns
    return {name: next(vars(base)[name] for base in _bases(contract) if name in vars(base)) for name in kinds(contract)}


@cache
def kinds(contract: type[pa.DataFrameModel]) -> Mapping[str, Any]:
    """Return how each column is annotated, in the order of the columns: those of a base first."""
    found: dict[str, Any] = {}
    for base in reversed(_bases(contract)):
        found |= get_annotations(base)
    return found


@cache
def is_plain(contract: type[pa.DataFrameModel]) -> bool:
    """Say whether fields and Config are all that a contract and its bases hold, each field under its own name."""
    return all(
        name in get_annotations(base) and isinstance(value, FieldInfo) and value.name == name
        for base in _bases(contract)
        for name, value in vars(base).items()
        if not name.startswith("__") and name != "Config"
    )


def _bases(contract: type[pa.DataFrameModel]) -> list[type]:
    """Return the contract and what it is built on, without Pandera's own."""
    return [base for base in contract.__mro__ if issubclass(base, pa.DataFrameModel) and base is not pa.DataFrameModel]
