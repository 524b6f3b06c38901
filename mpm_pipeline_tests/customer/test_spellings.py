"""The lists of given names: spellings and short forms of one name, and names that look alike and are two."""

import pyarrow.csv as csv

from mpm_pipeline.customer.resolution import names


def test_no_two_spellings_of_one_name_are_known_as_two_names() -> None:
    """Neither list takes back what the other says, and a name in full is short for none."""
    spelt = dict(zip(*(csv.read_csv(names.NICKNAMES)[one].to_pylist() for one in ("short", "given")), strict=True))
    others = csv.read_csv(names.OTHERS)
    pairs = zip(others["one"].to_pylist(), others["other"].to_pylist(), strict=True)
    assert [pair for pair in pairs if spelt.get(pair[0], pair[0]) == spelt.get(pair[1], pair[1])] == []
    assert set(spelt) & set(spelt.values()) == set()
