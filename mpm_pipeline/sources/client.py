"""The one place that speaks HTTP to a source: deadlines, caps, retries, tokens, hosts, and words without secrets.

A connector makes one `Client` and calls `get` and `post` with a `read` function that turns a complete `Reply` into what it
wants. Whatever `read` or the vendor's `judge` raises decides what happens: `Transient` and `Broken` are asked again within the
elapsed budget, `TokenExpired` renews the token once, everything else ends the request. Redirects are never followed, links
lead to the own host, `instance_hosts` (with credentials) or `file_hosts` (never with them) and nowhere else.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import httpx
import stamina

from mpm_pipeline.errors import ConfigError, CredentialsRefused, SourceUnavailable
from mpm_pipeline.sources.hosts import resolve
from mpm_pipeline.sources.page import Broken
from mpm_pipeline.sources.reply import (
    Judge,
    Rejected,
    Reply,
    TokenExpired,
    Transient,
    http_date,
    judge_status,
    retry_after,
)
from mpm_pipeline.sources.transport import Cut, Deadline, TooLarge, body_of, transport

for _logger in ("httpx", "httpcore"):  # at INFO they log whole URLs, tokens included
    logging.getLogger(_logger).setLevel(logging.WARNING)
stamina.instrumentation.set_on_retry_hooks([])  # its default may write to standard output, where `--json` answers

log = logging.getLogger(__name__)

T = TypeVar("T")

UNREACHABLE = "cannot be reached"
FOR_NOW = frozenset({302, 303, 307})
"""Redirects that say themselves that they will pass: a gate in between, a page of maintenance."""


@dataclass(frozen=True)
class Limits:
    """Bounds of one client in seconds and bytes; tests make them small."""

    budget: float = 60.0
    connect_budget: float = 10.0
    deadline: float = 120.0
    silence: float = 30.0
    cap: int = 256 * 1024 * 1024
    wait_first: float = 0.2
    wait_most: float = 2.0


class Auth(Protocol):
    """How requests are authorised; built per attempt, so that a renewed token is used at once."""

    settings: tuple[str, ...]

    def headers(self, client: "Client") -> Mapping[str, str]:
        """Return the headers of one attempt, asking for a token first where there is none."""

    def renew(self, client: "Client") -> bool:
        """Forget the token after a refusal; False when there is no other to be had."""


@dataclass
class Client:
    """One source's connections; made by its connector, used by one thread, closed by `close`."""

    source: str
    url: str
    auth: Auth | None = None
    instance_hosts: tuple[str, ...] = ()
    file_hosts: tuple[str, ...] = ()
    ca_file: str = ""
    judge: Judge = judge_status
    headers: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    newest_date: datetime | None = None

    def __post_init__(self) -> None:
        try:
            parts = httpx.URL(self.url)
        except (httpx.InvalidURL, ValueError):
            raise ConfigError(f"the setting {self.source}.url is no address; look at its host and port") from None
        if parts.scheme not in ("http", "https") or not parts.host:
            raise ConfigError(f"the setting {self.source}.url must be an address that begins with http:// or https://")
        self.url = self.url.rstrip("/") + "/"
        self._deadline = Deadline()
        try:
            made = transport(self._deadline, self.ca_file)
        except OSError as error:
            raise ConfigError(
                f"the setting {self.source}.ca_file names a file that cannot be read as certificates ({type(error).__name__})"
            ) from None
        self._http = httpx.Client(
            transport=made, follow_redirects=False, trust_env=False, timeout=httpx.Timeout(self.limits.silence)
        )

    def get(self, link: str, read: Callable[[Reply], T], *, params: Mapping[str, str] | None = None, **more: Any) -> T:
        """GET a path or link and return what `read` makes of the answer; see `request`."""
        return self.request("GET", link, read, params=params, **more)

    def post(self, link: str, read: Callable[[Reply], T], *, form: Mapping[str, str] | None = None, **more: Any) -> T:
        """POST a form (or `content` bytes) and return what `read` makes of the answer; only for requests safe to repeat."""
        return self.request("POST", link, read, form=form, **more)

    def request(
        self,
        method: str,
        link: str,
        read: Callable[[Reply], T],
        *,
        params: Mapping[str, str] | None = None,
        query: str | None = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        with_auth: bool = True,
        judge: Judge | None = None,
    ) -> T:
        """Ask until there is an answer that `read` accepts or the budget is spent.

        `link` is a path below the base address, an absolute path, or a whole URL of an allowed host. `params` are encoded,
        `query` is sent as it stands (Rest.li). The answer is judged by `judge`, else the client's own.
        """
        target, trusted = self.resolve(link)
        with_auth = with_auth and trusted and self.auth is not None
        began, renewed = time.monotonic(), False

        def once() -> T:
            nonlocal renewed
            try:
                sent = dict(self.headers) | dict(headers or {})
                if with_auth and self.auth is not None:
                    sent |= self.auth.headers(self)
                reply = self._send(method, target, sent, params, query, form, content)
                left = self.limits.budget - (time.monotonic() - began)
                return _taken(reply, judge or self.judge, read, left)
            except TokenExpired:
                if not with_auth or renewed or self.auth is None or not self.auth.renew(self):
                    raise CredentialsRefused("refuses our credentials") from None
                renewed = True
                raise Transient("the token has expired", 0.0) from None
            except Rejected as error:
                if method == "GET" and error.status in FOR_NOW:
                    raise Transient(str(error), is_brief=True) from None
                raise
            except (Broken, Cut) as error:
                raise Transient(str(error)) from None

        try:
            return self._insist(once, began)
        except (Transient, TooLarge) as error:
            raise SourceUnavailable(self._words(method, target, error, began)) from None
        except SourceUnavailable as error:
            if not str(error).startswith(self.source):
                error.args = (self._words(method, target, error, None),)
            raise

    def resolve(self, link: str) -> tuple[str, bool]:
        """Return the full URL of a path or link and whether it may see the credentials; refuse foreign hosts."""
        return resolve(self.source, self.url, link, self.instance_hosts, self.file_hosts)

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def _insist(self, once: Callable[[], T], began: float) -> T:
        def again(error: Exception) -> bool | float:
            if not isinstance(error, Transient):
                return False
            spent = time.monotonic() - began
            budget = self.limits.connect_budget if error.is_brief else self.limits.budget
            if spent + (error.wait or 0.0) > budget:
                return False
            log.info("%s: %s; asking again", self.source, error)
            return True if error.wait is None else error.wait

        for attempt in stamina.retry_context(
            on=again,
            attempts=None,
            timeout=self.limits.budget,
            wait_initial=self.limits.wait_first,
            wait_max=self.limits.wait_most,
            wait_jitter=self.limits.wait_first / 2,
        ):
            with attempt:
                return once()
        raise AssertionError("stamina ends with a value or an error")

    def _send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None,
        query: str | None,
        form: Mapping[str, str] | None,
        content: bytes | None,
    ) -> Reply:
        sent = {"Accept-Encoding": "gzip", "User-Agent": "mpm-pipeline", **headers}
        address = httpx.URL(target)
        if query is not None:
            address = address.copy_with(query=query.encode())
        elif params:
            address = address.copy_merge_params(dict(params))
        self._deadline.start(self.limits.deadline)
        try:
            with self._http.stream(method, address, headers=sent, data=form, content=content) as response:
                body, framed = body_of(response, self.limits.cap)
        except httpx.ConnectError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise SourceUnavailable(
                    "shows a certificate that is not trusted; name its authority in the setting ca_file"
                ) from None
            raise Transient(UNREACHABLE, is_brief=True) from None
        except httpx.TimeoutException:
            raise Transient("did not answer in time") from None
        except (httpx.LocalProtocolError, UnicodeEncodeError):
            raise CredentialsRefused("was not asked: a credential holds a character that no header can carry") from None
        except httpx.TransportError as error:
            raise Transient(f"broke off ({type(error).__name__})") from None
        date = http_date(response.headers.get("date", ""))
        if date is not None and (self.newest_date is None or date > self.newest_date):
            self.newest_date = date
        lowered = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, lowered, body, framed, date, urlsplit(target).path)

    def _words(self, method: str, target: str, error: Exception, began: float | None) -> str:
        """Say what went wrong: source, method, host and path, never the query, a header or a body."""
        parts = urlsplit(target)
        tried = f" (tried for {time.monotonic() - began:.0f} s)" if began is not None else ""
        return f"{self.source}: {method} {parts.netloc.rpartition('@')[2]}{parts.path}: {error}{tried}{self._advice(error)}"

    def _advice(self, error: Exception) -> str:
        """Say which settings to look at, where they are the likely cause."""
        if str(error) == UNREACHABLE:
            return f"; check {self.source}.url and the way there"
        if isinstance(error, CredentialsRefused) and self.auth is not None:
            names = " and ".join(f"{self.source}.{name}" for name in self.auth.settings)
            return f"; check {names}, and what they are allowed to read"
        return ""


def _taken(reply: Reply, judge: Judge, read: Callable[[Reply], T], left: float) -> T:
    """Judge and read an answer; whatever the vendor's own words, nothing is asked again before its header's wish, see `Transient`."""
    try:
        judge(reply)
        return read(reply)
    except Transient as error:
        wish = retry_after(reply)
        if error.wait is None and wish is not None and (wish < left or not error.is_wish_doubtful):
            error.wait = wish
        raise
