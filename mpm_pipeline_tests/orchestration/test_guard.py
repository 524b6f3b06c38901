"""The guard lets Dagster's own pages work and lets no other site's page start a run."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from mpm_pipeline.errors import ConfigError
from mpm_pipeline.orchestration.entry import Token
from mpm_pipeline.orchestration.guard import Guard
from mpm_pipeline.settings import load

MUTATION = "mutation { launchRun }"
HERE = "http://127.0.0.1:3000"
SOCKET = "ws://127.0.0.1:3000/graphql"
JSON = {"Content-Type": "application/json"}


async def _reached(request: Request) -> PlainTextResponse:
    return PlainTextResponse("reached")


async def _talk(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("reached")
    await websocket.close()


@pytest.fixture
def client() -> TestClient:
    routes = [
        Route("/graphql", _reached, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", _talk),
        Route("/{path:path}", _reached, methods=["GET", "POST"]),
    ]
    return TestClient(Guard(Starlette(routes=routes)), base_url=HERE)


@pytest.mark.parametrize("host", ["127.0.0.1:3000", "localhost:3000", "LOCALHOST", "[::1]:3000", "localhost."])
def test_loopback_names_are_served(client: TestClient, host: str) -> None:
    """Every loopback name is served, with any port."""
    assert client.get("/", headers={"Host": host}).text == "reached"


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:3000", "10.0.0.1", "", "[::1"]
)
def test_a_foreign_host_is_misdirected(client: TestClient, host: str) -> None:
    """A name that is not loopback is a rebinding attack: 421, whatever the path."""
    for path in ("/", "/graphql", "/runs/1"):
        assert client.get(path, headers={"Host": host}).status_code == 421


@pytest.mark.parametrize(
    "query",
    [
        MUTATION, "query a { x } mutation b { launchRun }", "subscription { x }", "{ broken", "\nmutation\n{ launchRun }",
        "#query\nmutation { launchRun }", "{" * 3000,
    ],
)  # fmt: skip
def test_a_get_changes_nothing(client: TestClient, query: str) -> None:
    """A GET that holds a mutation, a subscription, or what cannot be parsed is refused, on either spelling of the path."""
    for path in ("/graphql", "/graphql/"):
        assert client.get(path, params={"query": query}).status_code == 403
    assert client.head("/graphql", params={"query": query}).status_code == 403


def test_the_last_of_several_queries_counts_too(client: TestClient) -> None:
    """A harmless first `query` does not hide a mutation in a second one."""
    assert client.get("/graphql", params=[("query", "{ x }"), ("query", MUTATION)]).status_code == 403


def test_a_get_may_read(client: TestClient) -> None:
    """Queries over GET and the query page itself work."""
    assert client.get("/graphql", params={"query": "query a { mutationOf: x }"}).text == "reached"
    assert client.get("/graphql").text == "reached"


def test_own_pages_may_post_mutations(client: TestClient) -> None:
    """What the web pages themselves send, JSON from the same origin, passes; so does a script without a browser's headers."""
    own = {"Origin": HERE, "Sec-Fetch-Site": "same-origin"}
    assert client.post("/graphql", json={"query": MUTATION}, headers=own).text == "reached"
    assert client.post("/graphql", json={"query": MUTATION}).text == "reached"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_form_cannot_post(client: TestClient, kind: str) -> None:
    """A content type that a page may send elsewhere without asking is refused, since the query may hide in the address."""
    sent = client.post(f"/graphql?query={MUTATION}", content=b"x", headers={"Content-Type": kind})
    assert sent.status_code == 415


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:9999"}, {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://localhost:3000.evil.example"},
    ],
)  # fmt: skip
def test_pages_of_other_sites_may_not_call(client: TestClient, headers: dict[str, str]) -> None:
    """A foreign or opaque origin is refused: POST of a mutation, POST of a report, a GET query, a plain GET."""
    assert client.post("/graphql", json={"query": MUTATION}, headers=headers).status_code == 403
    assert client.post("/report_asset_materialization/raw", headers=headers | JSON).status_code == 403
    assert client.get("/graphql", params={"query": "{ x }"}, headers=headers).status_code == 403
    assert client.get("/", headers=headers).status_code == 403


def test_a_link_from_elsewhere_opens_a_page_but_no_query(client: TestClient) -> None:
    """Following a link from another site is no harm for a page, and is none of GraphQL's business."""
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client.get("/assets", headers=link).text == "reached"
    assert client.get("/graphql", params={"query": "{ x }"}, headers=link).status_code == 403
    assert client.get("/assets", headers=link | {"Sec-Fetch-Dest": "iframe"}).status_code == 403
    assert client.post("/assets", headers=link).status_code == 403


