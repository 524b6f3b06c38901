"""The client against servers that misbehave: retries, deadlines, caps, hosts, tokens, and words without secrets."""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from mpm_pipeline.errors import ConfigError, CredentialsRefused, SourceUnavailable
from mpm_pipeline.sources.auth import Header, Token
from mpm_pipeline.sources.client import Client, Limits
from mpm_pipeline.sources.linkedin import restli as linkedin
from mpm_pipeline.sources.reply import Judge, Rejected, Reply, judge_status, retry_after
from mpm_pipeline.sources.salesforce import answers as salesforce
from mpm_pipeline.sources.stripe import connector as stripe
from mpm_pipeline_tests.sources.scripted import Answer, Scripted, answer, packed

QUICK = Limits(budget=2.0, connect_budget=0.3, deadline=1.0, silence=1.0, cap=100_000, wait_first=0.01, wait_most=0.05)
ROWS = {"records": [{"Id": "1"}]}
Served = Callable[..., tuple[Scripted, Client]]


@pytest.fixture
def served() -> Iterator[Served]:
    """A scripted server and a client of it."""
    opened: list[Any] = []

    def serve(*answers: Answer, **options: Any) -> tuple[Scripted, Client]:
        server = Scripted(*answers).__enter__()
        client = Client(
            "crm", server.url, **{"limits": QUICK, "auth": Header("Authorization", "Bearer sesame")} | options
        )
        opened.extend((server, client))
        return server, client

    yield serve
    for one in opened:
        one.close() if isinstance(one, Client) else one.__exit__()


def rows(reply: Reply) -> Any:
    """Read what every test here reads."""
    return reply.page("records").rows


@pytest.mark.parametrize(
    "fault",
    [
        answer(429, headers={"Retry-After": "0"}),
        answer(503),
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
        b"",
        answer(body=b"<html>Maintenance</html>"),
        answer(body=b'{"records": [{"Id": "1"}'),
        packed(ROWS, keep=-4),
        packed(ROWS, keep=9),
    ],
    ids=["429", "503", "cut body", "no answer", "HTML", "cut JSON", "gzip without trailer", "gzip cut"],
)
def test_passing_troubles_are_asked_again(served: Served, fault: bytes) -> None:
    """A rate limit, an outage, a cut, HTML or half a JSON in the place of an answer is retried and heals."""
    server, client = served(fault, fault, answer(body=ROWS))
    assert client.get("query", rows) == [b'{"Id": "1"}']
    assert len(server.requests) == 3


def test_gzip_is_unpacked(served: Served) -> None:
    """A whole gzipped body is read."""
    _, client = served(packed(ROWS))
    assert client.get("query", rows) == [b'{"Id": "1"}']


def test_an_outage_ends_with_the_budget(served: Served) -> None:
    """Asking again stops when the elapsed budget is spent, not after some number of tries."""
    server, client = served(answer(503), limits=Limits(budget=0.4, wait_first=0.01, wait_most=0.05))
    began = time.monotonic()
    with pytest.raises(SourceUnavailable, match="crm: GET 127.0.0.1:[0-9]+/query: answered 503"):
        client.get("query", rows)
    assert 0.3 < time.monotonic() - began < 1.5
    assert len(server.requests) > 4


@pytest.mark.parametrize("judge", [judge_status, salesforce.judge, linkedin.judge, stripe._judge])
def test_retry_after_in_seconds_is_kept(served: Served, judge: Judge) -> None:
    """The next request does not come before the seconds that the server asked for, whatever the vendor's words beside it."""
    error = [{"errorCode": "SERVER_UNAVAILABLE", "message": "later"}]
    status = 503 if judge is salesforce.judge else 429
    _, client = served(answer(status, error, {"Retry-After": "0.3"}), answer(body=ROWS), judge=judge)
    began = time.monotonic()
    client.get("query", rows)
    assert time.monotonic() - began >= 0.3


