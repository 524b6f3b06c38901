"""Rows that are read together are filed as they would be one by one, whatever stands among them."""

import hashlib
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpm_pipeline.contracts.record import Stream
from mpm_pipeline.warehouse import engine
from mpm_pipeline.warehouse import heads as module
from mpm_pipeline.warehouse.heads import all_named_sql, heads, lacking
from mpm_pipeline.warehouse.judge import LARGEST_RECORD
from mpm_pipeline.warehouse.rawlog import _spelt

STREAMS = [
    Stream("crm", "Deal", ("Id",), "thing", stamp="Stamp"),
    Stream("crm", "Fact", ("Id", "at.start"), "fact", instant="at.start"),
    Stream("crm", "Row", ("Id", "Stamp", "no"), "snapshot"),
]
ASKED = ("Id", "Stamp", "a_b")
GOOD = [
    b'{"Id":"1","Stamp":"2026-01-01","a_b":null,"at":{"start":"x"},"no":1}',
    b'{ "a_b": 1, "Stamp": "s",\n "Id": "2" }',
]
ODD = [
    b"{}", b"[]", b"null", b"1", b"", b" ", b"{", b'{"Id":"1"}', b'{"Id":1.5,"Stamp":true,"a_b":0}', b'{"Id":1180591620717411303424}',
    b'{"Id":"\\ud800","Stamp":"\\ud83d\\ude00"}', b'{"Id":"\xff"}', b'{"Id":"a\x00"}', b'{"Id":"\\u0000"}', b'{"Id":NaN}', b'{"Id":""}',
    '{"Id":"e\u0301","Stamp":"\u00e9"}'.encode(), '{"Id":"\ufffd"}'.encode(), b'{"Id":{"year":2026,"month":1,"day":2}}', b'{"Id":["a","b"]}',
    b'{"Id":{"year":"x"}}', b'{"at":{"start":{"year":2026,"month":3,"day":4}},"Id":"t"}', b'{"at":7,"Id":"t","no":0}', b'{"Id":"1","Id":"2"}',
    b'{"\\u0049d":"1","Stamp":"2","a_b":3}', b'{"id":"1","axb":2,"Stamp":0}', b'{"Id":"1"},{"Id":"2"}', b'{"Id":"1"}{"Id":"2"}', b'}{"Id":"2"}', b'{"Id":"1"} {"Id":"2"}', b'{"Id":"1"}\n{"Id":"2"}',
    b'{"Id":"' + b"x" * LARGEST_RECORD + b'"}', b'{"x":' * 3000 + b"1" + b"}" * 3000, b'{"x":"\\"a_b\\"","Id":"1","Stamp":"2"}',
]  # fmt: skip


class Told(msgspec.Struct):
    """What a connector read."""

    Id: str | None
    Stamp: str | None


def one_by_one(stream: Stream, payloads: list[bytes], asked: tuple[str, ...]) -> list[Any]:
    """Read each row for itself and look for each name that was asked for in it."""
    *told, problem, texts = module._Reader(stream).one_by_one(payloads)
    marks = module._marks(asked)
    lacks = [trouble or module._lacking(payload, marks) for trouble, payload in zip(problem, payloads, strict=True)]
    return [*told, lacks, texts.to_pylist()]


