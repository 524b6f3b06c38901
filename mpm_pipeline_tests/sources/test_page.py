"""Pages are cut into envelope and records; one bad record never costs the others, a cut page is never taken for a whole one."""

import gzip
import json
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpm_pipeline.sources import page as module
from mpm_pipeline.sources.page import Broken, parse, read, read_all, split
from mpm_pipeline.sources.transport import Cut, gunzip

GOOD = b'{"Id":"1","Note":"]}\\" , {"}'
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def test_records_keep_their_own_text() -> None:
    """A record's bytes come out exactly as they stood in the page, and the envelope without them."""
    page = split(b'{"totalSize": 2, "records": [ ' + GOOD + b' , {"Id" : 2} ], "done": true}', "records")
    assert page.rows == [GOOD, b'{"Id" : 2}']
    assert page.fields == {"totalSize": 2, "done": True}


@pytest.mark.parametrize(
    "bad",
    [b'{"Id":NaN}', b'{"Id":"\\ud800"}', b'{"Id":"a\x01b"}', b'{"Id":"1" "x"}', b'{"Id":1e}'],
    ids=["NaN", "lone surrogate", "control character", "no comma", "half a number"],
)
def test_a_bad_record_stays_in_its_place(bad: bytes) -> None:
    """A page with one unreadable record still gives all of its records, the bad one as it came."""
    page = split(b'{"done":true,"records":[' + GOOD + b"," + bad + b',{"Id":"3"}]}', "records")
    assert page.rows == [GOOD, bad, b'{"Id":"3"}']
    assert page.fields["done"] is True


def test_the_list_may_lie_deeper_or_be_the_whole_page() -> None:
    """The path leads to the list; without one the page itself is the list."""
    assert split(b'{"data":{"rows":[1,2],"more":false}}', "data", "rows").rows == [b"1", b"2"]
    assert split(b'{"data":{"rows":[1,NaN]},"n":1}', "data", "rows").rows == [b"1", b"NaN"]
    assert split(b"[1, [2, 3]]").rows == [b"1", b"[2, 3]"]


@pytest.mark.parametrize("body", [b'{"error":"x"}', b'{"records":{"a":1}}', b'{"records":null}', b"[]"])
def test_an_error_in_disguise_has_no_rows(body: bytes) -> None:
    """Where no list stands at the place of the list, `rows` is None, which is not the same as an empty list."""
    assert split(body, "records").rows is None
    assert split(b'{"records":[]}', "records").rows == []


def test_a_bare_list_that_is_cut_is_broken() -> None:
    """Where the page itself is the list, its closing bracket is the proof."""
    for body in (b'[{"a":1},{"b":NaN}', b"[1,2", b'[{"a":1},'):
        with pytest.raises(Broken):
            split(body)


NONE, CUT, MORE = (
    "the answer is no JSON document",
    "the JSON document ends before its brackets close",
    "something follows the JSON document",
)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", CUT),
        (b" ", CUT),
        (b"null", NONE),
        (b"<html></html>", NONE),
        (b"]", NONE),
        (b"[1,{", CUT),
        (b'{"records":[]}}', MORE),
        (b'{"a":1} x', MORE),
        (b'{"records":[1]}[', MORE),
        (b'{"records":[1], 2}', NONE),
        (b'{"records":[1,NaN], "a":NaN}', NONE),
    ],
)
def test_what_is_no_document_is_broken(body: bytes, why: str) -> None:
    """HTML, nothing, half of it, something behind the end, or an envelope that cannot be read is no page."""
    with pytest.raises(Broken, match=f"^{why}$"):
        split(body, "records")


def test_a_mark_of_the_byte_order_is_no_part_of_a_document() -> None:
    """Nor are blanks around it; in its midst the mark is."""
    mark = b"\xef\xbb\xbf"
    assert parse(mark + b'{"a":1}') == {"a": 1}
    assert split(mark + b' {"records" : [1] } ', "records").rows == [b"1"]
    assert split(b" [1, 2] ").rows == [b"1", b"2"] and split(b" [1, NaN ] ").rows == [b"1", b"NaN"]
    with pytest.raises(Broken, match=f"^{NONE}$"):
        parse(mark + mark + b'{"a":1}')