def test_retry_after_as_a_date_is_read_against_the_servers_own_clock() -> None:
    """A date in Retry-After counts from the `Date` of the same answer, however far that is from the machine's clock."""
    reply = Reply(429, {"retry-after": "Mon, 01 Jun 2026 00:00:07 GMT"}, b"", date=datetime(2026, 6, 1, tzinfo=UTC))
    assert retry_after(reply) == 7


@pytest.mark.parametrize("judge", [judge_status, salesforce.judge, linkedin.judge])
def test_a_wait_beyond_the_budget_is_not_begun(served: Served, judge: Judge) -> None:
    """When the server wants a longer wait than the budget allows, the request fails at once, whatever the vendor's words beside it."""
    error = [{"errorCode": "SERVER_UNAVAILABLE", "message": "later"}]
    status = 503 if judge is salesforce.judge else 429
    server, client = served(answer(status, error, {"Retry-After": "3600"}), answer(body=ROWS), judge=judge)
    began = time.monotonic()
    with pytest.raises(SourceUnavailable):
        client.get("query", rows)
    assert time.monotonic() - began < 1
    assert len(server.requests) == 1


@pytest.mark.parametrize("slow_part", ["head", "body"])
def test_a_trickle_does_not_hold_us(served: Served, slow_part: str) -> None:
    """A server that sends a byte now and then meets the wall deadline, in the headers as in the body."""
    whole = answer(body=b"x" * 200)
    start = 5 if slow_part == "head" else len(whole) - 100
    trickle = [whole[:start], *(whole[place : place + 1] for place in range(start, len(whole)))]
    _, client = served(trickle, limits=Limits(budget=0.5, deadline=0.4, silence=0.3))
    began = time.monotonic()
    with pytest.raises(SourceUnavailable, match="did not answer in time"):
        client.get("query", rows)
    assert time.monotonic() - began < 2


def test_silence_does_not_hold_us(served: Served) -> None:
    """A server that says nothing at all meets the wall deadline, however long a single read may take."""
    _, client = served([b""] * 100, limits=Limits(budget=0.2, deadline=0.3, silence=30))
    began = time.monotonic()
    with pytest.raises(SourceUnavailable, match="did not answer in time"):
        client.get("query", rows)
    assert time.monotonic() - began < 2


def test_a_packed_text_cut_at_its_first_byte_is_asked_again(served: Served) -> None:
    """No length, no chunks, no byte: that a gzipped export is empty proves nothing; the second answer is whole."""
    cut = answer(headers={"Content-Encoding": "gzip", "Content-Length": ""})
    server, client = served(cut, packed(b"Id\n1\n"))
    assert client.get("export", lambda reply: reply.text()) == "Id\n1\n"
    assert len(server.requests) == 2


def test_a_bomb_is_not_unpacked(served: Served) -> None:
    """A body that grows beyond the cap while it is unpacked ends the request without a second try."""
    server, client = served(packed(b" " * 50_000_000))
    with pytest.raises(SourceUnavailable, match="larger than"):
        client.get("query", rows)
    assert len(server.requests) == 1


def test_text_without_a_proven_end_is_not_taken(served: Served) -> None:
    """A CSV that ends where the connection ends may have been cut, so it is not taken; JSON proves its own end."""
    bare = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    _, client = served(bare + b"id\n1\n", limits=Limits(budget=0.1, wait_first=0.01))
    with pytest.raises(SourceUnavailable, match="neither length nor chunks"):
        client.get("a.csv", Reply.text)
    _, client = served(bare + b'{"records": []}')
    assert client.get("query", rows) == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_never_followed(served: Served, status: int) -> None:
    """A redirect is refused in the end and the host that it names hears nothing; one for good is refused at once."""
    with Scripted(answer(body=ROWS)) as foreign:
        server, client = served(answer(status, headers={"Location": foreign.url}))
        with pytest.raises(SourceUnavailable, match="redirect"):
            client.get("query", rows)
        assert (len(server.requests) == 1) == (status in (301, 308))
    assert foreign.requests == []