def together(stream: Stream, payloads: list[bytes], asked: tuple[str, ...], read: list[Any] | None = None) -> list[Any]:
    *told, problem, texts = heads(stream, payloads, read)
    plain = [text for some in texts for text in some.to_pylist()]
    with engine.connect() as connection:
        connection.register("incoming", pa.table({"payload": pa.array(plain, pa.string())}))
        named = (
            connection.table("incoming").project(f"{all_named_sql(payloads, asked)} AS named").to_arrow_table()["named"]
        )
    return [*told, lacking(payloads, asked, problem, named), plain]


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
@pytest.mark.parametrize("asked", [(), ASKED], ids=["none", "asked"])
def test_each_odd_row_among_good_ones(stream: Stream, asked: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """In front, in the middle, behind; three rows at a time, so that some of the good ones are read together."""
    monkeypatch.setattr(module, "AT_ONCE", 3)
    for odd in ODD:
        for rows in ([odd], [odd, *GOOD, *GOOD], [*GOOD, odd, *GOOD], [*GOOD, *GOOD, odd]):
            assert together(stream, rows, asked) == one_by_one(stream, rows, asked), odd[:60]


def test_good_rows_are_read_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """In whatever order and spelling their fields stand."""
    wanted = one_by_one(STREAMS[0], GOOD * 3, ASKED)
    monkeypatch.setattr(module._Reader, "one_by_one", None)
    assert together(STREAMS[0], GOOD * 3, ASKED) == wanted


def test_rows_on_a_line_each_are_read_at_one_go() -> None:
    """The reader of one row is not asked."""
    reader = module._Reader(STREAMS[0])
    reader.read = None  # type: ignore[assignment]
    assert reader._values(reader._records([b'{"Id":"1"}', b'{"Id":"2"}']), "Id") == ["1", "2"]


def test_names_are_looked_for_by_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that name all in the order of the first one are not looked at one by one; a name may be the last text of its row."""
    monkeypatch.setattr(module, "_lacking", None)
    rows = [b'{"Id":"1","Stamp":"s","a_b":1}', b'{"Id":"2", "Stamp":null, "x":"a_b","a_b":2}']
    assert together(STREAMS[0], rows, ASKED)[3] == [None, None]


def test_names_with_wildcards_are_no_patterns() -> None:
    """`a_b` is not found in a row that names `axb`, nor `50%` in one that names `50 or so`."""
    rows = [b'{"Id":"1","a_b":1,"50%":2}', b'{"Id":"2","axb":1,"50%":2}', b'{"Id":"3","a_b":1,"50 or so":2}']
    for first in range(len(rows)):
        turned = rows[first:] + rows[:first]
        found = together(STREAMS[0], turned, ("Id", "a_b", "50%"))
        assert found[3] == one_by_one(STREAMS[0], turned, ("Id", "a_b", "50%"))[3]
        assert found[3].count(None) == 1


def test_what_was_read_before_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heads that name all that the stream is filed by are taken; others are not."""
    told = [Told("1", "2026-01-01"), Told("\u00e9", None)]
    rows = [b'{"Id":"1","Stamp":"2026-01-01"}', '{"Id":"e\u0301"}'.encode()]
    wanted = one_by_one(STREAMS[0], rows, ())
    assert together(STREAMS[1], rows, (), told) == one_by_one(STREAMS[1], rows, ())
    monkeypatch.setattr(module._Reader, "_records", None)
    assert together(STREAMS[0], rows, (), told) == wanted


def test_no_row_is_no_column_too_few() -> None:
    """A landing of tombstones alone has no payload."""
    assert together(STREAMS[0], [], ASKED) == [[], [], [], [], []]


TEXTS = st.text(
    st.one_of(st.sampled_from("a'\"\\\n\x7f\u00e9\u00a0\u2028\U0001f600"), st.characters(exclude_categories=["Cs"])),
    max_size=8,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.none(), TEXTS, st.sampled_from(["{}", '{"a":"b"}'])), min_size=1, max_size=5))
def test_values_are_spelt_as_python_spells_them(values: list[str | None]) -> None:
    """The hash of a landing must not change with the way in which it is computed."""
    each = hashlib.sha256()
    for value in values:
        each.update(repr(value).encode("utf-8", errors="backslashreplace"))
    assert hashlib.sha256(_spelt(values)).digest() == each.digest()


def test_texts_and_flags_are_spelt() -> None:
    """Worked by hand."""
    assert _spelt(["a", 'b"c']) == b"""'a''b"c'"""
    assert _spelt(["a'b", None]) == b""""a'b"None"""
    assert _spelt([True, False]) == b"TrueFalse"
    assert _spelt(["\\", "\n"]) == rb"'\\''\n'"
