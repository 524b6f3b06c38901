"""The generator repeats itself to the byte, grows with its size, and refuses what it cannot do."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mpm_pipeline.errors import ConfigError
from mpm_pipeline.simulator.generator import generate
from mpm_pipeline.simulator.generator.ids import checksum

CALL = "import pathlib, sys; from mpm_pipeline.simulator.generator import generate; "
CALL += "generate(pathlib.Path(sys.argv[1]), accounts=40, days=30, seed=int(sys.argv[2]))"


def digest(folder: Path) -> dict[str, str]:
    """Return a hash of every file of a folder."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def made_elsewhere(folder: Path, hash_seed: str, seed: int) -> dict[str, str]:
    """Generate a small world in another process."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": "Asia/Tokyo" if hash_seed == "2" else "UTC"}
    subprocess.run([sys.executable, "-c", CALL, str(folder), str(seed)], check=True, env=environment, timeout=60)
    return digest(folder)


def test_same_seed_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    """Two processes with other hash seeds and time zones write the same files; another seed writes others."""
    first, second = made_elsewhere(tmp_path / "a", "1", 7), made_elsewhere(tmp_path / "b", "2", 7)
    assert first == second
    generate(tmp_path / "c", accounts=40, days=30, seed=8)
    assert digest(tmp_path / "c")["salesforce/Lead.jsonl"] != first["salesforce/Lead.jsonl"]


def test_sizes_grow_with_the_accounts_and_the_days(tmp_path: Path) -> None:
    """Twice the accounts give about twice the records of people, leads and money; fewer days fewer activities."""
    small = generate(tmp_path / "small", accounts=60, days=40)
    large = generate(tmp_path / "large", accounts=120, days=40)
    short = generate(tmp_path / "short", accounts=120, days=10)
    for name in (
        "salesforce/Account",
        "salesforce/Contact",
        "salesforce/Lead",
        "stripe/invoices",
        "marketo/activities",
    ):
        assert 1.4 < large[name] / small[name] < 2.8, name
    assert short["salesforce/Lead"] < 0.6 * large["salesforce/Lead"]


@pytest.mark.parametrize(("accounts", "days"), [(1, 1), (2, 180), (8, 3)])
def test_the_smallest_worlds_come_out_too(tmp_path: Path, accounts: int, days: int) -> None:
    """A world of a single account or a single day is written without a stumble."""
    assert generate(tmp_path / "world", accounts=accounts, days=days)["salesforce/Account"] >= accounts
    assert (tmp_path / "world" / "world.toml").is_file()


def test_a_number_out_of_range_is_named(tmp_path: Path) -> None:
    """The message names the option that is wrong, and nothing is written."""
    for accounts, days, option in ((0, 30, "--accounts"), (5, 0, "--days"), (5, 9999, "--days")):
        with pytest.raises(ConfigError, match=option):
            generate(tmp_path / "world", accounts=accounts, days=days)
    assert not (tmp_path / "world").exists()


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    """Nothing that is there already is touched."""
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(ConfigError, match="not empty"):
        generate(tmp_path, accounts=5, days=2)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_progress_is_told(tmp_path: Path) -> None:
    """Whoever waits hears what is being made."""
    told: list[str] = []
    generate(tmp_path / "world", accounts=3, days=2, progress=told.append)
    assert told[-1] == "writing"
    assert len(told) > 2


def test_checksum_of_a_crm_id_by_hand() -> None:
    """Bits of the capitals of each five characters, first one lowest: 001D0 -> 8, 00000 -> 0, IqhSL -> 1+8+16 = 25."""
    assert checksum("001D000000IqhSL") == "IAZ"
