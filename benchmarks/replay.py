"""A server that answers from memory what another server answered before: so that a loader is measured, not the server.

The first time a request is seen it goes to the server behind (bodies and all); later the same bytes come back at once. Links
in answers that name the server behind are turned to this one.
"""

import asyncio
import threading
import urllib.request
from collections.abc import Mapping
from urllib.error import HTTPError


class Replay:
    """Use as a context manager; `url` is the address, `misses` the number of requests that the server behind answered."""

    def __init__(self, behind: str) -> None:
        self.behind = behind
        self.url = ""
        self.misses = 0
        self._known: dict[tuple[str, str, bytes], bytes] = {}
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Replay":
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                method, target, _ = line.decode("latin-1").split()
                headers: dict[str, str] = {}
                while (text := (await reader.readline()).decode("latin-1").strip()) != "":
                    name, _, value = text.partition(":")
                    headers[name.lower()] = value.strip()
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                key = (method, target, body)
                if key not in self._known:
                    self.misses += 1
                    self._known[key] = await self._loop.run_in_executor(None, self._ask, *key, headers)
                writer.write(self._known[key])
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _ask(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        kept = {name: headers[name] for name in ("authorization", "content-type", "accept") if name in headers}
        request = urllib.request.Request(self.behind + target, data=body or None, headers=kept, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                status, found, content = answer.status, dict(answer.headers), answer.read()
        except HTTPError as error:
            status, found, content = error.code, dict(error.headers), error.read()
        content = content.replace(self.behind.encode(), self.url.encode())
        dropped = ("content-length", "transfer-encoding", "connection", "server", "content-encoding")
        head = "".join(f"{name}: {value}\r\n" for name, value in found.items() if name.lower() not in dropped)
        return f"HTTP/1.1 {status} OK\r\n{head}Content-Length: {len(content)}\r\n\r\n".encode("latin-1") + content
