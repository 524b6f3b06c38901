"""The proxy does to an answer what was planned, to the request that was meant, and to no other."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mpm_pipeline.faults.injection import ANSWERS, CUTS, KINDS, Injection
from mpm_pipeline.faults.proxy import FOREIGN_HOST, Proxy

PAGE = b'{"rows":[{"id":"a","n":1},{"id":"b","n":2}],"next":"' + b"x" * 2_000 + b'"}'


class _Vendor(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer the page, or the path where one is asked for."""
        body = PAGE if self.path.startswith("/page") else self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def vendor() -> Iterator[str]:
    """A server that answers pages."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Vendor)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def proxy(vendor: str) -> Iterator[Proxy]:
    """A proxy before it that knows where rows lie."""
    with Proxy(vendor, rows_at="rows", fields={"key": "id", "number": "n", "text": "id", "stamp": "n"}) as made:
        yield made


def ask(proxy: Proxy, path: str = "/page") -> bytes:
    """Send one request and read all that comes until the connection ends, or half a second of silence."""
    with socket.create_connection((proxy.host, proxy.port), timeout=0.5) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return until_end(client)


def until_end(client: socket.socket) -> bytes:
    found = b""
    try:
        while part := client.recv(65_536):
            found += part
    except ConnectionResetError:
        return found + b"RESET"
    except TimeoutError:
        return found + b"OPEN"
    return found + b"END"


def body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def test_without_a_plan_all_passes(proxy: Proxy) -> None:
    """A page comes as it is, and the log names the request."""
    assert body(ask(proxy)) == PAGE + b"OPEN"
    assert [one.text for one in proxy.log] == ["GET /page"]


def test_only_the_meant_request_is_struck(proxy: Proxy) -> None:
    """The second request of the path is replaced, those before, after and of other paths are not, and the log counts one."""
    proxy.arm(Injection("replace", path="/page", at=2, status=503))
    answers = [ask(proxy, path)[9:12] for path in ("/page", "/other", "/page?a", "/page")]
    assert answers == [b"200", b"200", b"503", b"200"]
    assert [one.struck for one in proxy.armed] == [1]


@pytest.mark.parametrize(
    ("kind", "end", "framing"),
    [
        ("reset", b"RESET", b"Content-Length: 2054"),
        ("fin", b"END", b"Content-Length: 2054"),
        ("chunk_cut", b"END", b"Transfer-Encoding: chunked"),
        ("bare_cut", b"END", b"Connection: close"),
    ],
)
def test_cuts_end_as_they_say(proxy: Proxy, kind: str, end: bytes, framing: bytes) -> None:
    """Of a body of 2,054 bytes a hundred come, under the framing and with the end that the cut is named for."""
    assert len(PAGE) == 2_054
    proxy.arm(Injection(kind, size=100))
    answer = ask(proxy)
    assert framing in answer
    assert answer.endswith(end)
    assert PAGE[:100] in answer or kind == "reset"
    assert PAGE[:101] not in answer


def test_a_short_body_agrees_with_its_length(proxy: Proxy) -> None:
    """The framing of a short body is sound: only its content tells."""
    proxy.arm(Injection("short", size=10))
    answer = ask(proxy)
    assert b"Content-Length: 10\r\n" in answer
    assert body(answer) == PAGE[:10] + b"OPEN"


def test_a_cut_gzip_body_unpacks_to_a_part(proxy: Proxy) -> None:
    """The packed body lacks its end."""
    proxy.arm(Injection("gzip_cut"))
    packed = body(ask(proxy)).removesuffix(b"OPEN")
    with pytest.raises(EOFError):
        gzip.decompress(packed)


def test_a_bomb_is_small_and_unpacks_large(proxy: Proxy) -> None:
    """Two MiB of spaces come in a few kilobytes."""
    proxy.arm(Injection("bomb", size=2))
    packed = body(ask(proxy)).removesuffix(b"OPEN")
    assert len(packed) < 10_000
    assert len(gzip.decompress(packed)) == 2 * 1_048_576 + 2


def test_trickling_ends_when_the_plan_is_taken_back(proxy: Proxy) -> None:
    """A byte comes now and then, and no more once the proxy is disarmed."""
    proxy.arm(Injection("trickle", seconds=0.05))
    with socket.create_connection((proxy.host, proxy.port), timeout=2) as client:
        client.sendall(b"GET /page HTTP/1.1\r\n\r\n")
        time.sleep(0.3)
        proxy.disarm()
        found = body(until_end(client))
    assert 1 <= len(found.removesuffix(b"END")) < 50


def test_refusing_closes_the_door_for_a_while(proxy: Proxy) -> None:
    """While it refuses, nobody connects; after that the same port answers."""
    proxy.arm(Injection("refuse", at=0))
    with pytest.raises(ConnectionRefusedError):
        ask(proxy)
    proxy.disarm()
    assert ask(proxy)[9:12] == b"200"


def test_the_page_before_comes_again(proxy: Proxy) -> None:
    """The second answer is the first one's body."""
    proxy.arm(Injection("repeat", at=2))
    assert [body(ask(proxy, path)) for path in ("/one", "/two", "/three")] == [b"/oneOPEN", b"/oneOPEN", b"/threeOPEN"]


def test_one_and_the_same_page_comes_for_ever(proxy: Proxy) -> None:
    """What came before is what was delivered, not what the vendor would have said: asking again does not help."""
    proxy.arm(Injection("repeat", at=2, times=0))
    found = [body(ask(proxy, path)) for path in ("/one", "/two", "/two", "/three")]
    assert found == [b"/oneOPEN"] * 4


def test_a_redirect_leads_to_the_foreign_host(proxy: Proxy, vendor: str) -> None:
    """The place that is named keeps path and query."""
    proxy.foreign_url = f"http://{FOREIGN_HOST}:1"
    proxy.arm(Injection("redirect", status=302))
    assert b"Location: http://127.0.0.2:1/page?a=1\r\n" in ask(proxy, "/page?a=1")


def test_the_clock_moves_before_the_answer(proxy: Proxy) -> None:
    """The world is told to move on, once, and the page comes all the same."""
    moved: list[float] = []
    proxy.on_clock = moved.append
    proxy.arm(Injection("clock", at=2, seconds=60))
    assert [ask(proxy)[9:12] for _ in range(3)] == [b"200"] * 3
    assert moved == [60]


def test_rows_are_altered_and_named(proxy: Proxy) -> None:
    """The second row's number is no number any more, and its key is remembered."""
    proxy.arm(Injection("alter", alteration="number_nan", rows=(1,)))
    assert b'{"id":"b","n":NaN}' in ask(proxy)
    assert proxy.altered == {"b"}


def test_every_kind_is_described_and_done() -> None:
    """What can be planned and what is done are the same words."""
    assert set(KINDS) == set(CUTS) | set(ANSWERS) | {"clock", "refuse"}
