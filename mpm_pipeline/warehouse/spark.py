"""Opens Spark and says our SQL in its dialect: an engine for what outgrows one machine. It comes with the extra `spark` alone.

DuckDB is the dialect in which everything is written; here it is translated, never written a second time.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import sqlglot
from sqlglot import exp

from mpm_pipeline.errors import ConfigError

NAMES = {
    "jaro_winkler_similarity": "jaro_winkler",
    "jarowinkler_similarity": "jaro_winkler",
    "list_intersect": "array_intersect",
    "len_of_list": "size",
}
"""Functions that are called otherwise there."""
LEN = re.compile(r"\blen\(")
"""Of lists alone, of texts we say `length`; the parser would not tell them apart."""
BARE = {"spark.ui.enabled": "false", "spark.sql.session.timeZone": "UTC", "spark.ui.showConsoleProgress": "false"}
LOCAL = BARE | {
    "spark.master": "local[2]",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
}
"""For one small machine: compiling every statement, and planning it anew as it runs, takes longer than the rows do."""


@contextmanager
def local() -> Iterator[Any]:
    """Yield a Spark session on this machine's loopback address, with the functions that likeness needs, and stop it."""
    builder = _sql().SparkSession.builder.appName("mpm_pipeline")
    for name, value in LOCAL.items():
        builder = builder.config(name, value)
    from splink.backends.spark import similarity_jar_location

    session = builder.config("spark.jars", similarity_jar_location()).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    try:
        yield session
    finally:
        session.stop()


def put(session: Any, name: str, table: pa.Table) -> None:
    """Make an Arrow table visible under a name."""
    session.createDataFrame(table).createOrReplaceTempView(name)


def run(session: Any, name: str, sql: str) -> Any:
    """Run a statement of ours, keep what it finds under a name and return it; what it was made from is not asked again."""
    found = session.sql(translated(sql)).localCheckpoint()
    found.createOrReplaceTempView(name)
    return found


def translated(sql: str) -> str:
    """Say a statement or an expression of DuckDB in Spark's dialect."""
    tree = exp.Paren(this=sqlglot.parse_one(LEN.sub("len_of_list(", sql), read="duckdb"))
    for node in [*tree.find_all(exp.Func)][::-1]:
        name = NAMES.get((node.name if isinstance(node, exp.Anonymous) else node.sql_name()).lower())
        if name:
            node.replace(exp.Anonymous(this=name, expressions=list(node.iter_expressions())))
    return str(tree.this.sql(dialect="spark"))


def _sql() -> Any:
    try:
        from pyspark import sql
    except ImportError as error:
        raise ConfigError("pyspark is not installed; install mpm-pipeline[spark], which needs Java 17 or 21") from error
    return sql
