"""`mpm review`: which pairs wait for a person, and a decision that is kept for the next run."""

from pathlib import Path

import pytest

from mpm_pipeline.orchestration.session import Session
from mpm_pipeline_tests.commands.landed_home import HEADCOUNT, file_of, landed_home
from mpm_pipeline_tests.kpis.conftest import rows

ONE, OTHER, THIRD = ("salesforce:Contact:C1", "salesforce:Contact:C2", "marketo:leads:7")


def record(text: str, side: str = "") -> dict[str, str]:
    return dict(zip((f"{side}source", f"{side}object", f"{side}record_id"), text.split(":"), strict=True))


@pytest.fixture
def home(root: Path, tmp_path: Path) -> Path:
    """A home in which two pairs of records were kept apart, one of them decided."""
    file_of(tmp_path / "files", "hr/headcount", HEADCOUNT)
    landed_home(root, tmp_path / "files")
    pairs = [
        {
            **record(ONE),
            **record(OTHER, "other_"),
            "bits": 8.0,
            "expected_pairs": 1.0,
            "reason": "given names that cannot be one",
        },
        {
            **record(ONE),
            **record(THIRD, "other_"),
            "bits": 8.0,
            "expected_pairs": 4.0,
            "reason": "given names that cannot be one",
        },
        {**record(OTHER), **record(THIRD, "other_"), "bits": 20.0, "reason": "said", "decision": "no"},
    ]
    with Session.open(root) as session:
        session.tables.replace("customer.review_queue", rows("customer.review_queue", pairs))
        compared = [record(text) for text in (ONE, OTHER, THIRD)]
        session.tables.replace("customer.person_cluster", rows("customer.person_cluster", compared))
    return root


def test_open_pairs_are_listed_with_most_pairs_at_risk_first(mpm, home: Path) -> None:
    """Decided pairs are left out unless they are asked for."""
    listed = mpm("review", "list", "--json").document["pairs"]
    assert [(row["other_record_id"], row["expected_pairs"]) for row in listed] == [("7", 4.0), ("C2", 1.0)]
    assert len(mpm("review", "list", "--all", "--json").document["pairs"]) == 3
    assert f"{ONE}  {THIRD}" in mpm("review", "list").out


def test_a_decision_is_kept_for_the_next_run(mpm, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was said, by whom and why is what the next run is given; nothing that was said before is lost. A machine without users asks who."""

    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 1000")

    with monkeypatch.context() as patch:
        patch.setattr("getpass.getuser", nobody)
        told = mpm("review", "decide", ONE, OTHER, "no")
        assert told.status == 2 and "--by NAME" in told.err
    told = mpm("review", "decide", ONE, OTHER, "yes", "--by", "Kim", "--why", "same badge")
    assert told.status == 0 and "yes, said by Kim" in told.out
    assert mpm("review", "decide", ONE, OTHER, "no", "--by", "Lee").status == 0
    with Session.open(home) as session:
        kept = session.latest().read("run.identity_decision").to_pylist()
    assert [(row["decision"], row["decided_by"], row["why"]) for row in kept] == [("yes", "Kim", "same badge"), ("no", "Lee", "")]  # fmt: skip
    assert {(row["record_id"], row["other_record_id"]) for row in kept} == {("C1", "C2")}


@pytest.mark.parametrize(("one", "other"), [(ONE, ONE), (ONE, "C2"), ("salesforce:Contact:C9", OTHER)])
def test_what_is_no_pair_of_known_records_is_refused(mpm, home: Path, one: str, other: str) -> None:
    """The same record twice, no record at all, one that was never compared: exit 2 in words, nothing kept."""
    told = mpm("review", "decide", one, other, "yes")
    assert told.status == 2 and "record" in told.err
    with Session.open(home) as session:
        assert session.latest().read("run.identity_decision").num_rows == 0