@pytest.mark.parametrize("bad", [b"2", b"NaN"], ids=["sound", "with a bad record"])
def test_both_ways_read_a_page_alike(bad: bytes) -> None:
    """What surrounds the list is told without it, also where it lies deeper; a name inside a record is none of the page."""
    page = split(b'{"a":{"rows":[{"rows":[1]},' + bad + b'],"n":1},"b":[1,[2]],"rows":3}', "a", "rows")
    assert page.rows == [b'{"rows":[1]}', bad]
    assert {**page.fields, "a": {**page.fields["a"], "rows": None}} == {
        "a": {"rows": None, "n": 1},
        "b": [1, [2]],
        "rows": 3,
    }
    assert split(b"[" + bad + b"]").fields == {}
    assert split(b'{"rows" :\n[ ' + bad + b" ]}", "rows").rows == [bad]
    assert split(b'{"rows":[' + bad + b",,1]}" if bad == b"NaN" else b'{"rows":[2,1]}', "rows").rows[-1] == b"1"


@pytest.mark.parametrize(
    ("body", "path", "fields"),
    [
        (b'{"error":"x","why":{"a":[1]}}', ("records",), {"error": "x", "why": {"a": [1]}}),
        (b'{"records":{"a":NaN},"error":"x"}', ("records",), {"records": None, "error": "x"}),
        (b'{"data":{"a":NaN},"error":"x"}', ("data",), {"data": None, "error": "x"}),
        (b'{"data":[1],"error":"x"}', ("data", "rows"), {"data": [1], "error": "x"}),
        (b'{"data":null,"error":"x"}', ("data", "rows"), {"data": None, "error": "x"}),
        (b'{"data":{"n":1},"error":"x"}', ("data", "rows"), {"data": {"n": 1}, "error": "x"}),
        (b"[]", ("records",), {}),
        (b'{"n":1}', (), {}),
    ],
)
def test_what_has_no_list_is_told_all_the_same(body: bytes, path: tuple[str, ...], fields: dict) -> None:
    """Vendors say there what went wrong."""
    page = split(body, *path)
    assert (page.rows, page.fields) == (None, fields)


@settings(max_examples=25, deadline=None)
@given(st.lists(JSON, min_size=1), st.dictionaries(st.text().filter(lambda name: name != "records"), JSON))
def test_every_cut_of_a_page_is_noticed(records: list, envelope: dict) -> None:
    """A page that ends early at any place is broken; whole, both ways of splitting agree."""
    body = json.dumps({**envelope, "records": records}).encode()
    for place in range(0, len(body), 1 + len(body) // 15):
        with pytest.raises(Broken):
            split(body[:place], "records")
    rows = split(body, "records").rows
    assert rows is not None and [json.loads(row) for row in rows] == records


def test_a_deep_page_does_not_break_us() -> None:
    """Nesting beyond any parser's depth is one bad record, not a crash."""
    deep = b"[" * 100_000 + b"]" * 100_000
    assert split(b'{"records":[' + deep + b',{"Id":"7"}]}', "records").rows == [deep, b'{"Id":"7"}']


class Named(msgspec.Struct):
    Id: str | None = None


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ([], []),
        ([b'{"Id":"1","x":[2]}', b'{"Id":"2"}'], ["1", "2"]),
        ([b'{"Id":"1"}', b'{"Id":NaN}', b'{"Id":7}', b'{"Id":"4"}'], ["1", None, None, "4"]),
        ([b'{\n "Id":"1"}', b'{"Id":"2"}'], ["1", "2"]),
        ([b'{"Id":"1"}\n{"Id":"2"}'], [None]),
        ([b'{"Id":"1"}\n{"Id":"2"}', b""], [None, None]),
        ([b'{"Id":"1"', b"}"], [None, None]),
        ([b"", b'{"Id":"2"}'], [None, "2"]),
        ([b'{"Id":"1"}{"Id":"2"}', b"", b'{"Id":"3"}'], [None, None, "3"]),
        ([b'{"Id":"1"', b'}{"Id":"2"}'], [None, None]),
        ([b'{"Id":"1"', b"}", b'{"Id":"2"} {"Id":"3"}'], [None, None, None]),
    ],
)
def test_rows_read_together_are_read_as_each_alone(rows: list[bytes], names: list[str | None]) -> None:
    """No record is taken for its neighbour: one that cannot be read has nothing, the others keep what is theirs."""
    assert [head.Id for head in read_all(rows, Named)] == names
    assert [read(row, Named).Id for row in rows] == names