def test_a_redirect_that_passes_costs_nothing(served: Served) -> None:
    """A gate that sends us elsewhere once: the same request is made again; what is posted is never posted twice for it."""
    _, client = served(answer(302, headers={"Location": "http://127.0.0.2/"}), answer(body=ROWS))
    assert len(client.get("query", rows)) == 1
    server, client = served(answer(302, headers={"Location": "http://127.0.0.2/"}), answer(body=ROWS))
    with pytest.raises(Rejected, match="redirect"):
        client.post("query", rows)
    assert len(server.requests) == 1


def test_links_to_foreign_hosts_are_refused(served: Served) -> None:
    """A link to a host that is not allowed is refused before any request, and the message says what to set."""
    with Scripted(answer(body=ROWS), host="127.0.0.2") as foreign:
        server, client = served(answer(body=ROWS))
        for link in (
            f"{foreign.url}/query",
            f"//127.0.0.2:{foreign.port}/query",
            f"http://127.0.0.1@127.0.0.2:{foreign.port}/",
        ):
            with pytest.raises(SourceUnavailable, match="crm.instance_hosts"):
                client.get(link, rows)
        other_port = f"http://127.0.0.1:{foreign.port}/"
        with pytest.raises(SourceUnavailable):
            client.get(other_port, rows)
    assert foreign.requests == [] and server.requests == []


def test_a_token_never_leaves_by_a_weaker_way(served: Served) -> None:
    """A source that is asked over TLS does not get its credentials sent in plain text, to whatever allowed host a link leads."""
    client = Client("crm", "https://crm.example", instance_hosts=("instance.example",), file_hosts=("files.example",))
    assert client.resolve("https://instance.example/query") == ("https://instance.example/query", True)
    assert client.resolve("http://files.example/result") == ("http://files.example/result", False)
    for link in ("http://crm.example:443/query", "http://instance.example/query"):
        with pytest.raises(SourceUnavailable, match="foreign host"):
            client.resolve(link)


@pytest.mark.parametrize("link", ["http://[bad/query", "//[", "query\x00"])
def test_a_link_that_is_no_address_is_refused(served: Served, link: str) -> None:
    """A source that gives nonsense for its next page fails alone; nobody is asked."""
    server, client = served(answer(body=ROWS))
    with pytest.raises(SourceUnavailable, match="crm: a link that the source gave is no address"):
        client.get(link, rows)
    assert server.requests == []


@pytest.mark.parametrize("secret", ["sesame\u2026", "sesame\nopen"])
def test_a_credential_that_no_header_can_carry_is_named(served: Served, secret: str) -> None:
    """A key copied with an ellipsis or a line break in it: refused at once, with the setting and without the key."""
    _, client = served(answer(body=ROWS), auth=Header("Authorization", f"Bearer {secret}", ("api_key",)))
    began = time.monotonic()
    with pytest.raises(CredentialsRefused, match="no header can carry; check crm.api_key") as caught:
        client.get("query", rows)
    assert time.monotonic() - began < 1 and "sesame" not in str(caught.value)


def test_instance_hosts_see_the_token_and_file_hosts_never(served: Served) -> None:
    """A host of instance_hosts gets the credentials, a host of file_hosts is asked without them."""
    with (
        Scripted(answer(body=ROWS), host="127.0.0.2") as instance,
        Scripted(answer(body=ROWS), host="127.0.0.3") as file,
    ):
        _, client = served(answer(body=ROWS), instance_hosts=("127.0.0.2",), file_hosts=(f"127.0.0.3:{file.port}",))
        client.get(f"{instance.url}/query", rows)
        client.get(f"{file.url}/result", rows)
    assert instance.requests[0].headers["authorization"] == "Bearer sesame"
    assert "authorization" not in file.requests[0].headers


def token(value: str) -> bytes:
    """An answer to a token request."""
    return answer(body={"access_token": value, "token_type": "Bearer"})


def test_an_expired_token_is_renewed_once_and_the_new_one_sent(served: Served) -> None:
    """A 401 renews the token, and the next attempt carries the new one."""
    server, client = served(token("old"), answer(401), token("new"), answer(body=ROWS), auth=Token("token", {"a": "b"}))
    assert client.get("query", rows) == [b'{"Id": "1"}']
    sent = [one.headers.get("authorization") for one in server.requests if one.target == "/query"]
    assert sent == ["Bearer old", "Bearer new"]


