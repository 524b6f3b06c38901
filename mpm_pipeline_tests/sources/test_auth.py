"""How credentials get onto a request, against answers that are made up without a server."""

from collections.abc import Mapping
from typing import Any

import pytest

from mpm_pipeline.errors import CredentialsRefused, SourceUnavailable
from mpm_pipeline.sources.auth import Header, Token
from mpm_pipeline_tests.sources.offline import client_of, made


def test_a_fixed_header_is_sent_and_final() -> None:
    """There is no other to be had."""
    client, _ = client_of(made(200))
    header = Header("X-Key", "sesame")
    assert header.headers(client) == {"X-Key": "sesame"} and header.renew(client) is False
    assert header.settings == ("access_token",) and "sesame" not in repr(header)


@pytest.mark.parametrize("as_query", [False, True])
def test_a_token_is_asked_for_once_and_anew_after_a_refusal(as_query: bool) -> None:
    """It is kept until then; whoever wants to see the answer sees it before the token is used."""
    client, seen = client_of(*(made(200, {"access_token": f"t{number}"}) for number in (1, 2)))
    told: list[Mapping[str, object]] = []
    token = Token(
        "/token",
        {"a": "b"},
        as_query,
        on_token=lambda asker, answer: told.append({**answer, "held": token.token, "by": asker is client}),
    )
    assert [token.headers(client), token.headers(client)] == [{"Authorization": "Bearer t1"}] * 2
    assert len(seen) == 1
    assert token.renew(client) is True and token.headers(client) == {"Authorization": "Bearer t2"}
    assert told == [{"access_token": one, "held": "", "by": True} for one in ("t1", "t2")]
    assert {(one.method, str(one.url), one.content) for one in seen} == {
        ("GET", "http://crm.example/token?a=b", b"") if as_query else ("POST", "http://crm.example/token", b"a=b")
    }


def test_a_token_request_carries_no_token() -> None:
    """Also where the client has one to send."""
    client, seen = client_of(made(200, {"access_token": "new"}))
    for as_query in (False, True):
        client.auth = Token("/token", {}, as_query, token="old")
        client.auth.renew(client)
        client.auth.headers(client)
    assert ["authorization" in one.headers for one in seen] == [False, False]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({}, "status 200"),
        ({"access_token": ""}, "status 200"),
        ({"access_token": 5}, "status 200"),
        ({"access_token": None, "error": "invalid_grant", "error_description": "hush"}, "invalid_grant"),
    ],
)
def test_an_answer_without_a_token_is_a_refusal(answer: dict[str, Any], code: str) -> None:
    """Said at once, with the source, the place and the vendor's code; nothing is kept of it."""
    client, seen = client_of(made(200, answer))
    token = Token("/token", {})
    with pytest.raises(CredentialsRefused, match=rf"^crm: POST crm.example/token: gave no access token \({code}\)$"):
        token.headers(client)
    assert token.token == "" and len(seen) == 1


@pytest.mark.parametrize("as_query", [False, True])
@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"error": "invalid_client"}', "invalid_client"),
        ('{"error": "%s"}' % ("x" * 50), "x" * 40),
        ('{"error": "sesame is wrong"}', "status {}"),
        ('{"error": 5}', "status {}"),
        ('{"error": ""}', "status {}"),
        ("{}", "status {}"),
        ("[1]", "status {}"),
        ("<html>", "status {}"),
    ],
    ids=range(8),
)
def test_a_refusal_says_its_code_and_nothing_else(as_query: bool, status: int, body: str, said: str) -> None:
    """Codes hold no secret, descriptions may."""
    client, seen = client_of(made(status, body.encode()))
    with pytest.raises(CredentialsRefused, match=rf": refuses our credentials \({said.format(status)}\)$"):
        Token("/token", {"secret": "sesame"}, as_query).headers(client)
    assert len(seen) == 1


@pytest.mark.parametrize("as_query", [False, True])
def test_a_token_server_that_is_away_is_asked_again(as_query: bool) -> None:
    """Its outage is no refusal, nor is an answer of another shape."""
    ready = made(200, {"access_token": "t"})
    for trouble in (made(503), made(200, b"[]"), made(200, b"<html>")):
        client, seen = client_of(trouble, ready)
        assert Token("/token", {}, as_query).headers(client) == {"Authorization": "Bearer t"}
        assert len(seen) == 2
    client, _ = client_of(made(200, b"[]"))
    with pytest.raises(SourceUnavailable, match="/token: the answer is no JSON object "):
        Token("/token", {}, as_query).headers(client)
