"""The likeness of two texts is one number, whichever engine is asked."""

import json
import random

import pyarrow as pa

from mpm_pipeline.customer.resolution.on_spark import jaro_winkler_of
from mpm_pipeline.customer.resolution.similar import MODEL
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


def test_telephones_one_slip_apart_are_found_by_their_ends() -> None:
    """Ten thousand telephones of 7 to 10 digits, each with one slip: what the model asks first never passes over a pair one slip apart."""
    dice = random.Random(2)
    one = ["".join(dice.choices("0123", k=dice.randrange(7, 11))) for _ in range(10_000)]
    pair = pa.table({"phone_key_l": one, "phone_key_r": [_slip(text, dice) for text in one]})
    levels = next(each for each in json.loads(MODEL.read_text())["comparisons"] if each["output_column_name"] == "phone_key")["comparison_levels"]  # fmt: skip
    asked = next(level["sql_condition"] for level in levels if "damerau" in level["sql_condition"])
    near = "damerau_levenshtein(phone_key_l, phone_key_r) <= 1"
    assert near in asked
    with engine.connect() as connection:
        connection.register("pair", pair)
        found = connection.table("pair")
        slips, passed = len(found.filter(near)), len(found.filter(asked))
    assert slips == passed > 9_000


def _slip(text: str, dice: random.Random) -> str:
    """Change, leave out, put in or swap one letter at any place."""
    place, letter = dice.randrange(len(text)), dice.choice("0123")
    ends = text[:place], text[place + 1 :]
    swapped = text[:place] + text[place : place + 2][::-1] + text[place + 2 :]
    return dice.choice([letter.join(ends), "".join(ends), ends[0] + letter + text[place:], swapped])
