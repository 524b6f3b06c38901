"""The charts' script is bundled once per user; a cache that is damaged, foreign or shut costs time and nothing else."""

from pathlib import Path

import pytest

from mpm_pipeline.scorecard import bundle
from mpm_pipeline.scorecard.bundle import file, javascript

SCRIPT = "const a = '\u00e4';\n// two lines"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A cache folder of its own, and every bundling noted."""
    calls: list[str] = []
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(bundle, "_bundled", lambda: (calls.append("made"), SCRIPT)[1])
    return calls


def ask() -> str:
    """Ask as a process that has just begun."""
    javascript.cache_clear()
    try:
        return javascript()
    finally:
        javascript.cache_clear()


def test_it_is_made_once(made: list[str]) -> None:
    """The second process reads what the first one kept."""
    assert [ask(), ask()] == [SCRIPT, SCRIPT]
    assert made == ["made"]
    assert [one.name for one in file().parent.iterdir()] == [file().name]


@pytest.mark.parametrize("damage", [b"", b"x", b"abc\nconst b = 1;", None])
def test_what_was_damaged_is_made_anew(made: list[str], damage: bytes | None) -> None:
    """Empty, cut, another's hash, or one byte less than was written."""
    ask()
    file().write_bytes(file().read_bytes()[:-1] if damage is None else damage)
    assert [ask(), ask()] == [SCRIPT, SCRIPT]
    assert len(made) == 2


def test_no_cache_is_no_trouble(made: list[str], tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "cache").write_text("")
    assert [ask(), ask()] == [SCRIPT, SCRIPT]
    assert len(made) == 2
