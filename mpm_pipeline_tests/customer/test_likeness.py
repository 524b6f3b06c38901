"""The likeness of two texts is one number, whichever engine is asked."""

import random

import pyarrow as pa

from mpm_pipeline.customer.resolution.on_spark import jaro_winkler_of
from mpm_pipeline.warehouse import engine


def test_what_spark_is_taught_is_what_the_engine_finds() -> None:
    """Two thousand pairs of texts of Latin, accented and Indian letters; null is like nothing."""
    dice = random.Random(1)
    one, other = (
        ["".join(dice.choice("abcé सn ") for _ in range(dice.randrange(1, 24))) for _ in range(2_000)] for _ in "12"
    )
    with engine.connect() as connection:
        connection.register("pair", pa.table({"one": one, "other": other}))
        found = engine.fetch(connection, "SELECT jaro_winkler_similarity(one, other) AS bits FROM pair")["bits"]
    ours = [jaro_winkler_of(*pair) for pair in zip(one, other, strict=True)]
    assert max(abs(left - right) for left, right in zip(found.to_pylist(), ours, strict=True)) < 1e-12
    assert jaro_winkler_of(None, "a") is None
