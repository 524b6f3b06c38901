"""The lists of given names: spellings and short forms of one name, and names that look alike and are two."""

import pyarrow.csv as csv
import pytest

from mpm_pipeline.customer.resolution import names

SPELT = dict(zip(*(csv.read_csv(names.NICKNAMES)[one].to_pylist() for one in ("short", "given")), strict=True))


def test_no_two_spellings_of_one_name_are_known_as_two_names() -> None:
    """Neither list takes back what the other says, and a name in full is short for none."""
    others = csv.read_csv(names.OTHERS)
    pairs = zip(others["one"].to_pylist(), others["other"].to_pylist(), strict=True)
    assert [pair for pair in pairs if SPELT.get(pair[0], pair[0]) == SPELT.get(pair[1], pair[1])] == []
    assert set(SPELT) & set(SPELT.values()) == set()


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ("omar", "o", True), ("othman", "o", True), ("vladimir", "vlad", True), ("catharine", "c", True),
        ("volodymyr", "vladimir", True), ("omar", "umar", True),
        ("mahmoud", "mohamed", False), ("mahmood", "mhd", False), ("aicha", "asha", False), ("vladimir", "vladislav", False),
    ],
)  # fmt: skip
def test_how_a_name_is_spelt_neither_hides_its_short_form_nor_makes_it_another(
    one: str, other: str, is_one: bool
) -> None:
    """The spelling that stands for all begins as most people write it, and names that sound alike stay two."""
    assert names.may_be_same(SPELT.get(one, one), SPELT.get(other, other)) is is_one
