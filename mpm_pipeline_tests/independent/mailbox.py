"""Mailboxes and domains: what an e-mail address may say about a person, a domain about a company.

Role mailboxes, placeholders and blanks never say who somebody is; free-mail domains never say where somebody works.
"""

import re
from functools import cache
from typing import Any

from publicsuffixlist import PublicSuffixList

_ROLES = """
abuse accounting accounts accountspayable accountsreceivable admin administrator ap ar billing bookkeeping careers
contact contactus customerservice enquiries enquiry feedback finance hello help helpdesk hostmaster hr info inbox
inquiries inquiry invoice invoices invoicing it jobs legal mail mailbox marketing media newsletter office orders
operations ops partners payable payables payments postmaster pr press privacy procurement purchasing reception
recruiting root sales secretary security service services shop staff subscribe support sysadmin team tech webmaster
noreply donotreply mailerdaemon
"""
_PLACEHOLDERS = """
test testing tester noemail nomail none na null unknown nobody anonymous xxx asdf abc email user
"""
_FREE_MAIL = """
gmail.com googlemail.com yahoo.com yahoo.co.uk yahoo.co.jp yahoo.fr yahoo.de ymail.com rocketmail.com hotmail.com
hotmail.co.uk hotmail.fr outlook.com live.com msn.com icloud.com me.com mac.com aol.com gmx.com gmx.net gmx.de gmx.at
gmx.ch web.de t-online.de freenet.de mail.com mail.ru yandex.ru yandex.com proton.me protonmail.com pm.me zoho.com
fastmail.com hey.com tutanota.com qq.com 163.com 126.com sina.com naver.com daum.net orange.fr free.fr laposte.net
wanadoo.fr libero.it virgilio.it tiscali.it bluewin.ch comcast.net verizon.net att.net sbcglobal.net cox.net
btinternet.com sky.com bigpond.com rediffmail.com uol.com.br bol.com.br terra.com.br mailinator.com
guerrillamail.com 10minutemail.com trashmail.com yopmail.com
"""
ROLES, PLACEHOLDERS, FREE_MAIL = (frozenset(text.split()) for text in (_ROLES, _PLACEHOLDERS, _FREE_MAIL))
_SUFFIXES = PublicSuffixList()


@cache
def normalised(address: Any) -> str | None:
    """Lower case, trimmed, without +tag; Gmail without dots and by one name; None if it is no address."""
    text = str(address or "").strip().strip("<>").lower()
    local, at, domain = text.rpartition("@")
    local = local.split("+", 1)[0]
    if not at or not local or "." not in domain or re.search(r"[\s@,;]", local + domain):
        return None
    if domain in ("gmail.com", "googlemail.com"):
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}" if local else None


def personal_key(address: Any) -> str | None:
    """The address as a key of a person; None for role mailboxes and placeholders."""
    found = normalised(address)
    if found is None:
        return None
    local = re.sub(r"[^a-z0-9]", "", found.split("@")[0])
    return None if local in ROLES or local in PLACEHOLDERS or not local else found


@cache
def registrable(host: Any) -> str | None:
    """The registrable domain of a host name or web address."""
    text = re.sub(r"^[a-z][a-z0-9+.-]*://", "", str(host or "").strip().lower())
    text = re.split(r"[/?#:]", text.rpartition("@")[2], maxsplit=1)[0].strip(".")
    return _SUFFIXES.privatesuffix(text) if "." in text else None


def company_domain(address: Any) -> str | None:
    """The registrable domain of a mailbox, None for free-mail."""
    found = normalised(address)
    domain = registrable(found.split("@")[1]) if found else None
    return None if domain is None or domain in FREE_MAIL else domain


def is_internal(address: Any, own: list[str]) -> bool:
    """Say whether the mailbox belongs to the company's own people."""
    host = str(address or "").strip().lower().rpartition("@")[2]
    return any(host == d.lower() or host.endswith("." + d.lower()) for d in own if d)
