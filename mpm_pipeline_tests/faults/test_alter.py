"""Rows are altered as their names say, and nothing else of the page is."""

import json

import pytest

from mpm_pipeline.faults.alter import EDITS, WHOLE, alter, emptied

FIELDS = {"key": "id", "stamp": "at", "number": "n", "text": "t"}
ROWS = [{"id": "a", "at": "x", "n": 1.5, "t": "one"}, {"id": "b", "at": "y", "n": 2, "t": "two"}]
PAGE = json.dumps({"rows": ROWS, "more": True}).encode()


def altered(name: str, *places: int) -> bytes:
    return alter(name, PAGE, rows_at="rows", places=places or (1,), fields=FIELDS)[0]


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("number_as_locale_text", b'{"id":"b","at":"y","n":"1.234,50 EUR","t":"two"}'),
        ("number_missing", b'{"id":"b","at":"y","t":"two"}'),
        ("number_huge", b'"n":1180591620717411303424'),
        ("duplicate_names", b'"t":"two","n":1,"n":2}'),
        ("colliding_names", b'"t":"two","N":12345}'),
        ("text_lone_surrogate", b'"t":"ab\\ud800cd"'),
        ("text_cp1252", b'"t":"caf\xe9"'),
        ("text_nul", b'"t":"ab\\u0000cd"'),
        ("row_null", b",null]"),
        ("key_null", b'{"id":null,'),
    ],
)
def test_a_row_is_altered(name: str, row: bytes) -> None:
    """The second row is as the alteration says, the first one as it was."""
    page = altered(name)
    assert row in page
    assert b'{"id":"a","at":"x","n":1.5,"t":"one"}' in page
    assert page.endswith(b'"more":true}')


def test_altered_rows_are_named() -> None:
    """The keys of what was altered come back; places beyond the page are none."""
    assert alter("number_null", PAGE, rows_at="rows", places=(0, 1, 7), fields=FIELDS)[1] == {"a", "b"}


def test_a_page_without_rows_stays() -> None:
    """An error's body has nothing to alter."""
    assert alter("number_null", b'{"error":1}', rows_at="rows", places=(0,), fields=FIELDS) == (b'{"error":1}', set())


@pytest.mark.parametrize("name", sorted(EDITS.keys() - {"key_as_number"}))
def test_every_alteration_changes_the_page(name: str) -> None:
    """None is a name for nothing."""
    assert altered(name) != altered_by_nothing()


def altered_by_nothing() -> bytes:
    return json.dumps({"rows": ROWS, "more": True}, separators=(",", ":")).encode()


def test_whole_pages() -> None:
    """What is done to a page as a whole."""
    assert altered("byte_order_mark") == b"\xef\xbb\xbf" + PAGE
    assert altered("utf16").decode("utf-16").encode() == PAGE
    assert set(WHOLE) & set(EDITS) == set()


def test_an_emptied_page_keeps_its_envelope() -> None:
    """Only the rows go."""
    assert json.loads(emptied(PAGE, "rows")) == {"rows": [], "more": True}


def test_a_key_of_digits_becomes_a_number() -> None:
    """The key stays the same, only its type does not."""
    page = b'{"rows":[{"id":"17"}]}'
    assert alter("key_as_number", page, rows_at="rows", places=(0,), fields=FIELDS) == (b'{"rows":[{"id":17}]}', {"17"})
