"""A file that was there in an earlier run and has vanished: what it held stays served, and it is told (readings 46)."""

from datetime import date

from mpm_pipeline.orchestration.session import Session
from mpm_pipeline.orchestration.stages import fetch_days, stage_source
from mpm_pipeline_tests.commands.landed_home import DAY, HEADCOUNT, file_of, landed_home

ROW = "e1,,sales,sdr,1,2026-01-01\n"
REPS = "email,start_on,capacity_per_week\nkim@acme.example,2026-01-01,4\n"
NEXT = date(2026, 4, 1)


def again(root, monkeypatch, day: date, run_id: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """Read and stage once more; return the number of employments and state and words of the folder hr."""
    monkeypatch.setenv("MPM_AS_OF", f"{day}T12:00:00Z")
    with Session.open(root) as session:
        fetch_days(session, "files", day, day, run_id)
        counts = stage_source(session, "files", run_id)
        rows = session.warehouse(session.as_of(run_id)).read("staged.meta_freshness").to_pylist()
    return counts["employment"], {row["stream"]: (row["state"], row["text"]) for row in rows if row["source"] == "hr"}


def test_a_vanished_file_stays_served_and_is_told_until_it_is_back(root, tmp_path, monkeypatch) -> None:
    """hr/headcount is there on 31 March, gone on 1 April (its row stays, the file is late), back on 2 April, emptied on 3 April."""
    files = tmp_path / "files"
    headcount = file_of(files, "hr/headcount", HEADCOUNT + ROW)
    file_of(files, "hr/reps", REPS)
    landed_home(root, files)

    headcount.unlink()
    count, hr = again(root, monkeypatch, NEXT, "second")
    state, words = hr["headcount"]
    assert (count, state, hr["reps"][0]) == (1, "late", "fresh")
    assert (
        "hr/headcount was there before and was not, or could not be used, when it was read at 2026-04-01 12:00 UTC"
        in words
    )
    assert f"its content of {DAY} 12:00 UTC is still served" in words

    file_of(files, "hr/headcount", HEADCOUNT + ROW)
    assert again(root, monkeypatch, date(2026, 4, 2), "third")[1]["headcount"][0] == "fresh"
    file_of(files, "hr/headcount", HEADCOUNT)
    count, hr = again(root, monkeypatch, date(2026, 4, 3), "fourth")
    assert (count, hr["headcount"][0]) == (0, "fresh")


def test_a_file_that_never_was_is_not_missed(root, tmp_path, monkeypatch) -> None:
    """Only headcount was ever given: no other file of the folder is late."""
    file_of(tmp_path / "files", "hr/headcount", HEADCOUNT + ROW)
    landed_home(root, tmp_path / "files")
    assert {state for state, _ in again(root, monkeypatch, NEXT, "second")[1].values()} == {"fresh"}
