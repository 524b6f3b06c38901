"""Pages are cut into envelope and records; one bad record never costs the others, a cut page is never taken for a whole one."""

import gzip
import json
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpm_pipeline.sources.page import Broken, read, read_all, split
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


@pytest.mark.parametrize("body", [b"", b"null", b"<html></html>", b'{"records":[]}}', b'{"a":1} x'])
def test_what_is_no_document_is_broken(body: bytes) -> None:
    """HTML, nothing, or something behind the end is no page."""
    with pytest.raises(Broken):
        split(body, "records")


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
    ],
)
def test_rows_read_together_are_read_as_each_alone(rows: list[bytes], names: list[str | None]) -> None:
    """No record is taken for its neighbour: one that cannot be read has nothing, the others keep what is theirs."""
    assert [head.Id for head in read_all(rows, Named)] == names
    assert [read(row, Named).Id for row in rows] == names


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
