"""The raw log: verbatim, immutable, landed once, and never lost by a kill."""

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.errors import SourceUnavailable
from mpm_pipeline.warehouse import ledger_pages
from mpm_pipeline.warehouse.home import Home
from mpm_pipeline.warehouse.ledger import Ledger
from mpm_pipeline.warehouse.rawlog import RawLog

AS_OF = datetime(2026, 6, 3, 12, tzinfo=UTC)
DEAL = Stream("crm", "Deal", ("id",), "thing", stamp="stamp")
CLICK = Stream("crm", "Click", ("who", "at.day"), "fact", instant="at.day", clock="day")
CLICK_DAY = Stream("crm", "ClickDay", ("at",), "fact", instant="at", clock="day")
PLAN = Stream("crm", "plan", ("id",), "snapshot")


@pytest.fixture
def raw(tmp_path: Path) -> RawLog:
    """A fresh raw log whose first day is 1 June."""
    home = Home.open(tmp_path)
    return RawLog(home, Ledger(home), date(2026, 6, 1))


def deal(key: str, stamp: str) -> bytes:
    """A record of a thing."""
    return f'{{"id": "{key}",   "stamp":"{stamp}"}}'.encode()


def landed(raw: RawLog, stream: Stream) -> list[dict]:
    """Read all landed rows of a stream."""
    return [row for file in raw.files(stream.source, stream.name) for row in pq.read_table(file).to_pylist()]


def test_payloads_are_kept_to_the_byte(raw: RawLog) -> None:
    """Spaces, order and odd numbers of a payload stay as they came, unreadable ones too."""
    odd = [
        b'{"stamp":"2026-06-02T00:00:00Z", "id":"1","n":1.10e2}',
        b'{"id":"2","n":NaN}',
        '{"id":"3","t":"äöü 😀"}'.encode(),
        b'{"id":"\xff"}',
    ]
    raw.append(DEAL, odd, extracted_at=AS_OF)
    rows = landed(raw, DEAL)
    assert [row["payload"] for row in rows] == [one.decode(errors="backslashreplace") for one in odd]
    assert [(row["key"], row["problem"]) for row in rows] == [
        ("1", None),
        ("2", "bad_json"),
        ("3", None),
        (None, "bad_json"),
    ]


def test_rows_lie_in_the_utc_day_of_their_stamp(raw: RawLog) -> None:
    """By UTC; what is older, or has no readable stamp, lies in the first day."""
    stamps = ("2026-06-02T01:30:00+02:00", "2026-06-02T00:00:00.000+0000", "2019-01-01T00:00:00Z", "soon")
    counted = raw.append(DEAL, [deal(str(place), one) for place, one in enumerate(stamps)], extracted_at=AS_OF)
    assert [row["partition"] for row in landed(raw, DEAL)] == ["2026-06-01", "2026-06-02", "2026-06-01", "2026-06-01"]
    assert counted.by_partition == {"2026-06-01": 3, "2026-06-02": 1}


def test_a_day_does_not_depend_on_when_we_asked(raw: RawLog) -> None:
    """A snapshot carries no stamp, so its rows lie in the first day whenever they landed: fresh and old homes agree."""
    for number, at in enumerate((AS_OF, AS_OF.replace(day=9))):
        raw.append(PLAN, [f'{{"id":"{number}"}}'.encode()], extracted_at=at)
    assert {row["partition"] for row in landed(raw, PLAN)} == {"2026-06-01"}


def test_keys_and_instants_may_lie_inside(raw: RawLog) -> None:
    """A key of several parts is joined, dots lead into objects, and a key that lacks a part is none."""
    raw.append(
        CLICK,
        [b'{"who":"ada","at":{"day":"2026-06-02"}}', b'{"who":"bo","at":null}', b'{"who":"cy"}'],
        extracted_at=AS_OF,
    )
    assert [(row["key"], row["partition"]) for row in landed(raw, CLICK)] == [
        ("ada|2026-06-02", "2026-06-02"), (None, "2026-06-01"), (None, "2026-06-01"),
    ]  # fmt: skip


