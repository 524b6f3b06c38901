"""Which hosts may be asked, and which of them may see credentials: a link of a source leads to its own host or to allowed ones."""

from urllib.parse import urljoin, urlsplit

import httpx

from mpm_pipeline.errors import SourceUnavailable


def resolve(
    source: str, url: str, link: str, instance_hosts: tuple[str, ...], file_hosts: tuple[str, ...]
) -> tuple[str, bool]:
    """Return the full URL of a path or link and whether it may see the credentials; refuse foreign hosts."""
    try:
        target = urljoin(url, link)
        httpx.URL(target)
        own, there = urlsplit(url), urlsplit(target)
    except (httpx.InvalidURL, ValueError):
        raise SourceUnavailable(f"{source}: a link that the source gave is no address") from None
    place = _place(there.scheme, there.netloc)
    if there.scheme in ("http", "https") and "@" not in there.netloc:
        if there.scheme == own.scheme or there.scheme == "https":
            if place == _place(own.scheme, own.netloc):
                return target, True
            if _named(place, instance_hosts):
                return target, True
        if _named(place, file_hosts):
            return target, False
    raise SourceUnavailable(
        f"{source}: a link leads to the foreign host {place[0][:100]}, which was not asked; if it is the "
        f"vendor's, name it in {source}.instance_hosts (or file_hosts, which never get credentials)"
    )


def _place(scheme: str, netloc: str) -> tuple[str, str]:
    host, _, port = netloc.lower().rpartition("@")[2].partition(":")
    return host, port or ("443" if scheme == "https" else "80")


def _named(place: tuple[str, str], hosts: tuple[str, ...]) -> bool:
    """Say whether an allow-list names a place, as `host` (any port) or `host:port`."""
    return any(one.lower() in (place[0], ":".join(place)) for one in hosts)
