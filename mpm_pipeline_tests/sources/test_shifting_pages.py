"""Pages that shift, come twice or come empty under the reader: no row is lost by them."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from mpm_pipeline.sources.connector import Days
from mpm_pipeline.sources.linkedin_restli import Restli, _offset_page
from mpm_pipeline.sources.reply import Reply, Transient
from mpm_pipeline.sources.salesforce import Salesforce
from mpm_pipeline.sources.stripe import StripeAccount

Answers = list[tuple[list[bytes], Any]]


def offset_pages(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> tuple[list[list[bytes]], list[str]]:
    """Walk a finder that answers so; return the pages and what was asked."""
    monkeypatch.setattr("mpm_pipeline.sources.linkedin_restli.OFFSET_PAGE", 2)
    api, asked = Restli.__new__(Restli), []

    def get(path: str, read: Callable[[Reply], Any], query: str = "") -> Any:
        asked.append(query)
        return answers.pop(0)

    api.get = get  # type: ignore[method-assign]
    return list(api.by_offset("leadForms", q="owner")), asked


def test_a_total_that_changes_makes_all_pages_be_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a, b, c, d, e the row a goes after the first page: c slips onto it and is found by the second scan."""
    answers: Answers = [([b"a", b"b"], 5), ([b"d", b"e"], 4), ([b"b", b"c"], 4), ([b"d", b"e"], 4)]
    pages, asked = offset_pages(answers, monkeypatch)
    assert {row for page in pages for row in page} == {b"a", b"b", b"c", b"d", b"e"}
    assert [query.split("&")[1] for query in asked] == ["start=0", "start=2", "start=0", "start=2"]


def test_a_total_that_stays_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pages of a list that stands still are two requests."""
    assert len(offset_pages([([b"a", b"b"], 3), ([b"c"], 3)], monkeypatch)[1]) == 2


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


def test_deleted_ids_are_asked_for_within_the_server_s_own_fifteen_days() -> None:
    """A run that has lasted three hours asks from three hours later on, as the recycle bin goes by the server's clock."""
    as_of = datetime(2026, 3, 30, 12, tzinfo=UTC)
    connector = Salesforce.__new__(Salesforce)
    asked: list[datetime] = []
    connector.client = SimpleNamespace(newest_date=as_of + timedelta(hours=3))  # type: ignore[assignment]
    connector._deleted_between = lambda name, start, end: asked.append(start) or []  # type: ignore[method-assign,func-returns-value]
    connector._deleted("Account", Days(date(2026, 1, 1), date(2026, 3, 30), True, as_of))
    assert asked == [datetime(2026, 3, 15, 16, tzinfo=UTC)]
