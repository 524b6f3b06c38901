"""Why records are one customer: in words, and replayed from the tables alone."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mpm_pipeline.cli import call
from mpm_pipeline.customer import resolve
from mpm_pipeline.customer.resolution.tables import Resolution
from mpm_pipeline_tests.customer.replay import faults

NO = {"source": "s", "record_id": "r4", "other_source": "s", "other_record_id": "r3", "decision": "no"}


def people() -> pa.Table:
    """A chain (mailbox, then name and telephone), a job changer, a couple at one mailbox, and two of whom somebody said no."""
    told = [
        ("Ann Lee", "ann@acme.com", None, None),
        ("Ann Lee", "ann@acme.com", "+49 30 5555 1234", None),
        ("A. Lee", None, "+49 30 5555 1234", None),
        ("Bob Ray", "bob@globex.com", None, ["lead-1111"]),
        ("Bob Ray", "bob@globex.com", None, ["lead-2222"]),
        ("Bob Ray", "bob.ray@initech.com", None, ["lead-1111"]),
        ("Cy Roe", "lees@gmail.com", None, None),
        ("Di Poe", "lees@gmail.com", None, None),
    ]
    return pa.Table.from_pylist(
        [
            {"source": "s", "record_id": f"r{place}", "full_name": name, "email": mail, "phone": phone, "person_key": key, "created_at": datetime(2026, 1, 1 + place, tzinfo=UTC)}
            for place, (name, mail, phone, key) in enumerate(told)
        ]
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("customers") / "out"
    resolve(people(), decisions=pa.Table.from_pylist([NO])).write(path)
    return path


def test_every_explanation_holds(folder: Path) -> None:
    """Pandas alone finds for every record the other one with that key in the same customer, and the same confidence."""
    assert not faults(folder)
    found = {row["record_id"]: row for row in Resolution.open(folder).crosswalk.to_pylist()}
    assert found["r2"]["confidence"] == round(1 - 2**-8, 6) and found["r1"]["confidence"] == round(1 - 2**-12, 6)


def test_a_spoilt_explanation_is_found(folder: Path, tmp_path: Path) -> None:
    """The replay is no rubber stamp: evidence of a record that moved away, or too sure a row, is told."""
    for path in folder.glob("*.parquet"):
        pq.write_table(pq.read_table(path), tmp_path / path.name)
    rows = pq.read_table(folder / "crosswalk.parquet").to_pandas()
    rows.loc[rows["record_id"] == "r2", "person_id"] = "p_elsewhere"
    rows.loc[rows["record_id"] == "r0", "confidence"] = 0.5
    pq.write_table(pa.Table.from_pandas(rows), tmp_path / "crosswalk.parquet")
    assert len(faults(tmp_path)) >= 2


def test_the_words_name_keys_mates_and_refusals(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`mpm explain customer --from` takes an id or a record, names no mailbox, and says what was refused and why."""
    assert call(["explain", "customer", "s::r2", "--from", str(folder)]) == 0
    words = capsys.readouterr().out
    assert "3 records" in words and "same name and telephone as s::r1" in words and "8 bits" in words
    assert "ann@acme.com" not in words
    assert call(["explain", "customer", "s::r4", "--from", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["reason"] for one in told["refused"]] == ["somebody said that they are two"]
    assert call(["explain", "customer", "p_nobody", "--from", str(folder)]) == 2


def test_an_account_is_explained_by_what_joins_its_records(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not by what makes one person of them; who brings nothing of the account is there by the person's other records."""
    (found,) = (row for row in Resolution.open(folder).crosswalk.to_pylist() if row["record_id"] == "r2")
    assert call(["explain", "customer", found["account_id"], "--from", str(folder)]) == 0
    words = capsys.readouterr().out
    assert (
        "s::r0, 1.00 sure: same registered domain" in words
        and "s::r2: it alone, or another record of its person" in words
    )
    assert "mailbox" not in words and "telephone" not in words


def test_decisions_that_contradict_each_other_are_put_to_review() -> None:
    """a is b and b is c, yet a is not c: no crash, and the pair is first in the queue in clear words."""
    rows = pa.table({"source": ["s"] * 4, "record_id": list("abcd"), "email": [None, None, None, None]})
    said = [("a", "b", "yes"), ("b", "c", "yes"), ("a", "c", "no")]
    told = pa.Table.from_pylist([{"source": "s", "record_id": one, "other_source": "s", "other_record_id": other, "decision": answer} for one, other, answer in said])  # fmt: skip
    first = resolve(rows, decisions=told).review_queue.to_pylist()[0]
    assert first["reason"].startswith("decisions contradict each other") and first["decision"] == "no"
    assert first["expected_pairs"] > 0


def test_the_queue_is_ordered_by_pairs_at_risk() -> None:
    """Two crowds that share a mailbox and a name come before two single records with the same evidence."""
    rows = [
        {"record_id": f"a{n}", "full_name": name, "email": "lees@gmail.com"}
        for n, name in enumerate(["Ann Lee"] * 3 + ["Bob Ray"] * 3)
    ]
    rows += [
        {"record_id": f"b{n}", "full_name": name, "email": "poes@gmail.com"}
        for n, name in enumerate(["Cy Roe", "Di Poe"])
    ]
    queue = resolve(pa.Table.from_pylist([{"source": "s", **row} for row in rows])).review_queue.to_pylist()
    assert [row["record_id"][0] for row in queue] == ["a", "b"]
    assert queue[0]["expected_pairs"] == pytest.approx(9, rel=0.01) and queue[1]["expected_pairs"] == pytest.approx(
        1, rel=0.01
    )
