"""The client without a server: what it sends, what it gives to whoever reads, and the words in which a request ends."""

import logging
import re
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import stamina

from mpm_pipeline.errors import ConfigError, CredentialsRefused, SourceUnavailable
from mpm_pipeline.sources.auth import Header
from mpm_pipeline.sources.client import Client, Limits
from mpm_pipeline.sources.reply import Reply, Transient, judge_status
from mpm_pipeline.sources.stripe import connector as stripe
from mpm_pipeline.sources.transport import TooLarge
from mpm_pipeline_tests.sources.offline import client_of, made


def whole(reply: Reply) -> Reply:
    return reply


@pytest.mark.parametrize(
    ("error", "words", "kind"),
    [
        (
            httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"),
            "shows a certificate that is not trusted; name its authority in the setting ca_file",
            SourceUnavailable,
        ),
        (
            httpx.ConnectError("refused"),
            "cannot be reached (tried for 0 s); check crm.url and the way there",
            SourceUnavailable,
        ),
        (httpx.ConnectTimeout(""), "did not answer in time (tried for 0 s)", SourceUnavailable),
        (httpx.ReadTimeout(""), "did not answer in time (tried for 0 s)", SourceUnavailable),
        (httpx.RemoteProtocolError("sesame"), "broke off (RemoteProtocolError) (tried for 0 s)", SourceUnavailable),
        (
            httpx.LocalProtocolError("sesame"),
            "was not asked: a credential holds a character that no header can carry; check crm.key and crm.name, and what "
            "they are allowed to read",
            CredentialsRefused,
        ),
        (
            TooLarge("the answer is larger than 1 MiB"),
            "the answer is larger than 1 MiB (tried for 0 s)",
            SourceUnavailable,
        ),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else "",
)
def test_what_went_wrong_is_said_in_full(error: Exception, words: str, kind: type[Exception]) -> None:
    """Source, method, host and path, reason and what to look at; never a query, never what the library says."""
    client, _ = client_of(error, auth=Header("X", "y", ("key", "name")))
    with pytest.raises(kind, match="^" + re.escape(f"crm: GET crm.example/api/rows: {words}") + "$") as caught:
        client.get("rows", whole, params={"secret": "sesame"})
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_user_in_an_address_is_not_told() -> None:
    """Neither a name nor a password that somebody put into the setting."""
    client = Client("crm", "http://me:sesame@crm.example")
    assert client._words("GET", "http://me:sesame@crm.example/a?b=c", Transient("is away"), None) == (
        "crm: GET crm.example/a: is away"
    )


def test_an_outage_is_told_with_the_time_that_was_spent(caplog: pytest.LogCaptureFixture) -> None:
    """And each further try in the log."""
    caplog.set_level(logging.INFO)
    client, seen = client_of(made(503), limits=Limits(budget=0.6, wait_first=0.1, wait_most=0.1))
    with pytest.raises(SourceUnavailable, match=r"^crm: GET crm.example/api/rows: answered 503 \(tried for [01] s\)$"):
        client.get("rows", whole)
    assert {one.getMessage() for one in caplog.records} == {"crm: answered 503; asking again"}
    assert len(caplog.records) >= len(seen) - 1 > 0


def test_credentials_without_settings_to_look_at() -> None:
    """A client without any says only what happened."""
    client, seen = client_of(made(403))
    with pytest.raises(
        CredentialsRefused, match="^crm: GET .*rows: answered 403: the credentials lack the right to read this$"
    ):
        client.get("rows", whole)
    client, seen = client_of(made(401))
    with pytest.raises(CredentialsRefused, match="^crm: GET crm.example/api/rows: refuses our credentials$"):
        client.get("rows", whole)
    assert len(seen) == 1


def test_whoever_reads_gets_the_whole_answer() -> None:
    """Status, names of headers in small letters, body, whether it is framed, the server's date and the path."""
    answer = made(200, b"abc", {"Date": "Mon, 01 Jun 2026 00:00:00 GMT", "X-Left": "Seven", "Content-Length": "3"})
    client, _ = client_of(answer)
    reply = client.get("rows?more=1", whole)
    at = datetime(2026, 6, 1, tzinfo=UTC)
    assert (reply.status, reply.body, reply.framed, reply.date, reply.path) == (200, b"abc", True, at, "/api/rows")
    assert reply.headers["x-left"] == "Seven"


@pytest.mark.parametrize(
    ("more", "method", "target", "body"),
    [
        ({}, "GET", "/api/rows?a=1", b""),
        ({"params": {"b": "x y"}}, "GET", "/api/rows?a=1&b=x+y", b""),
        ({"query": "b=(c:d)"}, "GET", "/api/rows?b=(c:d)", b""),
        ({"form": {"b": "c"}}, "POST", "/api/rows?a=1", b"b=c"),
        ({"content": b"text"}, "POST", "/api/rows?a=1", b"text"),
    ],
)
def test_what_is_sent(more: dict[str, Any], method: str, target: str, body: bytes) -> None:
    """Parameters beside those of a link, a query in the place of them, a form, or bytes as they are."""
    client, seen = client_of(made(200))
    (client.get if method == "GET" else client.post)("rows?a=1", whole, **more)
    assert [(one.method, one.url.raw_path.decode(), one.content) for one in seen] == [(method, target, body)]


def test_headers_of_one_request_stand_above_those_of_the_client() -> None:
    """And credentials above both; without them nothing of them is sent."""
    options = {"headers": {"A": "client", "B": "client"}, "auth": Header("C", "sesame")}
    client, seen = client_of(made(200), **options)
    client.get("rows", whole, headers={"B": "request", "C": "request"})
    client.get("rows", whole, with_auth=False)
    assert [[one.headers.get(name) for name in "ABC"] for one in seen] == [
        ["client", "request", "sesame"],
        ["client", "client", None],
    ]
    assert (seen[0].headers["user-agent"], seen[0].headers["accept-encoding"]) == ("mpm-pipeline", "gzip")


def test_a_request_can_be_judged_by_words_of_its_own() -> None:
    """In the place of those of the client."""

    def grumble(reply: Reply) -> None:
        raise SourceUnavailable("crm: grumbles")

    client, seen = client_of(made(404))
    assert client.get("rows", whole, judge=lambda reply: None).status == 404
    with pytest.raises(SourceUnavailable, match="^crm: POST crm.example/api/rows: answered 404$"):
        client.post("rows", whole)
    client.judge = grumble
    with pytest.raises(SourceUnavailable, match="^crm: grumbles$"):
        client.get("rows", whole)
    assert len(seen) == 3


def test_a_renewed_token_is_used_at_once(caplog: pytest.LogCaptureFixture) -> None:
    """Not after the wait that an outage is worth; it is asked for by the client that needs it."""
    caplog.set_level(logging.INFO)

    class Renewed(Header):
        def renew(self, client: Client) -> bool:
            return client.source == "crm"

    limits = Limits(wait_first=30.0, wait_most=30.0)
    client, _ = client_of(made(401), made(200), limits=limits, auth=Renewed("X", "y"))
    began = time.monotonic()
    assert client.get("rows", whole).status == 200 and time.monotonic() - began < 0.9
    assert [one.getMessage() for one in caplog.records] == ["crm: the token has expired; asking again"]


def test_bounds_are_those_of_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long it asks again, and how long it waits in between."""
    told: list[dict[str, Any]] = []
    retry = stamina.retry_context

    def noted(**bounds: Any) -> Any:
        told.append({name: value for name, value in bounds.items() if name != "on"})
        return retry(**bounds)

    monkeypatch.setattr(stamina, "retry_context", noted)
    client, _ = client_of(made(200), limits=Limits(budget=7.0, wait_first=0.5, wait_most=3.0))
    client.get("rows", whole)
    assert told == [{"attempts": None, "timeout": 7.0, "wait_initial": 0.5, "wait_max": 3.0, "wait_jitter": 0.25}]
    assert client._deadline._ends - time.monotonic() > 100
    assert Client("crm", "http://crm.example", limits=Limits(silence=9.0))._http.timeout == httpx.Timeout(9.0)


def test_waits_of_the_server_count_as_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wish that would end after the budget is not waited for; one that ends before it is."""
    slept: list[float] = []
    for wish in ("0.03", "0.2"):
        answer = made(429, headers={"Retry-After": wish})
        client, seen = client_of(answer, limits=Limits(budget=0.1, wait_first=0.01))
        with pytest.raises(SourceUnavailable, match="answered 429"):
            client.get("rows", whole)
        slept.append(len(seen))
    assert slept[0] > 1 and slept[1] == 1


def test_what_may_not_be_the_source_is_worth_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that cannot be reached, and a gate's redirect, have the smaller budget; an outage has the larger one."""
    limits = Limits(budget=30.0, connect_budget=0.03, wait_first=0.01, wait_most=0.01)
    for answer in (httpx.ConnectError("refused"), made(302)):
        client, seen = client_of(answer, limits=limits)
        began = time.monotonic()
        with pytest.raises(SourceUnavailable):
            client.get("rows", whole)
        assert time.monotonic() - began < 5 and len(seen) > 1


@pytest.mark.parametrize(
    ("url", "based"),
    [("http://x.example", "http://x.example/"), ("http://x.example/X//", "http://x.example/X/")],
)
def test_an_address_ends_in_one_slash(url: str, based: str) -> None:
    """So that paths are below it."""
    client = Client("crm", url)
    assert client.url == based and client.resolve("rows") == (f"{based}rows", True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"url": "http://x:y"}, "the setting crm.url is no address; look at its host and port"),
        ({"url": "ftp://x"}, "the setting crm.url must be an address that begins with http:// or https://"),
        ({"url": "http://"}, "the setting crm.url must be an address that begins with http:// or https://"),
        (
            {"url": "http://x", "ca_file": "/none"},
            "the setting crm.ca_file names a file that cannot be read as certificates (FileNotFoundError)",
        ),
    ],
)
def test_settings_that_cannot_work_are_told_in_full(options: dict[str, Any], words: str) -> None:
    """Which one, and what to look at."""
    with pytest.raises(ConfigError, match="^" + re.escape(words) + "$"):
        Client("crm", **options)


