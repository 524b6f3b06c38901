"""What an answer's status, dates and text mean."""

import time
from datetime import UTC, datetime

import pytest

from mpm_pipeline.errors import CredentialsRefused
from mpm_pipeline.sources.reply import Rejected, Reply, TokenExpired, Transient, http_date, judge_status, retry_after

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def reply(
    status: int = 200, body: bytes = b"", wish: str = "", date: datetime | None = None, framed: bool = True
) -> Reply:
    return Reply(status, {"retry-after": wish} if wish else {}, body, framed, date)


@pytest.mark.parametrize("status", [200, 204, 299])
def test_what_is_fine_passes(status: int) -> None:
    """Without a word."""
    judge_status(reply(status))


@pytest.mark.parametrize("status", [408, 420, 425, 429, 500, 503, 599])
def test_what_passes_is_asked_again(status: int) -> None:
    """After the seconds that the server wants, if it wants any."""
    for wish, seconds in (("7", 7.0), ("", None)):
        with pytest.raises(Transient, match=f"^answered {status}$") as caught:
            judge_status(reply(status, wish=wish))
        assert (caught.value.wait, caught.value.is_brief) == (seconds, False)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (199, "answered 199"),
        (300, "answered with a redirect, which is never followed"),
        (302, "answered with a redirect, which is never followed"),
        (399, "answered with a redirect, which is never followed"),
        (400, "answered 400"),
        (404, "answered 404"),
        (421, "answered 421"),
        (499, "answered 499"),
    ],
)
def test_what_is_refused_is_not_asked_again(status: int, words: str) -> None:
    """The status goes on with the refusal, for vendors that tell one from another."""
    with pytest.raises(Rejected, match=f"^{words}$") as caught:
        judge_status(reply(status))
    assert (caught.value.status, caught.value.code) == (status, "")
    assert (Rejected("no").status, Rejected("no").code) == (0, "")


def test_refused_credentials_are_told_apart_from_spent_ones() -> None:
    """401 asks for a new token, 403 for a person."""
    with pytest.raises(TokenExpired):
        judge_status(reply(401))
    with pytest.raises(CredentialsRefused, match="^answered 403: the credentials lack the right to read this$"):
        judge_status(reply(403))


@pytest.mark.parametrize(
    ("wish", "date", "seconds"),
    [
        ("", NOON, None),
        (" 2.5 ", None, 2.5),
        ("-3", None, None),
        ("soon", NOON, None),
        ("Infinity", NOON, None),
        ("Mon, 01 Jun 2026 12:00:00 GMT", NOON, None),
        ("Mon, 01 Jun 2026 12:00:03 GMT", NOON, 3.0),
        ("Mon, 01 Jun 2026 11:59:57 GMT", NOON, None),
        ("Mon, 01 Jun 2026 12:00:03 GMT", None, None),
    ],
)
def test_a_wish_to_wait(wish: str, date: datetime | None, seconds: float | None) -> None:
    """In seconds or as a date, which counts from the server's own; no wish at all where it asks for no time."""
    assert retry_after(reply(429, wish=wish, date=date)) == seconds


def test_dates_are_read_as_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the machine stands; and what is none is none."""
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        assert str(http_date("Mon, 01 Jun 2026 14:00:00 +0200")) == "2026-06-01 12:00:00+00:00"
    finally:
        monkeypatch.undo()
        time.tzset()
    assert http_date("Mon, 01 Jun 2026 14:00:00 +0200") == NOON
    assert http_date("") is None and http_date("yesterday") is None


def test_text_needs_a_proven_end() -> None:
    """A mark of the byte order is no part of it."""
    assert reply(body=b"\xef\xbb\xbfid\n\xc3\xa4\n").text() == "id\n\u00e4\n"
    with pytest.raises(
        Transient, match="^the answer has neither length nor chunks, so a cut would not show$"
    ) as caught:
        reply(body=b"id\n", framed=False).text()
    assert caught.value.wait is None


def test_a_body_is_read_as_json_or_as_a_page() -> None:
    """The whole of it, or its records apart."""
    one = reply(body=b'{"a": {"rows": [1]}, "next": 2}')
    assert one.json() == {"a": {"rows": [1]}, "next": 2}
    page = one.page("a", "rows")
    assert (page.rows, page.fields) == ([b"1"], {"a": {}, "next": 2})
