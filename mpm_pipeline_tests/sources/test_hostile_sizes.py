"""Bombs and trickles at the bounds that the client has by default: memory stays below twice what a good answer needs, time within the deadline.

Memory is the peak of a process of its own (`VmHWM`), which asks a scripted server once.
"""

import random
import subprocess
import sys
import time
import zlib

import pytest

from mpm_pipeline.errors import SourceUnavailable
from mpm_pipeline.sources.client import Client, Limits
from mpm_pipeline.sources.transport import HARMLESS
from mpm_pipeline_tests.sources.scripted import Scripted, answer, packed

ASKS = """
import sys
from pathlib import Path
from mpm_pipeline.errors import SourceUnavailable
from mpm_pipeline.sources.client import Client

try:
    said = f"took {len(Client('crm', sys.argv[1]).get('query', lambda reply: reply.body))}"
except SourceUnavailable as error:
    said = str(error)
peak = next(line.split()[1] for line in Path('/proc/self/status').read_text().splitlines() if line.startswith('VmHWM'))
print(peak, said)
"""
MIB = 1_048_576


def bomb(size: int) -> bytes:
    """Write a gzipped answer that unpacks to so many bytes, as one stream."""
    pack = zlib.compressobj(9, wbits=31)
    blanks = b" " * MIB
    body = b"".join([*(pack.compress(blanks) for _ in range(size // MIB)), pack.flush()])
    return answer(body=body, headers={"Content-Encoding": "gzip"})


def sparse(size: int) -> bytes:
    """Write an answer packed a hundredfold, which looks like records to whoever goes by density."""
    line = bytes(range(256)) * 4
    pack = zlib.compressobj(1, wbits=31)
    rows = b"".join(line + str(number).encode() for number in range(1000))
    body = b"".join([*(pack.compress(rows) for _ in range(size // len(rows))), pack.flush()])
    return answer(body=body, headers={"Content-Encoding": "gzip"})


def peak(scripted: bytes) -> tuple[int, str]:
    """Let a process ask for an answer; return its peak memory in KiB and what it said."""
    with Scripted(scripted) as server:
        done = subprocess.run(
            [sys.executable, "-c", ASKS, server.url], capture_output=True, text=True, timeout=120, check=True
        )
    told = done.stdout.split(" ", 1)
    return int(told[0]), told[1].strip()


GOOD = packed({"records": [{"Id": str(number)} for number in range(2000)]})


def test_a_bomb_costs_no_memory() -> None:
    """A hundred megabytes out of a hundred kilobytes: refused in words, at less than twice the peak of a page of records."""
    good, took = peak(GOOD)
    hostile, said = peak(bomb(100 * MIB))
    assert took.startswith("took") and "unpacks to more than" in said
    assert hostile <= 2 * good


def body(scripted: bytes) -> bytes:
    """Ask for an answer in this process."""
    with Scripted(scripted) as server:
        client = Client("crm", server.url)
        try:
            return client.get("export", lambda reply: reply.body)
        finally:
            client.close()


def test_a_body_may_be_packed_densely_as_long_as_it_is_small() -> None:
    """Sixteen megabytes of blanks are packed a thousandfold and taken; one more is a bomb, however large the cap."""
    assert body(packed(b" " * HARMLESS)) == b" " * HARMLESS
    with pytest.raises(SourceUnavailable, match="unpacks to more than 200 times its size"):
        body(packed(b" " * (HARMLESS + MIB)))


@pytest.mark.parametrize("is_packed", [True, False])
def test_a_large_body_comes_whole(is_packed: bool) -> None:
    """What is more than sixteen megabytes takes another way, and is the same bytes."""
    sent = random.Random(1).randbytes(HARMLESS // 2) * 2 + b"end"
    assert body(packed(sent) if is_packed else answer(body=sent)) == sent


@pytest.mark.long
def test_a_bomb_of_600_megabytes() -> None:
    """The same of 600 MB, as one stream and as one that is packed less densely than a bomb."""
    good, _ = peak(GOOD)
    for name, scripted in (("dense", bomb(600 * MIB)), ("sparse", sparse(600 * MIB))):
        hostile, said = peak(scripted)
        print(
            f"{name}: {len(scripted) // 1024} KiB packed, peak {hostile // 1024} MiB, a good page {good // 1024} MiB: {said}"
        )
        assert "query: the answer" in said
        assert hostile <= 2 * good, name


@pytest.mark.long
def test_a_slow_loris_ends_within_the_deadline() -> None:
    """A byte every twentieth of a second for ever: the client gives up at its deadline of two minutes, whatever came by then."""
    limits = Limits()
    whole = answer(body=b" " * 100_000)
    with Scripted([whole[place : place + 1] for place in range(len(whole))]) as server:
        client = Client("crm", server.url)
        began = time.monotonic()
        with pytest.raises(SourceUnavailable, match="did not answer in time"):
            client.get("query", lambda reply: reply.body)
        spent = time.monotonic() - began
        client.close()
    print(f"slow loris: ended after {spent:.1f} s, deadline {limits.deadline:.0f} s")
    assert limits.deadline - 1 < spent < limits.deadline + 2
