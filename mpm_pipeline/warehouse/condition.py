"""In what condition a home folder is: whether the ledger can be read, whether raw files and ledger agree, what was left half-written.

Only looks, never mends: a run adopts and rebuilds what it can by itself, and says what it cannot.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import MEND
from mpm_pipeline.warehouse.ledger_tables import BATCH, RUN


@dataclass(frozen=True)
class Fact:
    """One thing about a home: `state` is fine, warning (a run mends it) or refused (a person must)."""

    name: str
    state: str
    text: str


def condition(home: Home) -> Iterator[Fact]:
    """Yield what stands where in a home, and what is wrong with it."""
    yield _identity(home)
    if not home.ledger.is_file():
        yield Fact("ledger.sqlite", "fine", "no run yet")
        return
    try:
        names, newest = _ledger(home)
    except sa.exc.DBAPIError as error:
        yield Fact("ledger.sqlite", "refused", f"cannot be read ({type(error.orig).__name__}); {MEND}")
        return
    yield Fact("ledger.sqlite", "fine", f"{len(names):,} files of the raw log, newest run as of {newest or 'never'}")
    yield from _raw(home, names)
    yield _tables(home)


def _identity(home: Home) -> Fact:
    file = home.root / "home_id"
    if file.is_file() and file.read_text(errors="replace").strip():
        return Fact("home_id", "fine", "the home knows its own id")
    return Fact(
        "home_id", "warning", "missing or empty; the next run puts it back from the ledger, or makes one for a new home"
    )


def _ledger(home: Home) -> tuple[set[str], str | None]:
    engine = sa.create_engine(f"sqlite:///file:{home.ledger}?mode=ro&uri=true")
    try:
        with engine.connect() as connection:
            if not sa.inspect(connection).has_table(BATCH.name):
                return set(), None
            names = set(connection.execute(sa.select(BATCH.c.batch)).scalars())
            return names, connection.execute(sa.select(sa.func.max(RUN.c.as_of))).scalar()
    finally:
        engine.dispose()


def _raw(home: Home, names: set[str]) -> Iterator[Fact]:
    present = {str(file.relative_to(home.raw)) for file in home.raw.glob("*/*/*.parquet")}
    leftovers = sum(1 for _ in home.raw.glob("*/*/*.tmp"))
    lost, unknown = sorted(names - present), sorted(present - names)
    if lost:
        yield Fact(
            "raw",
            "refused",
            f"{len(lost)} files that the ledger knows are gone, first {lost[0]}; put them back from a backup",
        )
    if unknown:
        yield Fact("raw", "warning", f"{len(unknown)} files have no row in the ledger; the next run enters them")
    if leftovers:
        yield Fact(
            "raw", "warning", f"{leftovers} files were left half-written by a run that was killed; they are never read"
        )
    if not (lost or unknown or leftovers):
        yield Fact("raw", "fine", f"{len(present):,} files, all of them in the ledger")


def _tables(home: Home) -> Fact:
    folders = [file.parent for file in home.tables.glob("**/*.parquet")]
    half = sorted({str(folder.relative_to(home.tables)) for folder in folders if not (folder / "_delta_log").is_dir()})
    if half:
        return Fact(
            "tables",
            "warning",
            f"{len(half)} tables were left half-written, first {half[0]}; the next run makes them anew",
        )
    count = sum(1 for _ in home.tables.glob("**/_delta_log"))
    return Fact("tables", "fine", f"{count} tables")
