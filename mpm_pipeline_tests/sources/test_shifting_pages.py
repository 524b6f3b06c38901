"""Pages that shift, come twice or come empty under the reader: no row is lost by them."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from mpm_pipeline.errors import SourceUnavailable
from mpm_pipeline.sources.connector import Days
from mpm_pipeline.sources.linkedin.restli import Restli, _offset_page
from mpm_pipeline.sources.marketo.answers import Refused
from mpm_pipeline.sources.marketo.connector import Marketo
from mpm_pipeline.sources.marketo.leads import Leads
from mpm_pipeline.sources.reply import Rejected, Reply, Transient
from mpm_pipeline.sources.salesforce.connector import Salesforce
from mpm_pipeline.sources.stripe.connector import StripeAccount

Answers = list[tuple[list[bytes], Any]]


def offset_pages(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> tuple[list[list[bytes]], list[str]]:
    """Walk a finder that answers so; return the pages and what was asked."""
    monkeypatch.setattr("mpm_pipeline.sources.linkedin.restli.OFFSET_PAGE", 2)
    api, asked = Restli.__new__(Restli), []

    def get(path: str, read: Callable[[Reply], Any], query: str = "") -> Any:
        asked.append(query)
        return *answers.pop(0), ""

    api.get = get  # type: ignore[method-assign]
    return list(api.by_offset("leadForms", q="owner")), asked


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ({"count": 2, "links": [{"rel": "next", "href": "/rest/leadForms?start=2&count=2"}]}, {"links": []}, 3),
        ({"count": 2, "links": []}, {"count": 2}, 3),
        ({"count": 100, "links": []}, {}, 2),
        ({"count": 1, "links": []}, {}, 2),
        ({}, {}, 2),
    ],
)
def test_pages_that_are_smaller_than_asked_for(first: dict[str, Any], last: dict[str, Any], expected: int) -> None:
    """A server that gives two rows where a hundred were asked for says by a link, or by its own count, that a third follows."""
    bodies = [{"elements": [{"id": 1}, {"id": 2}], "paging": first}, {"elements": [{"id": 3}], "paging": last}]
    api = Restli.__new__(Restli)
    api.get = lambda path, read, query="": read(Reply(200, {}, json.dumps(bodies.pop(0)).encode()))  # type: ignore[method-assign]
    assert sum(len(page) for page in api.by_offset("leadForms", q="owner")) == expected


def whole(paging: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> int:
    """Walk a finder whose server answers with two rows whatever the `start`; return how often it was asked."""
    monkeypatch.setattr("mpm_pipeline.sources.linkedin.restli.OFFSET_PAGE", 100)
    body = json.dumps({"elements": [{"id": 1}, {"id": 2}], "paging": paging}).encode()
    api, asked = Restli.__new__(Restli), []

    def get(path: str, read: Callable[[Reply], Any], query: str = "") -> Any:
        asked.append(query)
        assert len(asked) < 20
        return read(Reply(200, {}, body))

    api.get = get  # type: ignore[method-assign]
    assert {row for page in api.by_offset("leadForms", q="owner") for row in page} == {b'{"id": 1}', b'{"id": 2}'}
    return len(asked)


def test_a_server_that_does_not_page_is_not_asked_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """All rows come each time: where its `count` alone spoke for more they are all there is; a link that leads nowhere is an error."""
    assert whole({"count": 2}, monkeypatch) == 7
    for total in ({}, {"total": 2}):
        with pytest.raises(SourceUnavailable, match="does not go on"):
            whole({"links": [{"rel": "next", "href": "/rest/leadForms?start=2&count=2"}], **total}, monkeypatch)


def test_a_page_that_comes_twice_without_a_start_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache repeats the first page in place of the second, and nothing tells a total: c is not lost."""
    answers: Answers = [([b"a", b"b"], None), ([b"a", b"b"], None), ([b"c"], None)]
    pages, asked = offset_pages(answers, monkeypatch)
    assert [row for page in pages for row in page] == [b"a", b"b", b"c"]
    assert [query.split("&")[1] for query in asked] == ["start=0", "start=2", "start=2"]


