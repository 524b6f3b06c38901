"""One response within a deadline and a cap, without a server: what sockets are told, how bodies are unpacked and held."""

import errno
import gzip
import random
import ssl
import tempfile
import tracemalloc
import zlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpcore
import httpx
import pytest

from mpm_pipeline.sources import transport
from mpm_pipeline.sources.transport import Cut, Deadline, TooLarge, body_of, gunzip

MIB = 1_048_576


class Recorder:
    """Stands for what httpcore offers, and notes how it was called."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []

    def __getattr__(self, name: str) -> Any:
        def call(*given: Any) -> Any:
            self.calls.append((name, given))
            return self if name in ("start_tls", "connect_tcp") else f"{name} answered"

        return call


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock of our own; it shows 100 seconds."""
    shown = SimpleNamespace(now=100.0)
    monkeypatch.setattr(transport.time, "monotonic", lambda: shown.now)
    return shown


def started(seconds: float) -> Deadline:
    """A deadline of a response that has just begun."""
    deadline = Deadline()
    deadline.start(seconds)
    return deadline


def test_a_deadline_shortens_timeouts_and_ends(clock: SimpleNamespace) -> None:
    """Of ten seconds seven are left after three; at the tenth it is over. Before any response there is none."""
    assert Deadline().cap(5.0) == 5.0
    deadline = started(10)
    clock.now += 3
    assert [deadline.cap(None), deadline.cap(30.0), deadline.cap(2.0)] == [7.0, 7.0, 2.0]
    clock.now += 7
    with pytest.raises(httpcore.ReadTimeout, match="^deadline$"):
        deadline.cap(2.0)