def test_a_token_that_expires_during_a_wait_is_renewed(served: Served) -> None:
    """Headers are built for each attempt, so a token that died while we waited is replaced."""
    script = (token("old"), answer(429, headers={"Retry-After": "0"}), answer(401), token("new"), answer(body=ROWS))
    server, client = served(*script, auth=Token("token", {}))
    client.get("query", rows)
    assert server.requests[-1].headers["authorization"] == "Bearer new"


def test_a_second_refusal_is_final(served: Served) -> None:
    """When the renewed token is refused too, we stop at once: no storm of requests."""
    server, client = served(token("old"), answer(401), token("new"), answer(401), auth=Token("token", {}))
    with pytest.raises(
        CredentialsRefused, match="crm: .*: refuses our credentials; check crm.client_id and crm.client_secret"
    ):
        client.get("query", rows)
    assert len(server.requests) == 4


@pytest.mark.parametrize("status", [400, 401])
def test_a_refused_token_request_is_final(served: Served, status: int) -> None:
    """What OAuth calls an error is a refusal: one request, and the code in the message."""
    refusal = answer(status, {"error": "invalid_client", "error_description": "client sesame is unknown"})
    server, client = served(refusal, auth=Token("token", {"client_secret": "sesame"}))
    with pytest.raises(CredentialsRefused, match="invalid_client") as caught:
        client.get("query", rows)
    assert len(server.requests) == 1
    assert "sesame" not in str(caught.value)


def test_no_message_and_no_log_holds_a_secret(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    """Neither query nor headers nor body show in errors or logs, whatever goes wrong."""
    caplog.set_level(logging.DEBUG)
    for fault in (
        answer(500, b"sesame"),
        answer(404, b"sesame"),
        answer(403, b"sesame"),
        b"",
        answer(body=b"<sesame>"),
    ):
        _, client = served(fault, limits=Limits(budget=0.05, wait_first=0.01))
        with pytest.raises(SourceUnavailable) as caught:
            client.get("query", rows, params={"q": "sesame", "access_token": "sesame"})
        assert "sesame" not in repr(caught.value)
        assert caught.value.__cause__ is None
    assert "sesame" not in caplog.text
    assert "sesame" not in repr(client)


def test_an_unreachable_host_is_given_up_soon() -> None:
    """Nobody listening is no outage to wait a minute for."""
    with Scripted(b"") as gone:
        pass
    client = Client("crm", gone.url, limits=QUICK)
    began = time.monotonic()
    with pytest.raises(SourceUnavailable, match="cannot be reached.*check crm.url"):
        client.get("query", rows)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    ("options", "setting"),
    [
        ({"url": "crm.example"}, "crm.url"),
        ({"url": "ftp://crm.example"}, "crm.url"),
        ({"url": "http://crm.example:80a"}, "crm.url"),
        ({"url": "http://[::1"}, "crm.url"),
        ({"url": "http://crm.example", "ca_file": __file__}, "crm.ca_file"),
    ],
)
def test_a_setting_that_cannot_work_is_named(options: dict[str, Any], setting: str) -> None:
    """An address that is none, or an authority that is none, is an error of the settings."""
    with pytest.raises(ConfigError, match=f"the setting {setting} "):
        Client("crm", **options)


def test_the_newest_date_of_the_server_is_remembered(served: Served) -> None:
    """The server's clock is known after any answer."""
    later = answer(body=ROWS, headers={"Date": "Mon, 01 Jun 2026 00:00:09 GMT"})
    _, client = served(later, answer(body=ROWS))
    client.get("query", rows)
    client.get("query", rows)
    assert client.newest_date == datetime(2026, 6, 1, 0, 0, 9, tzinfo=UTC)


def test_nothing_of_the_environment_is_trusted(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a proxy nor a netrc of the machine changes what is asked of whom."""
    with Scripted(answer(body=ROWS)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        _, client = served(answer(body=ROWS))
        client.get("query", rows)
    assert proxy.requests == []