def test_a_total_that_changes_makes_all_pages_be_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a, b, c, d, e the row a goes after the first page: c slips onto it and is found by the second scan."""
    answers: Answers = [([b"a", b"b"], 5), ([b"d", b"e"], 4), ([b"b", b"c"], 4), ([b"d", b"e"], 4)]
    pages, asked = offset_pages(answers, monkeypatch)
    assert {row for page in pages for row in page} == {b"a", b"b", b"c", b"d", b"e"}
    assert [query.split("&")[1] for query in asked] == ["start=0", "start=2", "start=0", "start=2"]


def test_a_total_that_stays_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pages of a list that stands still are two requests."""
    assert len(offset_pages([([b"a", b"b"], 3), ([b"c"], 3)], monkeypatch)[1]) == 2


def test_a_total_that_stays_though_places_shifted_makes_all_be_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a, b, c, d the row a goes and e comes: four are told each time, but c slipped, so only three came."""
    answers: Answers = [([b"a", b"b"], 4), ([b"d", b"e"], 4), ([b"b", b"c"], 4), ([b"d", b"e"], 4)]
    answers[1] = ([b"b", b"d"], 4)
    pages, asked = offset_pages(answers, monkeypatch)
    assert {row for page in pages for row in page} == {b"a", b"b", b"c", b"d", b"e"}
    assert len(asked) == 4


def test_a_total_that_never_stands_still_ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """After four scans what came is taken: a server that counts wrongly must not hold us for ever."""
    answers: Answers = [([b"a", b"b"], 10 + number) for number in range(50)]
    pages, _ = offset_pages(answers, monkeypatch)
    assert len(pages) == 21


def test_another_page_than_the_one_asked_for_is_asked_for_again() -> None:
    """A cache that repeats the first page says so by its own `start`."""
    body = json.dumps({"elements": [{"id": 1}], "paging": {"start": 0, "count": 1, "total": 3}}).encode()
    reply = Reply(200, {}, body)
    assert _offset_page(reply, 0)[1] == 3
    with pytest.raises(Transient, match="another page"):
        _offset_page(reply, 1)


def test_an_announced_page_of_stripe_is_asked_for_twice_when_it_is_empty() -> None:
    """The first page has more; the second comes empty once and then with its row."""
    answers: Answers = [([b'{"id":"a"}'], True), ([], False), ([b'{"id":"b"}'], False)]
    account = StripeAccount.__new__(StripeAccount)
    account.client = SimpleNamespace(get=lambda *_, **__: answers.pop(0))  # type: ignore[assignment]
    assert list(account._list("v1/charges", {})) == [[b'{"id":"a"}'], [b'{"id":"b"}']]


def stripe_list(*answers: Any) -> tuple[list[list[bytes]], list[str]]:
    """Walk a list of Stripe whose pages (or errors) come so; return the pages and after which ids was asked."""
    account, after, left = StripeAccount.__new__(StripeAccount), [], list(answers)

    def get(_link: str, _read: Any, params: dict[str, str]) -> Any:
        after.append(params.get("starting_after", ""))
        if isinstance(left[0], Exception):
            raise left.pop(0)
        return left.pop(0)

    account.client = SimpleNamespace(get=get)  # type: ignore[assignment]
    return list(account._list("v1/charges", {})), after


A, B = [b'{"id":"a"}'], [b'{"id":"b"}']


def test_a_page_of_stripe_that_comes_again_is_asked_for_once_more() -> None:
    """After a comes a again, then b, as it should; a list that goes on with a for ever is given up after two tries."""
    assert stripe_list((A, True), (A, True), (B, False)) == ([A, B], ["", "a", "a"])
    with pytest.raises(SourceUnavailable, match="does not go on"):
        stripe_list((A, True), (A, True), (A, True))


def test_a_404_without_the_vendor_s_words_is_no_end_of_a_list() -> None:
    """In the middle of a list it is asked for once more; in the vendor's words, or again, it ends the run."""
    silent, said = Rejected("answered 404", 404), Rejected("answered 404", 404, "invalid_request_error")
    assert stripe_list((A, True), silent, (B, False))[0] == [A, B]
    for errors in ([silent, silent], [said]):
        with pytest.raises(Rejected):
            stripe_list((A, True), *errors)