def test_a_socket_is_told_the_deadline(clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is done with it, and also after it has become a safe one; all else reaches it as it was given."""
    inner = Recorder()
    monkeypatch.setattr(transport.httpcore, "SyncBackend", lambda: inner)
    stream = transport._Backend(started(9)).connect_tcp("host", 443, 30.0, "local", ["option"])
    safe = stream.start_tls("context", "host", 30.0)
    answers = [safe.read(5, 30.0), safe.write(b"x", 30.0), safe.close(), safe.get_extra_info("socket")]
    assert answers == ["read answered", None, None, "get_extra_info answered"]
    assert inner.calls == [
        ("connect_tcp", ("host", 443, 9.0, "local", ["option"])),
        ("start_tls", ("context", "host", 9.0)),
        ("read", (5, 9.0)),
        ("write", (b"x", 9.0)),
        ("close", ()),
        ("get_extra_info", ("socket",)),
    ]
    inner.calls.clear()
    transport._Backend(started(9)).connect_tcp("host", 443, 2.0)
    safe.start_tls("context", "host", 2.0).read(5, 2.0)
    safe.write(b"x", 2.0)
    assert [given[timed] for timed, (_, given) in zip((2, 2, 1, 1), inner.calls, strict=True)] == [2.0] * 4


def test_certificates_are_demanded(tmp_path: Any) -> None:
    """With the system's authorities alone and with one more beside them; that one is trusted by its own client only."""
    plain = transport.transport(Deadline(), "")._pool._ssl_context
    assert plain is transport.transport(Deadline(), "")._pool._ssl_context
    file = tmp_path / "ca.pem"
    import trustme

    trustme.CA().cert_pem.write_to_path(file)
    more = transport.transport(Deadline(), str(file))._pool._ssl_context
    assert {plain.verify_mode, more.verify_mode} == {ssl.CERT_REQUIRED}
    assert plain.check_hostname and more.check_hostname
    assert len(more.get_ca_certs()) == len(plain.get_ca_certs()) + 1


def test_connections_that_were_not_used_for_long_are_not_used_again() -> None:
    """Half a minute: servers close theirs without a word."""
    deadline = Deadline()
    pool = transport.transport(deadline, "")._pool
    assert pool._keepalive_expiry == 30 and pool._network_backend._deadline is deadline


PACKED = gzip.compress(b"rows", mtime=0)


@pytest.mark.parametrize(
    ("headers", "content", "expected"),
    [
        ({}, b"rows", (b"rows", False)),
        ({"content-length": "4"}, b"rows", (b"rows", True)),
        ({"transfer-encoding": "Chunked"}, b"rows", (b"rows", True)),
        ({"transfer-encoding": "other"}, b"rows", (b"rows", False)),
        ({"content-encoding": " "}, b"rows", (b"rows", False)),
        ({"content-encoding": "Identity"}, b"rows", (b"rows", False)),
        ({"content-encoding": "gzip"}, PACKED, (b"rows", True)),
        ({"content-encoding": " X-GZIP "}, PACKED, (b"rows", True)),
        ({"content-encoding": "gzip"}, b"", (b"", False)),
        ({"content-encoding": "gzip", "content-length": "0"}, b"", (b"", True)),
    ],
    ids=lambda one: one.hex() if isinstance(one, bytes) else None,
)
def test_a_body_and_whether_its_end_is_proven(headers: dict[str, str], content: bytes, expected: Any) -> None:
    """A length, chunks or a gzip trailer prove it; an end of the connection does not."""
    assert body_of(httpx.Response(200, headers=headers, stream=httpx.ByteStream(content)), 100) == expected


def test_what_was_not_asked_for_is_not_unpacked() -> None:
    """The message names the packing, and not more of it than fits."""
    with pytest.raises(Cut, match="^the body is packed as brbrbrbrbrbrbrbrbrbr, which was not asked for$"):
        body_of(httpx.Response(200, headers={"content-encoding": "BR" * 20}, content=iter([b""])), 100)


def test_the_cap_holds_for_the_packed_and_for_the_plain() -> None:
    """To the byte; over several pieces."""
    for headers, pack in (({}, bytes), ({"content-encoding": "gzip"}, gzip.compress)):
        for size, fits in ((2 * MIB, True), (2 * MIB + 1, False)):
            packed = pack(random.Random(1).randbytes(size))
            pieces = (packed[place : place + 700_000] for place in range(0, len(packed), 700_000))
            answer = httpx.Response(200, headers=headers, content=pieces)
            if fits:
                assert len(body_of(answer, 2 * MIB)[0]) == size
            else:
                with pytest.raises(TooLarge, match="^the answer is larger than 2 MiB$"):
                    body_of(answer, 2 * MIB)


def test_small_pieces_take_no_more_room_than_large_ones() -> None:
    """A body that comes two bytes at a time is held in a few times its size, not in one object a piece."""
    tracemalloc.start()
    try:
        answer = httpx.Response(200, content=(b"%02d" % (place % 100) for place in range(100_000)))
        body, _ = body_of(answer, MIB)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(body) == 200_000
    assert peak < 5 * len(body)


def test_gzip_is_unpacked_in_bounded_steps_member_after_member() -> None:
    """Three megabytes of blanks come in pieces of one at most, and a second member after them, wherever pieces are cut."""
    body = gzip.compress(b" " * 3 * MIB) + gzip.compress(b"end")
    for step in (1, 7, len(body)):
        pieces = list(gunzip(body[place : place + step] for place in range(0, len(body), step)))
        assert b"".join(pieces) == b" " * 3 * MIB + b"end"
        assert max(map(len, pieces)) <= MIB
    assert list(gunzip([])) == []


def test_gzip_that_is_damaged_or_cut_is_not_taken() -> None:
    """A member cut short, a second one that is no gzip or cut short, and bytes that never were gzip."""
    for body, words in (
        (PACKED[:-1], "^the gzip body was cut before its end$"),
        (PACKED + PACKED[:5], "^the gzip body was cut before its end$"),
        (PACKED + zlib.compress(b"rows"), "^the gzip body is damaged$"),
        (zlib.compress(b"rows"), "^the gzip body is damaged$"),
        (b"rows", "^the gzip body is damaged$"),
    ):
        with pytest.raises(Cut, match=words):
            list(gunzip([body]))


def bits(body: bytes) -> Iterator[bytes]:
    """Give a body byte by byte."""
    return (body[place : place + 1] for place in range(len(body)))


def test_a_bomb_is_known_by_its_density(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small things may be dense, large ones may not; what has come by then counts as a whole, in how many pieces ever."""
    monkeypatch.setattr(transport, "HARMLESS", 50_000)
    assert sum(map(len, transport._unpacked(bits(gzip.compress(b" " * 50_000))))) == 50_000
    with pytest.raises(TooLarge, match="^the answer unpacks to more than 200 times its size$"):
        list(transport._unpacked(bits(gzip.compress(b" " * 100_000))))
    records = b"".join(b"%d;%d\n" % (number, number * number) + b"x" * 500 for number in range(600))
    packed = gzip.compress(records)
    assert 20 * len(packed) < len(records) < 150 * len(packed)
    assert b"".join(transport._unpacked(bits(packed))) == records
    monkeypatch.setattr(transport, "HARMLESS", 0)
    monkeypatch.setattr(transport, "DENSEST", 2)
    text = random.Random(1).randbytes(4_000).hex().encode()
    with pytest.raises(TooLarge):
        list(transport._unpacked(bits(gzip.compress(text * 3))))


def test_what_is_large_waits_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the same bytes; what is harmless needs no file."""
    monkeypatch.setattr(transport, "HARMLESS", 10)
    opened = []
    make = tempfile.TemporaryFile
    monkeypatch.setattr(transport.tempfile, "TemporaryFile", lambda: opened.append(1) or make())
    assert transport._whole(iter([b"01234", b"56789"]), 100) == b"0123456789" and opened == []
    assert transport._whole(iter([b"01234", b"56789", b"a", b"b"]), 100) == b"0123456789ab" and opened == [1]
    with pytest.raises(TooLarge, match="0 MiB"):
        transport._whole(iter([b"01234", b"56789", b"a", b"b"]), 11)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_no_room_for_temporary_files_is_said(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Asking again would not help; any other trouble of the disk is told as it is."""

    def full() -> Any:
        raise OSError(number, "no room")

    monkeypatch.setattr(transport, "HARMLESS", 1)
    monkeypatch.setattr(transport.tempfile, "TemporaryFile", full)
    with pytest.raises(
        TooLarge, match="^the answer is larger than the room that is left for temporary files$"
    ) as caught:
        transport._whole(iter([b"0123"]), 100)
    assert caught.value.__suppress_context__
    number = errno.EACCES
    with pytest.raises(PermissionError):
        transport._whole(iter([b"0123"]), 100)