def test_a_row_that_cannot_be_read_is_what_was_told_for_it() -> None:
    """Among others, and alone."""
    nobody = Named("nobody")
    assert [head.Id for head in read_all([b'{"Id":"1"}', b"{"], Named, nobody)] == ["1", "nobody"]
    assert read(b"{", Named, nobody) is nobody


def test_a_page_of_a_known_envelope_is_cut_at_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """The slower ways are for pages that hold more than was said."""
    for slower in ("_fast", "_tolerant"):
        monkeypatch.setattr(module, slower, None)
    page = split(b'{"total":2,"records":[{"Id":"1"}, {"Id":"2"}]}', "records", beside=("total",))
    assert (page.fields, page.rows) == ({"total": 2}, [b'{"Id":"1"}', b'{"Id":"2"}'])


def chunks(body: bytes, size: int) -> Iterator[bytes]:
    """Cut a body into pieces."""
    return (body[place : place + size] for place in range(0, len(body), size))


def test_gzip_is_unpacked_member_after_member() -> None:
    """Several gzip members in a row are one body, however they are cut into pieces."""
    packed = gzip.compress(b"one\n" * 1000) + gzip.compress(b"two\n")
    for size in (1, 7, 100_000):
        assert b"".join(gunzip(chunks(packed, size))) == b"one\n" * 1000 + b"two\n"
    assert b"".join(gunzip([])) == b""


def test_every_cut_of_a_gzip_body_is_noticed() -> None:
    """A gzip body that lacks its end is cut, even where the text so far is whole lines."""
    packed = gzip.compress(b"line\n" * 500)
    for place in range(1, len(packed)):
        with pytest.raises(Cut):
            b"".join(gunzip([packed[:place]]))


@pytest.mark.parametrize(
    ("rows", "found", "are_all"),
    [
        ([GOOD, b'{"Id":"2"}'], ["1", "2"], True),
        ([GOOD, b'{"Id":"2","Id":"3"}', b"{\n}"], ["1", "3", None], True),
        ([GOOD, b'{"Id":2}', b"[]"], ["1", None, None], False),
        ([GOOD, b'{"Id":"2","x":NaN}'], ["1", None], False),
        ([], [], True),
    ],
    ids=["good", "odd", "other shapes", "unreadable", "none"],
)
def test_heads_of_a_page(rows: list[bytes], found: list[str | None], are_all: bool) -> None:
    """A page is read as its rows are one by one, and tells whether each of them could be read."""
    page = split(b'{"done":true,"records":[' + b",".join(rows) + b"]}", "records")
    heads, is_read = page.heads(Named)
    assert ([head.Id for head in heads], is_read) == (found, are_all)
    assert heads == [read(row, Named) for row in rows]


@pytest.mark.parametrize(
    "body",
    [
        b'{"total":1,"done":true,"records":[{"Id":"1"}]}',
        b'\xef\xbb\xbf{"records":[ {"Id":"1"} , 3 ],"done":false, "next":"/x"}',
        b'{"total":1,"total":2,"done":true,"records":[{"Id":"1"}],"records":[{"Id":"2"}]}',
        b'{"rec\\u006frds":[{"Id":"1"}],"done":true}',
        b'{"done":null,"total":340282366920938463463374607431768211456,"records":[]} ',
        b'{"done":true,"records":null}',
        b'{"done":true}',
        b'{"done":true,"records":{"Id":"1"}}',
        b'{"done":true,"more":[1],"records":[{"Id":"1"}]}',
        b'{"done":true,"records":[{"Id":NaN},{"Id":"2"}]}',
        b'{"total":NaN,"done":true,"records":[{"Id":"1"}]}',
        b'{"done":true,"records":[{"Id":"1"}]}x',
        b'{"done":true,"records":[{"Id":"1"}',
        b"[1]",
        b"",
    ],
)
def test_a_page_read_at_one_go_is_the_same(body: bytes) -> None:
    """Whatever stands in it, and so are the heads of its rows, or the words of its refusal."""

    def found(*beside: str) -> object:
        try:
            page = split(body, "records", beside=beside)
        except Broken as error:
            return str(error)
        return page.fields, page.rows, page.heads(Named)

    assert found("total", "done", "next") == found()