def marketo_walk(*answers: Any) -> tuple[list[list[bytes]], list[str]]:
    """Walk a stream of activities whose pages (or errors) come so; return the pages and the tokens, or dates, asked by."""
    leads, asked, left = Leads.__new__(Leads), [], list(answers)

    def get(link: str, _read: Any, params: dict[str, str]) -> Any:
        asked.append(params.get("nextPageToken") or params["sinceDatetime"])
        if link.endswith("pagingtoken.json"):
            return f"token {len(asked)}"
        if isinstance(left[0], Exception):
            raise left.pop(0)
        return left.pop(0)

    leads.client, leads.root = SimpleNamespace(get=get), ""  # type: ignore[assignment]
    start = datetime(2026, 6, 1, tzinfo=UTC)
    return list(leads.walk("activities.json", {}, start, start + timedelta(days=2))), asked


def click(hour: int, day: int = 1) -> list[bytes]:
    return [f'{{"id":{hour},"activityDate":"2026-06-{day:02}T{hour:02}:00:00Z"}}'.encode()]


def test_a_page_of_marketo_that_leads_back_is_asked_for_once_more() -> None:
    """The second page is the first one again; asked for once more it is itself. For ever, it ends the walk."""
    first, second = (click(1), "next"), (click(2), None)
    assert marketo_walk(first, first, second)[0] == [click(1), click(2)]
    with pytest.raises(SourceUnavailable, match="does not go on"):
        marketo_walk(first, first, first)


def test_a_token_that_is_refused_is_replaced_by_one_for_the_last_date() -> None:
    """After a row of 05:00 the token dies: the walk goes on from 05:00, and gives up when tokens die four times."""
    dead = Refused("answered 1003", "1003", "")
    pages, asked = marketo_walk((click(5), "next"), dead, (click(5) + click(6), None))
    assert pages == [click(5), click(5) + click(6)]
    assert asked == ["2026-06-01T00:00:00Z", "token 1", "next", "2026-06-01T05:00:00Z", "token 4"]
    with pytest.raises(Refused):
        marketo_walk(dead, dead, dead, dead)


def programs(monkeypatch: pytest.MonkeyPatch, *pages: list[bytes]) -> list[bytes]:
    """List programmes that come in these pages of two, whatever is asked; all of them must be asked for."""
    monkeypatch.setattr("mpm_pipeline.sources.marketo.connector.ASSET_PAGE", 2)
    connector, left = Marketo.__new__(Marketo), list(pages)
    monkeypatch.setattr(connector, "_assets_of", lambda *_: left.pop(0))
    found = [row for rows in connector._listed_programs() for row in rows]
    assert left == []
    return found


def test_programmes_are_listed_until_two_scans_name_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a, b, c, d the row a goes after the first page, so that c slips onto it: the second scan finds it, the third agrees."""
    a, b, c, d = (f'{{"id":{number}}}'.encode() for number in (1, 2, 3, 4))
    second = ([b, c], [d], [])
    assert set(programs(monkeypatch, [a, b], [d], [], *second, [b, c], [d], [])[3:]) == {b, c, d}
    assert programs(monkeypatch, [a, b], [], [a, b], []) == [a, b, a, b]


def test_less_than_a_page_of_programmes_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can shift within one page."""
    assert programs(monkeypatch, [b'{"id":1}'], []) == [b'{"id":1}']


def test_deleted_ids_are_asked_for_within_the_server_s_own_fifteen_days() -> None:
    """A run that has lasted three hours asks from three hours later on, as the recycle bin goes by the server's clock."""
    as_of = datetime(2026, 3, 30, 12, tzinfo=UTC)
    connector = Salesforce.__new__(Salesforce)
    asked: list[datetime] = []
    connector.client = SimpleNamespace(newest_date=as_of + timedelta(hours=3))  # type: ignore[assignment]
    connector._deleted_between = lambda name, start, end: asked.append(start) or []  # type: ignore[method-assign,func-returns-value]
    connector._deleted("Account", Days(date(2026, 1, 1), date(2026, 3, 30), True, as_of))
    assert asked == [datetime(2026, 3, 15, 16, tzinfo=UTC)]