def test_a_wish_beyond_the_budget_counts_for_nothing_beside_a_vendor_s_own_words() -> None:
    """Stripe promises no `Retry-After`, so one of a day that comes all the same does not end a run that its words would let go on."""
    patience = Limits(budget=2.0, wait_first=0.01)
    client, seen = client_of(
        made(429, headers={"Retry-After": "86400"}), made(200), limits=patience, judge=stripe._judge
    )
    assert client.get("rows", whole).status == 200 and len(seen) == 2


@pytest.mark.parametrize("wish", ["0", "-5", "nan", "Mon, 01 Jun 2026 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -1200"])
def test_a_wish_for_no_wait_leaves_our_own_pace(wish: str) -> None:
    """A server in trouble that asks for no wait is asked with growing pauses, not hundreds of times a second."""
    patience = Limits(budget=0.4, wait_first=0.02, wait_most=0.1)
    headers = {"Retry-After": wish, "Date": "Mon, 01 Jun 2026 00:00:00 GMT"}
    for judge in (judge_status, stripe._judge):
        client, seen = client_of(made(429, headers=headers), limits=patience, judge=judge)
        with pytest.raises(SourceUnavailable):
            client.get("rows", whole)
        assert 2 < len(seen) < 20


def test_a_second_wish_beyond_what_is_left_counts_for_nothing() -> None:
    """Of half a second 0.3 are waited once; the second 0.3 would end the run, so the vendor's words set the pace."""
    busy = made(429, headers={"Retry-After": "0.3"})
    client, seen = client_of(busy, busy, made(200), limits=Limits(budget=0.5, wait_first=0.01), judge=stripe._judge)
    assert client.get("rows", whole).status == 200 and len(seen) == 3
