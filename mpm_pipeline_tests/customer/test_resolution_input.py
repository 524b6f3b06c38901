"""What resolution is given and what it leaves: odd input is told in words, and a folder is never half of one run and half of another."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mpm_pipeline.cli import call
from mpm_pipeline.customer import resolve
from mpm_pipeline.customer.resolution import tables
from mpm_pipeline.customer.resolution.records import instants
from mpm_pipeline.customer.resolution.tables import SCHEMAS, Resolution
from mpm_pipeline.errors import ConfigError

DAY = datetime(2026, 1, 1, tzinfo=UTC)
SECONDS = int(DAY.timestamp())


def one(**more: Any) -> pa.Table:
    return pa.Table.from_pylist([{"source": "s", "record_id": "1", "email": "a@acme.com", **more}])


@pytest.mark.parametrize(
    "told",
    [SECONDS, SECONDS * 1000, SECONDS * 10**6, SECONDS * 10**9, float(SECONDS), "2026-01-01", "2026-01-01T01:00:00+01:00", DAY.date(), DAY.replace(tzinfo=None)],
    ids=str,
)  # fmt: skip
def test_instants_are_read_as_they_are_written(told: Any) -> None:
    """Seconds, milli-, micro- and nanoseconds since 1970, texts with and without a zone, dates and stamps mean one day."""
    assert instants(pa.table({"at": [told, None]}), "at").to_pylist() == [DAY, None]


def test_a_stamp_ahead_wins_nothing() -> None:
    """A record of the year 2099 is neither the newest value nor the instant of the run."""
    rows = [
        {"source": "s", "record_id": "1", "email": "a@acme.com", "title": "CMO", "updated_at": datetime(2026, 2, 1, tzinfo=UTC)},
        {"source": "s", "record_id": "2", "email": "a@acme.com", "title": "Emperor", "updated_at": datetime(2099, 1, 1, tzinfo=UTC)},
    ]  # fmt: skip
    found = resolve(pa.Table.from_pylist(rows))
    assert found.golden_person["title"].to_pylist() == ["CMO"]
    assert found.recorded_at == datetime(2026, 2, 1, tzinfo=UTC)
    (told,) = (row for row in found.golden_field_provenance.to_pylist() if row["field"] == "title")
    assert (told["told_at"], told["record_id"], told["beaten"]) == (datetime(2026, 2, 1, tzinfo=UTC), "1", 1)


def test_a_value_was_told_when_its_record_changed_last() -> None:
    """A record that was never changed told its values when it was created."""
    rows = [
        {"source": "s", "record_id": "1", "email": "a@acme.com", "title": "CMO", "phone": None, "created_at": DAY, "updated_at": datetime(2026, 5, 1, tzinfo=UTC)},
        {"source": "s", "record_id": "2", "email": "a@acme.com", "title": "CEO", "phone": "+49 30 555 1234", "created_at": datetime(2026, 3, 1, tzinfo=UTC)},
    ]  # fmt: skip
    told = {
        row["field"]: (row["value"], row["told_at"].month)
        for row in resolve(pa.Table.from_pylist(rows)).golden_field_provenance.to_pylist()
        if row["kind"] == "person"
    }
    assert told["title"] == ("CMO", 5) and told["phone"] == ("+49 30 555 1234", 3)


def test_every_table_has_its_declared_schema_and_a_round_trip_changes_nothing(tmp_path: Path) -> None:
    """What is written is read again as it was, whatever text types the reader likes, and the next run takes it."""
    found = resolve(one())
    assert {name: getattr(found, name).schema for name in SCHEMAS} == SCHEMAS
    found.write(tmp_path / "out")
    for path in (tmp_path / "out").glob("*.parquet"):
        table = pq.read_table(path)
        large = [field.with_type(pa.large_string()) if field.type == pa.string() else field for field in table.schema]
        pq.write_table(table.cast(pa.schema(large)), path)
    again = Resolution.open(tmp_path / "out")
    assert all(getattr(again, name).equals(getattr(found, name)) for name in SCHEMAS)
    assert resolve(one(full_name="Ann Lee"), previous=again).golden_person["full_name"].to_pylist() == ["Ann Lee"]


def test_a_damaged_folder_is_told_in_words(tmp_path: Path) -> None:
    """A table that is no Parquet any more, lacks, or has other columns: its name and what to do."""
    resolve(one()).write(tmp_path)
    pq.write_table(pa.table({"a": [1]}), tmp_path / "evidence.parquet")
    with pytest.raises(ConfigError, match="evidence.parquet is of another version"):
        Resolution.open(tmp_path)
    (tmp_path / "crosswalk.parquet").write_bytes(b"PAR1 no longer")
    with pytest.raises(ConfigError, match="crosswalk.parquet is damaged"):
        Resolution.open(tmp_path)
    (tmp_path / "crosswalk.parquet").unlink()
    with pytest.raises(ConfigError, match="holds no resolution: crosswalk.parquet is not there"):
        Resolution.open(tmp_path)


def test_a_write_that_is_cut_off_leaves_the_run_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while the tables are written, or between the two moves: the folder holds one whole run; foreign files stay."""
    out = tmp_path / "out"
    resolve(one()).write(out)
    (out / "notes.txt").write_text("mine")
    fresh = resolve(one(email="b@acme.com"), previous=Resolution.open(out))

    class Killed(BaseException):
        pass

    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(tables.pq, "write_table", killed)
        fresh.write(out)
    assert Resolution.open(out).record["email"].to_pylist() == ["a@acme.com"]
    out.rename(tmp_path / ".out.old")
    assert Resolution.open(out).record["email"].to_pylist() == ["a@acme.com"]
    fresh.write(out)
    assert Resolution.open(out).record["email"].to_pylist() == ["b@acme.com"]
    assert (out / "notes.txt").read_text() == "mine" and sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_a_past_crosswalk_by_command(tmp_path: Path) -> None:
    """`mpm customer as-of` writes what the run of a month ago said; before the first run nothing was known."""
    pq.write_table(one(created_at=DAY), tmp_path / "1.parquet")
    pq.write_table(one(created_at=DAY, deleted=True), tmp_path / "2.parquet")
    out = ["--out", str(tmp_path / "out")]
    assert call(["customer", "resolve", str(tmp_path / "1.parquet"), *out, "--as-of", "2026-02-01"]) == 0
    previous = ["--previous", str(tmp_path / "out"), "--as-of", "2026-03-01"]
    assert call(["customer", "resolve", str(tmp_path / "2.parquet"), *out, *previous]) == 0
    past = ["--from", str(tmp_path / "out"), "--out", str(tmp_path / "past.parquet")]
    assert call(["customer", "as-of", "2026-02-15", *past]) == 0
    assert pq.read_table(tmp_path / "past.parquet").num_rows == 1
    assert call(["customer", "as-of", "2026-03-15", *past]) == 0
    assert pq.read_table(tmp_path / "past.parquet").num_rows == 0
    assert call(["customer", "as-of", "2026-01-15", *past]) == call(["customer", "as-of", "soon", *past]) == 2


STRANGE = {
    "another answer": ({"decision": "maybe"}, "'maybe' is no decision"),
    "no answer": ({"decision": None}, "1 of 1 decisions have no decision"),
    "nobody": ({"other_record_id": None}, "1 of 1 decisions have no other_record_id"),
}


@pytest.mark.parametrize("case", STRANGE)
def test_strange_decisions_are_refused_in_words(case: str) -> None:
    """The words say which and what."""
    more, words = STRANGE[case]
    said = {"source": "s", "record_id": "1", "other_source": "s", "other_record_id": "2", "decision": "yes"} | more
    schema = pa.schema([(name, pa.string()) for name in said])
    with pytest.raises(ConfigError, match=words):
        resolve(one(), decisions=pa.Table.from_pylist([said], schema))


def test_whole_takes_away_what_is_not_named() -> None:
    """With `whole` a record that is not named is gone; a column that lacks altogether is null in every row."""
    first = resolve(pa.table({"source": ["s", "s"], "record_id": ["1", "2"], "email": ["a@acme.com", "b@acme.com"]}))
    found = resolve(pa.table({"source": ["s"], "record_id": ["1"]}), previous=first, whole=True)
    assert found.golden_person["email"].to_pylist() == [None]
