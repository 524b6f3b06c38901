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
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx
import stamina

from mpm_pipeline.errors import ConfigError, CredentialsRefused, SourceUnavailable
from mpm_pipeline.sources.page import Broken, Envelope, parse, split
from mpm_pipeline.sources.transport import Cut, Deadline, TooLarge, body_of, transport

for _logger in ("httpx", "httpcore"):  # at INFO they log whole URLs, tokens included
    logging.getLogger(_logger).setLevel(logging.WARNING)
stamina.instrumentation.set_on_retry_hooks([])  # its default may write to standard output, where `--json` answers

log = logging.getLogger(__name__)

T = TypeVar("T")


class Transient(Exception):
    """The source cannot answer just now; `wait` seconds are its own wish, if it has one."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class TokenExpired(Exception):
    """The source does not take our token any more: renew it once, then give up."""


class Rejected(SourceUnavailable):
    """The source refuses this very request, and would again; `status` and `code` say as what."""

    def __init__(self, message: str, status: int = 0, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


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


@dataclass(frozen=True)
class Reply:
    """One complete answer; `framed` says that its end is proven, which text without a closing bracket needs."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    framed: bool = True
    date: datetime | None = None
    path: str = ""

    def json(self) -> Any:
        """Parse the whole body; Broken when it is no JSON."""
        return parse(self.body)

    def page(self, *path: str) -> Envelope:
        """Split the body into envelope and raw records, see `page.split`."""
        return split(self.body, *path)

    def text(self) -> str:
        """Return the body of a text format (CSV); Transient when it may have been cut without a sign."""
        if not self.framed:
            raise Transient("the answer has neither length nor chunks, so a cut would not show")
        return self.body.decode("utf-8-sig")


class Auth(Protocol):
    """How requests are authorised; built per attempt, so that a renewed token is used at once."""

    settings: tuple[str, ...]

    def headers(self, client: "Client") -> Mapping[str, str]:
        """Return the headers of one attempt, asking for a token first where there is none."""

    def renew(self, client: "Client") -> bool:
        """Forget the token after a refusal; False when there is no other to be had."""


Judge = Callable[[Reply], None]


def judge_status(reply: Reply) -> None:
    """Judge by the HTTP status alone; vendors with words of their own call it last."""
    if 200 <= reply.status < 300:
        return
    if reply.status == 401:
        raise TokenExpired
    if reply.status in (408, 420, 425, 429) or reply.status >= 500:
        raise Transient(f"answered {reply.status}", retry_after(reply))
    if 300 <= reply.status < 400:
        raise Rejected("answered with a redirect, which is never followed", reply.status)
    if reply.status == 403:
        raise CredentialsRefused("answered 403: the credentials lack the right to read this")
    raise Rejected(f"answered {reply.status}", reply.status)


def retry_after(reply: Reply) -> float | None:
    """Return the seconds that `Retry-After` asks for; a date is read against the server's own `Date`."""
    wish = reply.headers.get("retry-after", "").strip()
    if not wish:
        return None
    try:
        return max(0.0, float(wish))
    except ValueError:
        at = http_date(wish)
    return max(0.0, (at - reply.date).total_seconds()) if at and reply.date else None


def http_date(text: str) -> datetime | None:
    """Read an HTTP date as UTC; None when it is none."""
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (TypeError, ValueError):
        return None


class _Unreachable(Transient):
    """No connection came about: worth a shorter budget than a source that answers."""


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
                (judge or self.judge)(reply)
                return read(reply)
            except TokenExpired:
                if not with_auth or renewed or self.auth is None or not self.auth.renew(self):
                    raise CredentialsRefused("refuses our credentials") from None
                renewed = True
                raise Transient("the token has expired", 0.0) from None
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
        try:
            target = urljoin(self.url, link)
            httpx.URL(target)
            own, there = urlsplit(self.url), urlsplit(target)
        except (httpx.InvalidURL, ValueError):
            raise SourceUnavailable(f"{self.source}: a link that the source gave is no address") from None
        place = _place(there.scheme, there.netloc)
        if there.scheme in ("http", "https") and "@" not in there.netloc:
            if there.scheme == own.scheme or there.scheme == "https":
                if place == _place(own.scheme, own.netloc):
                    return target, True
                if _named(place, self.instance_hosts):
                    return target, True
            if _named(place, self.file_hosts):
                return target, False
        raise SourceUnavailable(
            f"{self.source}: a link leads to the foreign host {place[0][:100]}, which was not asked; if it is the "
            f"vendor's, name it in {self.source}.instance_hosts (or file_hosts, which never get credentials)"
        )

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def _insist(self, once: Callable[[], T], began: float) -> T:
        def again(error: Exception) -> bool | float:
            if not isinstance(error, Transient):
                return False
            spent = time.monotonic() - began
            budget = self.limits.connect_budget if isinstance(error, _Unreachable) else self.limits.budget
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
            raise _Unreachable("cannot be reached") from None
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
        if isinstance(error, _Unreachable):
            return f"; check {self.source}.url and the way there"
        if isinstance(error, CredentialsRefused) and self.auth is not None:
            names = " and ".join(f"{self.source}.{name}" for name in self.auth.settings)
            return f"; check {names}, and what they are allowed to read"
        return ""


def _place(scheme: str, netloc: str) -> tuple[str, str]:
    host, _, port = netloc.lower().rpartition("@")[2].partition(":")
    return host, port or ("443" if scheme == "https" else "80")


def _named(place: tuple[str, str], hosts: tuple[str, ...]) -> bool:
    """Say whether an allow-list names a place, as `host` (any port) or `host:port`."""
    return any(one.lower() in (place[0], ":".join(place)) for one in hosts)
