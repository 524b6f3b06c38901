"""Which hosts may be asked, and which of them may see credentials."""

import re

import pytest

from mpm_pipeline.errors import SourceUnavailable
from mpm_pipeline.sources.hosts import resolve

OWN = "http://crm.example/api/"
ALSO = ("Eu1.example", "eu2.example:8443")
FILES = ("files.example",)


@pytest.mark.parametrize(
    ("link", "target", "sees"),
    [
        ("rows", "http://crm.example/api/rows", True),
        ("/rows", "http://crm.example/rows", True),
        ("http://CRM.example/rows", "http://CRM.example/rows", True),
        ("http://eu1.EXAMPLE:99/rows", "http://eu1.EXAMPLE:99/rows", True),
        ("https://eu1.example/rows", "https://eu1.example/rows", True),
        ("https://eu2.example:8443/rows", "https://eu2.example:8443/rows", True),
        ("http://files.example:7/rows", "http://files.example:7/rows", False),
        ("https://files.example/rows", "https://files.example/rows", False),
    ],
)
def test_own_and_allowed_hosts(link: str, target: str, sees: bool) -> None:
    """An allowed host is named alone, for any port, or with one; large and small letters are the same."""
    assert resolve("crm", OWN, link, ALSO, FILES) == (target, sees)


@pytest.mark.parametrize(
    ("link", "host"),
    [
        ("https://crm.example/rows", "crm.example"),
        ("http://crm.example:8080/rows", "crm.example"),
        ("https://eu2.example/rows", "eu2.example"),
        ("ftp://files.example/rows", "files.example"),
        ("http://me@files.example/rows", "files.example"),
        ("http://me@crm.example/rows", "crm.example"),
        (f"http://{'x' * 200}/rows", "x" * 100),
    ],
)
def test_all_others_are_refused(link: str, host: str) -> None:
    """Another port, another scheme, a user in the address: the message names the host and the settings."""
    words = (
        f"crm: a link leads to the foreign host {host}, which was not asked; if it is the vendor's, name it in "
        "crm.instance_hosts (or file_hosts, which never get credentials)"
    )
    with pytest.raises(SourceUnavailable, match="^" + re.escape(words) + "$"):
        resolve("crm", OWN, link, ALSO, FILES)


def test_a_link_that_is_no_address() -> None:
    """Said without the link."""
    with pytest.raises(SourceUnavailable, match="^crm: a link that the source gave is no address$"):
        resolve("crm", OWN, "http://[bad/sesame", ALSO, FILES)
