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
from mpm_pipeline.customer.resolution.records import instants, read
from mpm_pipeline.customer.resolution.tables import PAIR, SCHEMAS, Resolution
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


@pytest.mark.parametrize("kind", ["frame", "batch", "stream", "rows", "columns", "dictionary", "view"])
def test_a_table_of_any_library_is_taken(kind: str) -> None:
    """Frames, batches, streams, rows and columns tell what the Arrow table tells; so do texts that are kept as places or views."""
    table = one(deleted="false", created_at="2026-01-01", person_key=["k"])
    view = [pa.field(each.name, pa.string_view() if each.type == pa.string() else each.type) for each in table.schema]
    made = {
        "frame": lambda: table.to_pandas(), "batch": lambda: table.to_batches()[0], "stream": lambda: table.to_reader(), "rows": table.to_pylist,
        "columns": table.to_pydict, "view": lambda: table.cast(pa.schema(view)),
        "dictionary": lambda: pa.table({each: table[each] if each == "person_key" else table[each].dictionary_encode() for each in table.column_names}),
    }  # fmt: skip
    assert read(made[kind]()).equals(read(table))


def test_truths_are_read_as_people_write_them() -> None:
    """yes, N, 1, blank and null; another word is refused."""
    rows = [{"source": "s", "record_id": str(at), "is_company": word} for at, word in enumerate(["TRUE", "yes", "N", " 0", "", None])]  # fmt: skip
    assert read(rows)["is_company"].to_pylist() == [True, True, False, False, None, None]
    with pytest.raises(ConfigError, match="deleted"):
        read(one(deleted="perhaps"))


@pytest.mark.parametrize("given", [None, 5, [1], pa.table([["s"], ["1"], ["2"]], ["source", "record_id", "record_id"])], ids=str)  # fmt: skip
def test_what_is_no_table_of_records_is_refused_in_words(given: Any) -> None:
    """Nothing, a number, a list of numbers, and a column that is there twice."""
    with pytest.raises(ConfigError):
        read(given)


def test_a_file_is_never_replaced_by_a_folder(tmp_path: Path) -> None:
    """`--out` that names a file, were it the very input, is refused; the file stays."""
    path = tmp_path / "in.parquet"
    pq.write_table(one(), path)
    with pytest.raises(ConfigError, match="is a file"):
        resolve(str(path)).write(path)
    assert call(["customer", "resolve", str(path), "--out", str(path)]) == 2
    assert pq.read_table(path).num_rows == 1


def test_a_resolution_goes_on_from_its_folder_and_is_read_by_name(tmp_path: Path) -> None:
    """`previous` may be a folder, decisions rows, and a table is had by its name."""
    found = resolve(one())
    found.write(tmp_path)
    pair = dict.fromkeys(PAIR, "") | {"source": "s", "record_id": "1", "other_source": "s", "other_record_id": "2", "decision": "yes"}  # fmt: skip
    news = [{"source": "s", "record_id": "2", "email": "b@acme.com"}]
    again = resolve(news, previous=tmp_path, decisions=[pair], as_of="2026-01-02")
    assert dict(again).keys() == SCHEMAS.keys() and set(again["crosswalk"]["person_id"].to_pylist()) == set(found["crosswalk"]["person_id"].to_pylist())  # fmt: skip
