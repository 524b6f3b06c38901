"""`mpm init` writes settings and file templates that can be used as they are, and overwrites nothing."""

import tomllib
from pathlib import Path

from mpm_pipeline.commands.init import settings_text
from mpm_pipeline.contracts.files import FILES, columns
from mpm_pipeline.settings import Settings, load

UNTOUCHED = 'company = "keep me"\n'


def _with_all_keys(text: str) -> dict[str, dict[str, object]]:
    """Take the leading `# ` of every key away, as the head of the file tells people to do."""
    lines = [line.removeprefix("# ") if " = " in line.split("  # ")[0] else line for line in text.splitlines()]
    body = [line for line in lines if not line.startswith("#") and not line.startswith("for the templates")]
    return tomllib.loads("\n".join(body))


def test_every_setting_stands_there_with_its_default(mpm, root: Path) -> None:
    """Uncommented, the file holds every key of the settings tree, reads without error and changes nothing."""
    assert mpm("init").status == 0
    found = _with_all_keys((root / "mpm.toml").read_text())
    tree = Settings().model_dump()
    assert {section: set(keys) for section, keys in found.items()} == {s: set(keys) for s, keys in tree.items()}
    assert Settings.model_validate(found).model_dump() == tree


def test_the_file_as_written_pins_nothing(mpm, root: Path) -> None:
    """As written every key is a comment, so no default of today stands in the way of a world's or a later version's."""
    mpm("init")
    assert all(not keys for keys in tomllib.loads((root / "mpm.toml").read_text()).values())
    assert load(root, environment={}).origins == {}


def test_secrets_are_empty_and_the_file_is_private(mpm, root: Path) -> None:
    """No secret is written, and only the owner may read the file that may hold some one day."""
    mpm("init")
    text = (root / "mpm.toml").read_text()
    for name in ("client_secret", "api_key", "access_token", "refresh_token"):
        assert f'# {name} = ""' in text
    assert (root / "mpm.toml").stat().st_mode & 0o077 == 0


def test_every_setting_is_described(tmp_path: Path) -> None:
    """Every key carries its description."""
    lines = [line for line in settings_text(tmp_path).splitlines() if " = " in line and not line.startswith("# for")]
    keys = [line for line in lines if "  # " in line and line.split("  # ")[1].strip()]
    assert len(keys) == sum(len(section) for section in Settings().model_dump().values())


def test_every_file_has_a_template_with_its_columns(mpm, root: Path) -> None:
    """Each file of plans, money, people and service has a template whose header is the contract's columns, in order."""
    mpm("init")
    for name, contract in FILES.items():
        header = (root / "files" / f"{name}.csv").read_text()
        assert header == ",".join(column.name for column in columns(contract)) + "\n"


def test_the_readme_marks_required_columns(mpm, root: Path) -> None:
    """The page beside the templates marks required columns by a star, and only these."""
    mpm("init")
    lines = (root / "files" / "README.txt").read_text().splitlines()
    marked = [line.split()[1] for line in lines if line.startswith("  * ")]
    wanted = [column.name for contract in FILES.values() for column in columns(contract) if column.is_required]
    assert marked == wanted


def test_nothing_is_ever_overwritten(mpm, root: Path) -> None:
    """A second run keeps every file as it is and says so."""
    root.mkdir()
    (root / "mpm.toml").write_text(UNTOUCHED)
    first = mpm("init", "--json").document
    assert (root / "mpm.toml").read_text() == UNTOUCHED
    assert first["kept"] == [str(root / "mpm.toml")]
    second = mpm("init", "--json").document
    assert second["written"] == []
    assert len(second["kept"]) == len(FILES) + 2


def test_a_place_that_is_taken_is_named(mpm, root: Path) -> None:
    """A file where a folder must be made is a clear error with status 2."""
    root.mkdir()
    (root / "files").write_text("in the way")
    told = mpm("init")
    assert told.status == 2
    assert str(root / "files") in told.err