def test_a_day_that_lacks_a_part_is_no_key(raw: RawLog) -> None:
    """A key may be a day that stands as an object; one with a part that is missing, null or no number names nothing."""
    days = ('{"year":2026,"month":6,"day":2}', '{"year":2026,"month":6,"day":null}', '{"year":2026}', '{"year":2026,"month":6,"day":"x"}')  # fmt: skip
    raw.append(CLICK_DAY, [f'{{"at":{day}}}'.encode() for day in days], extracted_at=AS_OF)
    assert [row["key"] for row in landed(raw, CLICK_DAY)] == ["2026-06-02", None, None, None]


def test_the_same_content_is_written_once(raw: RawLog) -> None:
    """A second landing of the same rows gives the same counts and no file; other content gives one."""
    first = raw.append(DEAL, [deal("1", "2026-06-01T00:00:00Z")], extracted_at=AS_OF)
    again = raw.append(DEAL, [deal("1", "2026-06-01T00:00:00Z")], extracted_at=AS_OF.replace(hour=13))
    assert first.batch and again.batch is None
    assert (again.rows, again.by_partition, again.content_hash) == (first.rows, first.by_partition, first.content_hash)
    assert raw.append(DEAL, [deal("1", "2026-06-01T00:00:01Z")], extracted_at=AS_OF).batch
    assert len(raw.files("crm", "Deal")) == 2


def test_a_snapshot_may_return_to_what_it_was(raw: RawLog) -> None:
    """Only the newest snapshot is compared, so that going back is a change; an emptied one is one too."""
    for content in ([b'{"id":"1"}'], [b'{"id":"2"}'], [b'{"id":"1"}'], [b'{"id":"1"}'], [], []):
        raw.append(PLAN, content, extracted_at=AS_OF)
    assert [pq.read_metadata(file).num_rows for file in raw.files("crm", "plan")] == [1, 1, 1, 0]


def test_nothing_is_written_for_nothing(raw: RawLog) -> None:
    """An empty answer leaves no file."""
    assert raw.append(DEAL, [], extracted_at=AS_OF).batch is None
    assert raw.append(PLAN, [], extracted_at=AS_OF).batch is None
    assert list(raw.home.raw.rglob("*.parquet")) == []


def test_tombstones_have_a_stamp_and_no_payload(raw: RawLog) -> None:
    """A delete lies in the day of its own instant."""
    raw.append(DEAL, [], extracted_at=AS_OF, deleted=[("1", "2026-06-02T10:00:00.000+0000")])
    (row,) = landed(raw, DEAL)
    assert (row["key"], row["is_deleted"], row["payload"], row["partition"]) == ("1", True, None, "2026-06-02")


def test_a_file_that_lost_its_ledger_row_is_adopted(raw: RawLog) -> None:
    """A kill between the file and its row costs nothing: the file is found with all that the row would have said."""
    raw.append(DEAL, [deal("1", "2026-06-02T00:00:00Z")], extracted_at=AS_OF, window=(AS_OF, AS_OF))
    before = raw.ledger.batches("crm", "Deal")
    raw.home.ledger.unlink()
    reborn = RawLog(raw.home, Ledger(raw.home), raw.first_day)
    assert reborn.files("crm", "Deal") == []
    assert (reborn.adopt(), reborn.adopt()) == (1, 0)
    assert reborn.ledger.batches("crm", "Deal") == before
    assert reborn.append(DEAL, [deal("1", "2026-06-02T00:00:00Z")], extracted_at=AS_OF).batch is None


def test_a_half_written_file_is_none(raw: RawLog) -> None:
    """What a kill left of a file under its temporary name is never read."""
    folder = raw.home.raw / "crm" / "Deal"
    folder.mkdir(parents=True)
    (folder / "all.20260603T120000.abc.tmp").write_bytes(b"PAR1")
    assert raw.adopt() == 0


def test_arranged_rows_are_those_that_would_land(raw: RawLog) -> None:
    """Looking at rows lands nothing and gives them as landing would."""
    page = [deal("1", "2026-06-02T00:00:00Z")]
    arranged = raw.arrange(DEAL, page, extracted_at=AS_OF).to_pylist()
    assert list(raw.home.raw.rglob("*.parquet")) == []
    raw.append(DEAL, page, extracted_at=AS_OF)
    assert landed(raw, DEAL) == arranged


