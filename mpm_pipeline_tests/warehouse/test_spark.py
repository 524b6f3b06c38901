"""Our SQL in Spark's dialect, without Spark: what is called otherwise there, and what counts otherwise."""

import sys

import pytest

from mpm_pipeline.errors import ConfigError
from mpm_pipeline.warehouse import spark

SAID = {
    "jaro_winkler_similarity(a, b) >= 0.9": "JARO_WINKLER(a, b) >= 0.9",
    "len(list_intersect(a, b)) >= 2": "SIZE(ARRAY_INTERSECT(a, b)) >= 2",
    "length(word) > 3": "LENGTH(word) > 3",
    "regexp_extract(street, '^\\d+')": "REGEXP_EXTRACT(street, '^\\\\d+', 0)",
    'SELECT "row" FROM t': "SELECT `row` FROM t",
    "len(a)": "SIZE(a)",
}


@pytest.mark.parametrize("ours", SAID)
def test_what_is_called_otherwise_there(ours: str) -> None:
    """Lists have a size, texts a length; a match without a group is the whole match."""
    assert spark.translated(ours).replace("size", "SIZE").replace("jaro_winkler", "JARO_WINKLER").replace("array_intersect", "ARRAY_INTERSECT") == SAID[ours]  # fmt: skip


def test_without_the_package_one_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback of an import: the extra's name and that it needs Java."""
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(ConfigError, match=r"mpm-pipeline\[spark\], which needs Java"), spark.local():
        pass