def test_websockets_work_for_own_pages_only(client: TestClient) -> None:
    """The live updates' socket opens for the own origin and for none other."""
    with client.websocket_connect(SOCKET, headers={"Origin": HERE}) as socket:
        assert socket.receive_text() == "reached"
    for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(SOCKET, headers=headers):
            pass


def test_pages_may_not_be_framed(client: TestClient) -> None:
    """Every answer forbids other sites to show it in a frame."""
    assert client.get("/").headers["x-frame-options"] == "DENY"


SECRET = "an-open-sesame-of-22"
BEARER = {"Authorization": f"Bearer {SECRET}"}


@pytest.fixture
def asked(client: TestClient) -> TestClient:
    """The same pages behind a token; redirections are not followed."""
    return TestClient(Guard(client.app.app, token=SECRET), base_url=HERE, follow_redirects=False)


def test_without_the_token_nothing_is_served(asked: TestClient) -> None:
    """Pages, queries, mutations and sockets are refused, and so is whatever is not quite the token; the words do not hold it."""
    for headers in (
        {},
        {"Authorization": f"Bearer {SECRET}x"},
        {"Authorization": SECRET},
        {"Authorization": "Bearer "},
    ):
        answer = asked.get("/runs", headers=headers)
        assert answer.status_code == 401 and SECRET not in answer.text and "set-cookie" not in answer.headers
        assert asked.post("/graphql", json={"query": MUTATION}, headers=headers).status_code == 401
    for path in ("/?token=", f"/?token={SECRET}x", f"/?token={SECRET}&token={SECRET}"):
        assert asked.get(path).status_code == 401
    assert asked.post(f"/graphql?token={SECRET}", json={"query": MUTATION}).status_code == 401
    with pytest.raises(WebSocketDisconnect), asked.websocket_connect(SOCKET, headers={"Origin": HERE}):
        pass


def test_programs_send_the_token_and_the_guard_stays(asked: TestClient) -> None:
    """With the token all is served that is served without one, and nothing that is not."""
    assert asked.post("/graphql", json={"query": MUTATION}, headers=BEARER).text == "reached"
    assert asked.get("/graphql", params={"query": MUTATION}, headers=BEARER).status_code == 403
    assert asked.get("/", headers=BEARER | {"Host": "evil.example"}).status_code == 421
    assert asked.post("/assets", headers=BEARER | {"Origin": "https://evil.example"}).status_code == 403


def test_a_browser_comes_in_once_and_keeps_a_cookie(asked: TestClient) -> None:
    """The token leaves the address at once; the cookie does not hold it, is for this site's pages alone and opens pages and sockets."""
    answer = asked.get(f"/runs?view=all&token={SECRET}&x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/runs?view=all&x=1")
    cookie = answer.headers["set-cookie"].lower()
    assert SECRET not in cookie and "httponly" in cookie and "samesite=strict" in cookie
    assert (answer.headers["referrer-policy"], answer.headers["cache-control"]) == ("no-referrer", "no-store")
    assert asked.get("/runs").text == "reached"
    with asked.websocket_connect(SOCKET, headers={"Origin": HERE}) as socket:
        assert socket.receive_text() == "reached"
    upwards = {
        "type": "http",
        "method": "GET",
        "path": "//evil.example/",
        "query_string": f"token={SECRET}".encode(),
        "headers": [],
    }
    assert Token(SECRET).answer(upwards).headers["location"] == "/evil.example/"


def test_a_cookie_of_another_token_opens_nothing(asked: TestClient, client: TestClient) -> None:
    """Whoever changes the token shuts out those who had the old one."""
    asked.get(f"/?token={SECRET}")
    other = TestClient(Guard(client.app.app, token=SECRET + "2"), base_url=HERE, cookies=asked.cookies)
    assert other.get("/").status_code == 401


def test_a_token_is_hard_to_guess() -> None:
    """Fifteen characters, or one with a blank, are refused by name and without the value; none is needed."""
    for wrong in ("fifteen-letters", "a token with blanks"):
        with pytest.raises(ConfigError, match="ui.token") as told:
            load(environment={"MPM_UI__TOKEN": wrong})
        assert wrong not in str(told.value)
    assert load(environment={}).ui.token.get_secret_value() == ""