def test_pages_are_in_the_ledger_and_come_back_with_an_adopted_file(raw: RawLog) -> None:
    """Each page with its first row, rows and a hash of its own; a file that lost its row brings its pages along."""
    payloads = [deal(str(number), "2026-06-01T00:00:00Z") for number in range(5)]
    raw.append(DEAL, payloads, extracted_at=AS_OF, pages=[3, 2])
    (batch,) = raw.ledger.batch_names()
    found = ledger_pages.pages(raw.ledger.engine, [batch])
    assert [(page["page_no"], page["first_row"], page["rows"]) for page in found] == [(0, 0, 3), (1, 3, 2)]
    assert len({page["content_hash"] for page in found}) == 2
    with raw.ledger.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM batch")
        connection.exec_driver_sql("DELETE FROM page")
    assert raw.adopt() == 1
    assert ledger_pages.pages(raw.ledger.engine, [batch]) == found


def test_rows_beyond_the_named_pages_are_one_more(raw: RawLog) -> None:
    """None are named: all is one page. A page's hash is of its own payloads and of where one ends and the next begins."""

    def hashes(payloads: list[bytes], pages: list[int], kind: Stream = DEAL) -> list[tuple[int, str]]:
        batch = raw.append(kind, payloads, extracted_at=AS_OF, pages=pages).batch
        assert batch
        return [(one["rows"], one["content_hash"]) for one in ledger_pages.pages(raw.ledger.engine, [batch])]

    one, two, three = (deal(str(number), "2026-06-01T00:00:00Z") for number in range(3))
    assert [rows for rows, _ in hashes([one, two, three], [2])] == [2, 1]
    assert [rows for rows, _ in hashes([two, one], [])] == [2]
    assert len({told for _, told in hashes([two, three], [1, 1])}) == 2
    alone = hashes([three], [1])
    assert hashes([one, three], [1, 1])[1] == alone[0]
    assert hashes([b'{"id":"a"}', b'{"id":"b"}'], [2])[0][1] != hashes([b'{"id":"a"}{', b'"id":"b"}'], [2])[0][1]


@pytest.mark.parametrize(
    ("window", "covers", "bounds"),
    [
        ((AS_OF, AS_OF.replace(day=4)), "20260603T120000-20260604T120000", ("2026-06-03T12", "2026-06-04T12")),
        ((None, AS_OF), "all", (None, "2026-06-03T12")),
        ((AS_OF, None), "all", ("2026-06-03T12", None)),
        ((None, None), "all", (None, None)),
    ],
)
def test_a_file_says_what_it_covers(raw: RawLog, window: tuple, covers: str, bounds: tuple) -> None:
    """Source, stream, the hours that were asked for, when, and of what content; the ledger says the same."""
    done = raw.append(DEAL, [deal("1", "2026-06-01T00:00:00Z")], extracted_at=AS_OF, window=window)
    assert done.batch == f"crm/Deal/{covers}.20260603T120000.{done.content_hash[:16]}.parquet"
    assert (raw.home.raw / done.batch).is_file() and [*raw.home.raw.rglob("*.tmp")] == []
    (row,) = raw.ledger.batches("crm", "Deal")
    assert (row["source"], row["stream"], row["rows"], row["content_hash"]) == ("crm", "Deal", 1, done.content_hash)
    told = tuple(row[name] and row[name][:13] for name in ("window_from", "window_to", "extracted_at"))
    assert told == (*bounds, "2026-06-03T12")


def test_a_file_that_comes_again_has_a_number(raw: RawLog) -> None:
    """A snapshot that returns under one as-of to what it was, and returns again."""
    for content in (b'{"id":"1"}', b'{"id":"2"}') * 3:
        raw.append(PLAN, [content], extracted_at=AS_OF)
    ends = [file.name.rsplit(".", 2)[1][16:] for file in raw.files("crm", "plan")]
    assert ends == ["", "", "-2", "-2", "-3", "-3"]


def test_a_thing_lies_by_its_stamp_and_a_fact_by_its_instant(raw: RawLog) -> None:
    """Though both have both; and where the one that counts is missing, by the other."""
    thing, fact = (Stream("crm", kind, ("id",), kind, stamp="s", instant="i") for kind in ("thing", "fact"))
    rows = [
        b'{"id":"1","s":"2026-06-02T00:00:00Z","i":"2026-06-03T00:00:00Z"}',
        b'{"id":"2","s":"2026-06-02T00:00:00Z"}',
    ]
    rows.append(b'{"id":"3","i":"2026-06-03T00:00:00Z"}')
    for stream, days in ((thing, ["02", "02", "03"]), (fact, ["03", "02", "03"])):
        raw.append(stream, rows, extracted_at=AS_OF)
        assert [row["partition"][-2:] for row in landed(raw, stream)] == days


