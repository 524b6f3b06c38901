"""Gives the engine `registrable_domain(website)`: the part of a web address that somebody registered, by the public suffix list.

A function and no table, because what a website says is free text: with or without scheme, path, port or capitals.
"""

import re
from functools import cache
from typing import Final

import duckdb
from duckdb.func import FunctionNullHandling
from publicsuffixlist import PublicSuffixList

HOST: Final = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?(?://)?(?:[^/@\s]*@)?(?P<host>[^/?#:\s]+)")


@cache
def suffixes() -> PublicSuffixList:
    """Return the public suffix list that comes with its package; reading it takes longer than asking it thousands of times."""
    return PublicSuffixList()


def registrable_domain(website: str | None) -> str | None:
    """Return the registrable domain in lower case; None when the text holds none."""
    match = HOST.match((website or "").strip().lower())
    host = match["host"].strip(".") if match else ""
    if "." not in host or host.replace(".", "").isdigit() or host.startswith("["):
        return None
    found = suffixes().privatesuffix(host)
    return str(found) if found else None


def define(connection: duckdb.DuckDBPyConnection) -> None:
    """Define the function in a fresh connection (the engine does)."""
    connection.create_function(
        "registrable_domain", registrable_domain, ["varchar"], "varchar", null_handling=FunctionNullHandling.SPECIAL
    )
