"""`mpm quarantine`: counts by reason without personal data; one row as it came only when it is asked for."""

import pytest

from mpm_pipeline_tests.commands.landed_home import HEADCOUNT, file_of, landed_home

BAD = "e2,ann@example.com,pilot,sdr,1,2026-01-01\n"
ROWS = f"e1,,sales,sdr,1,2026-01-01\n{BAD}e3,,sales,sdr,much,2026-01-01\n"


@pytest.fixture
def home(root, tmp_path):
    """Three employments, one with an unknown function and one with an unreadable share."""
    file_of(tmp_path / "files", "hr/headcount", HEADCOUNT + ROWS)
    landed_home(root, tmp_path / "files")
    return root


def test_refused_rows_are_counted_by_reason(mpm, home) -> None:
    """One row under bad_value and one under bad_type, with their places in the raw log."""
    found = mpm("quarantine", "list", "--json").document
    assert [(one["stream"], one["reason_code"], one["rows"]) for one in found["counts"]] == [
        ("headcount", "bad_type", 1),
        ("headcount", "bad_value", 1),
    ]
    assert {row["row_no"] for row in found["rows"]} == {1, 2}


def test_the_list_can_be_narrowed(mpm, home) -> None:
    """--reason, --source and --stream each leave only what fits."""
    assert len(mpm("quarantine", "list", "--reason", "bad_type", "--json").document["rows"]) == 1
    assert mpm("quarantine", "list", "--source", "finance").out.strip() == "nothing is refused"


def test_personal_data_is_shown_only_on_request(mpm, home) -> None:
    """The address in the bad row is in no list, in words or JSON; `show` prints the row as it came."""
    listed = mpm("quarantine", "list", "--json")
    assert "ann@example.com" not in listed.out + mpm("quarantine", "list").out
    row = next(row for row in listed.document["rows"] if row["reason_code"] == "bad_value")
    shown = mpm("quarantine", "show", row["batch"], str(row["row_no"]), "--json").document
    assert '"ann@example.com"' in shown["payload"]
    assert shown["reasons"] == [row["reason_text"]]
    assert "ann@example.com" in mpm("quarantine", "show", row["batch"], str(row["row_no"])).out


@pytest.mark.parametrize("batch", ["../../etc/passwd", "hr/headcount/none.parquet", "/etc/passwd"])
def test_only_files_of_the_raw_log_are_read(mpm, home, batch: str) -> None:
    """A name that the ledger does not know is refused, wherever it leads."""
    told = mpm("quarantine", "show", batch, "0")
    assert told.status == 2
    assert "is no file of the raw log" in told.err


def test_an_unknown_row_is_named(mpm, home) -> None:
    """A row number beyond the file ends with 2 and says which rows there are."""
    batch = mpm("quarantine", "list", "--json").document["rows"][0]["batch"]
    told = mpm("quarantine", "show", batch, "99")
    assert told.status == 2
    assert "rows 0 to 2" in told.err