def test_content_is_told_apart_value_by_value(raw: RawLog) -> None:
    """By key, stamp, deletion and payload; quotes, backslashes, emoji and lone surrogates among them."""
    kinds = [[b'{"id":"1"}'], [b"{'id':1}"], [b'{"id":"\\ud800"}'], [b'{"id":"\\\\"}'], ["{\U0001f600}".encode()], [b"1", b"2"], [b"1, 2"], [b"1''2"], [b"\xff"]]  # fmt: skip
    found = {raw.append(DEAL, payloads, extracted_at=AS_OF).content_hash for payloads in kinds}
    assert len(found) == len(kinds)
    stamped = [
        raw.append(DEAL, [b'{"id":"1"}'], extracted_at=AS_OF, stamps=[one]).content_hash for one in (None, "a", "b")
    ]
    assert len(found | set(stamped)) == len(kinds) + 2
    gone = raw.append(DEAL, [], extracted_at=AS_OF, deleted=[("1", "2026-06-02T10:00:00Z")])
    assert gone.batch and gone.content_hash not in found


def test_the_hash_of_rows_with_tombstones_is_over_all_values(raw: RawLog) -> None:
    """Keys, stamps, flags and payloads one after the other as Python spells them; a tombstone's payload is None."""
    done = raw.append(DEAL, [b'{"id":"1"}'], extracted_at=AS_OF, deleted=[("2", "2026-06-02T10:00:00Z")])
    spelt = """'1''2'None'2026-06-02T10:00:00Z'FalseTrue'{"id":"1"}'None"""
    assert done.content_hash == hashlib.sha256(spelt.encode()).hexdigest()


def test_the_hash_of_many_rows_is_that_of_all(raw: RawLog) -> None:
    """More than are looked at together; one of the last differs. It stays what it was, or all would land again with a new release."""
    rows = [b'{"id":"%d"}' % number for number in range(1_030)]
    first = raw.append(DEAL, rows, extracted_at=AS_OF)
    assert first.content_hash[:16] == "62134e2ed0de996b"
    assert raw.append(DEAL, [*rows[:-1], b'{"id":"x"}'], extracted_at=AS_OF).content_hash != first.content_hash
    assert raw.append(DEAL, rows, extracted_at=AS_OF.replace(day=9)).content_hash == first.content_hash


def test_all_files_without_a_row_are_adopted_and_a_lost_file_is_told(raw: RawLog) -> None:
    """As many as there are; one that the ledger names and nobody finds stops the run, as does one that cannot be read."""
    for number in (1, 2, 3):
        raw.append(DEAL, [deal(str(number), "2026-06-01T00:00:00Z")], extracted_at=AS_OF)
    with raw.ledger.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM batch WHERE sequence > 1")
    assert raw.adopt() == 2
    kept, *others = sorted(raw.home.raw.rglob("*.parquet"))
    for file in others:
        file.unlink()
    first = min(f"raw/{file.relative_to(raw.home.raw)}" for file in others)
    with pytest.raises(SourceUnavailable, match=f"^2 files of the raw log are gone, first {first}; put them back"):
        raw.adopt()
    stray = kept.with_name("all.20260603T120000.abc.parquet")
    stray.write_bytes(b"PAR1")
    with raw.ledger.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM batch")
    with pytest.raises(
        SourceUnavailable, match=f"^raw/crm/Deal/{stray.name} is damaged and the ledger does not know it; move it away"
    ):
        raw.adopt()


def test_a_field_that_was_asked_for_must_come(raw: RawLog) -> None:
    """A record without it is marked, one that has it as null is not."""
    raw.append(DEAL, [b'{"id":"1","n":null}', b'{"id":"2"}'], extracted_at=AS_OF, asked=("id", "n"))
    assert [row["problem"] for row in landed(raw, DEAL)] == [None, "missing_field n"]
