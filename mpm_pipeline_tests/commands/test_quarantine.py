"""`mpm quarantine`: counts by reason without personal data; one row as it came only when it is asked for."""

import pytest

from mpm_pipeline.orchestration.session import Session
from mpm_pipeline.orchestration.stages import fetch_days
from mpm_pipeline_tests.commands.landed_home import DAY, HEADCOUNT, file_of, landed_home

BAD = "e2,ann@example.com,pilot,sdr,1,2026-01-01\n"
ROWS = f"e1,,sales,sdr,1,2026-01-01\n{BAD}e3,,sales,sdr,much,2026-01-01\n"


def staged_keys(root) -> set[str]:
    """Return the employments that are staged."""
    with Session.open(root) as session:
        return set(session.latest().read("staged.employment")["employment_id"].to_pylist())


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
    """The address in the bad row is in no list and in no `show`, in words or JSON; `show --raw` prints the row as it came."""
    listed = mpm("quarantine", "list", "--json")
    row = next(row for row in listed.document["rows"] if row["reason_code"] == "bad_value")
    place = (row["batch"], str(row["row_no"]))
    plain = mpm("quarantine", "show", *place, "--json")
    told = listed.out + mpm("quarantine", "list").out + plain.out + mpm("quarantine", "show", *place).out
    assert "ann@example.com" not in told
    assert plain.document["reasons"] == [row["reason_text"]] and plain.document["reason_codes"] == ["bad_value"]
    assert '"ann@example.com"' in mpm("quarantine", "show", *place, "--raw", "--json").document["payload"]
    assert "ann@example.com" in mpm("quarantine", "show", *place, "--raw").out


def test_the_list_names_key_and_age_and_withholds_addresses(mpm, root, tmp_path) -> None:
    """A key is named, one that is an address is withheld; the age counts days from landing to the newest as-of."""
    file_of(tmp_path / "files", "hr/headcount", HEADCOUNT + ROWS)
    file_of(tmp_path / "files", "hr/reps", "email,start_on,capacity_per_week\nbob@example.com,2026-01-01,-1\n")
    landed_home(root, tmp_path / "files")
    rows = mpm("quarantine", "list", "--json").document["rows"]
    assert {(row["stream"], row["key"], row["age_days"]) for row in rows} == {
        ("headcount", "e2", 0), ("headcount", "e3", 0), ("reps", "(withheld)", 0),
    }  # fmt: skip


def test_a_row_that_is_still_broken_stays(mpm, home) -> None:
    """Nothing is released while the contract refuses it: exit 4 with words, and the list is as it was."""
    before = mpm("quarantine", "list", "--json").document
    told = mpm("quarantine", "release", "--source", "hr", "--no-publish")
    assert told.status == 4 and "2 rows still break their contract" in told.err and "ann@example.com" not in told.err
    assert mpm("quarantine", "list", "--json").document == before


def test_a_row_is_released_when_its_contract_is_mended(mpm, root, tmp_path, monkeypatch) -> None:
    """Staged again from the raw log without a new fetch, it is served, and who released it is remembered."""
    file_of(tmp_path / "files", "hr/headcount", HEADCOUNT + "employment-1,,sales,sdr,1,2026-01-01\n")
    with monkeypatch.context() as strict:
        strict.setattr("mpm_pipeline.warehouse.judge.LARGEST_TEXT", 8)
        landed_home(root, tmp_path / "files")
        assert staged_keys(root) == set()
    (row,) = mpm("quarantine", "list", "--json").document["rows"]
    told = mpm("quarantine", "release", row["batch"], "0", "--by", "ann", "--no-publish", "--json")
    assert told.status == 0 and [one["cause"] for one in told.document["released"]] == ["the contract takes it now"]
    assert staged_keys(root) == {"employment-1"}
    assert mpm("quarantine", "list", "--json").document["rows"] == []
    (kept,) = mpm("quarantine", "list", "--all", "--json").document["rows"]
    assert kept["resolved_by"] == "ann" and kept["resolved_at"].startswith("2026-03-31")
    assert "by ann: the contract takes it now" in mpm("quarantine", "show", row["batch"], "0").out
    assert mpm("quarantine", "release", row["batch"], "0", "--no-publish").status == 2


def test_an_exception_sets_a_broken_row_aside(mpm, home, tmp_path) -> None:
    """Registered in standards/exceptions and not expired, it resolves the row; the row is served by nothing; others stay."""
    header = "exception_id,rule,scope,business_case,owner,expires_on\n"
    expired = "x1,bad_type,*,old,Ann,2026-03-30\n"
    file_of(
        tmp_path / "files", "standards/exceptions", f"{header}{expired}x2,bad_value,hr/headcount,pilot,Ann,2027-01-01\n"
    )
    landed_home(home, tmp_path / "files", "again")
    told = mpm("quarantine", "release", "--source", "hr", "--no-publish", "--json").document
    assert [(row["reason_code"], row["cause"]) for row in told["released"]] == [("bad_value", "exception x2")]
    assert [row["reason_code"] for row in told["stays"]] == ["bad_type"]
    assert staged_keys(home) == {"e1"}
    assert [row["reason_code"] for row in mpm("quarantine", "list", "--json").document["rows"]] == ["bad_type"]


def test_a_row_with_a_newer_version_is_released(mpm, home, tmp_path) -> None:
    """Once the mended file has landed, its old row is let out though no run has staged it yet."""
    file_of(tmp_path / "files", "hr/headcount", HEADCOUNT + ROWS.replace("pilot", "other").replace("much", "1"))
    with Session.open(home) as session:
        fetch_days(session, "files", DAY, DAY, "again")
    told = mpm("quarantine", "release", "--source", "hr", "--no-publish", "--json").document
    assert {row["cause"] for row in told["released"]} == {"a newer version of the record is served"}
    assert staged_keys(home) == {"e1", "e2", "e3"}


@pytest.mark.parametrize("arguments", [(), ("hr/headcount/none.parquet",), ("--source", "finance"), ("none", "7")])
def test_a_release_must_name_rows(mpm, home, arguments) -> None:
    """Without rows, or with rows that are not in quarantine, nothing is done and the exit status is 2."""
    assert mpm("quarantine", "release", *arguments).status == 2


def test_a_payload_is_no_command_to_a_terminal(mpm, root, tmp_path) -> None:
    """Escape characters of a payload are spelt out."""
    file_of(tmp_path / "files", "hr/headcount", HEADCOUNT + "e1,\u009b2J,sales,sdr,much,2026-01-01\n")
    landed_home(root, tmp_path / "files")
    (row,) = mpm("quarantine", "list", "--json").document["rows"]
    shown = mpm("quarantine", "show", row["batch"], "0", "--raw").out
    assert "\u009b" not in shown and "\\x9b2J" in shown


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
