"""What the client sends, to whom, and what it keeps to itself."""

import logging
from typing import Any

import pytest

from mpm_pipeline.errors import SourceUnavailable
from mpm_pipeline.sources.auth import Token
from mpm_pipeline.sources.client import Client, Limits
from mpm_pipeline.sources.hosts import resolve
from mpm_pipeline.sources.reply import Reply
from mpm_pipeline_tests.sources.scripted import Asked, Scripted, answer

FORM = {"client_id": "me", "client_secret": "sesame"}
QUICK = Limits(budget=2.0, connect_budget=0.3, deadline=1.0, silence=1.0)


def read(reply: Reply) -> Any:
    return reply.page("records").rows


def asked(auth: Token | None = None, **options: Any) -> list[Asked]:
    """Ask once and return what the server saw."""
    with Scripted(answer(body={"access_token": "t1", "records": []})) as server:
        client = Client("crm", server.url, limits=QUICK, auth=auth)
        client.get("/rows", read, **options)
        client.close()
        return server.requests


def test_credentials_go_into_the_body_of_a_token_request() -> None:
    """Addresses stand in logs of servers and proxies, bodies do not; only where a vendor wants a query it is one."""
    token, rows = asked(Token("/token", FORM))
    assert (token.method, token.target, token.body) == ("POST", "/token", b"client_id=me&client_secret=sesame")
    assert (rows.method, rows.target, rows.body) == ("GET", "/rows", b"")
    token, _ = asked(Token("/token", FORM, as_query=True))
    assert (token.method, token.target) == ("GET", "/token?client_id=me&client_secret=sesame")


def test_a_query_in_a_spelling_of_its_own_is_sent_as_it_is() -> None:
    """Some vendors give brackets, commas and colons a meaning that encoding would take from them."""
    (request,) = asked(query="q=(a:List(1,2))")
    assert request.target == "/rows?q=(a:List(1,2))"


def test_requests_say_who_asks() -> None:
    """An operator of a server can see whom to write to."""
    (request,) = asked()
    named = {name.lower(): value for name, value in request.headers.items()}
    assert (named["user-agent"], named["accept-encoding"]) == ("mpm-pipeline", "gzip")


def test_libraries_that_log_whole_addresses_are_quiet() -> None:
    """At INFO they would write tokens into a log, whatever an application has set for all."""
    assert all(logging.getLogger(name).level == logging.WARNING for name in ("httpx", "httpcore"))


def test_a_token_shows_no_secret_of_its_own() -> None:
    """What a debugger or a traceback prints of it."""
    shown = repr(Token("/token", FORM, token="t1"))
    assert "/token" in shown and "sesame" not in shown and "t1" not in shown


@pytest.mark.parametrize(("scheme", "port", "other"), [("https", 443, 80), ("http", 80, 443)])
def test_a_port_that_goes_without_saying_is_the_same_port(scheme: str, port: int, other: int) -> None:
    """Another one is another server."""
    own = f"{scheme}://api.example"
    assert resolve("crm", own, f"{own}:{port}/next", (), ()) == (f"{own}:{port}/next", True)
    assert resolve("crm", f"{own}:{port}", f"{own}/next", (), ()) == (f"{own}/next", True)
    with pytest.raises(SourceUnavailable, match="foreign host"):
        resolve("crm", own, f"{own}:{other}/next", (), ())
