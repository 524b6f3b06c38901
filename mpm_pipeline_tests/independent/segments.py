"""Region, segment and product line of accounts, leads and deals, and the agreed words for a lead's source.

A described custom field (one that occurs in any record of the object) wins where it is filled; else the rule.

AMBIGUITIES (readings taken here)
D1. inputs 3: Segment__c, Region__c, Product_Line__c where filled are taken as written (trimmed); null product line: unknown.
D2. readings 28: Western Asia as the UN lists it (Iran, Afghanistan, Central Asia: APAC; Turkey, Cyprus, Caucasus: EMEA).
    ISO codes of two and three letters; Antarctica and the like: unknown.
D3. inputs 3: lead_source segments are the values as written (trimmed), case variants apart; all that says nothing: unknown.
"""

import unicodedata
from pathlib import Path
from typing import Any

from mpm_pipeline_tests.independent.world import Record

UNKNOWN = "unknown"
UNKNOWN_SOURCES = {"", "-", "n/a", "none", "other", "unknown", "select", "test", "pleaseselect"}


def _plain(text: Any) -> str:
    decomposed = unicodedata.normalize("NFKD", str(text or ""))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).strip().casefold()


def _countries() -> dict[str, str]:
    found = {}
    for line in Path(__file__).with_name("countries.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            region, iso2, iso3, names = line.split(" ", 3)
            for name in (iso2, iso3, *names.split("|")):
                found[_plain(name)] = region
    return found


REGIONS = _countries()


def region_of_country(country: Any) -> str:
    """AMER, EMEA or APAC by ISO code or English name, else unknown (readings 28)."""
    return REGIONS.get(_plain(country), UNKNOWN)


def segment_of_size(employees: Any) -> str:
    """Below 200 smb, below 2,000 mid, else enterprise; null unknown."""
    if employees is None or employees == "":
        return UNKNOWN
    return "smb" if int(employees) < 200 else "mid" if int(employees) < 2000 else "enterprise"


def account_region(account: Record | None) -> str:
    """Region of an account."""
    if account is None:
        return UNKNOWN
    return _filled(account.get("Region__c")) or region_of_country(account.get("BillingCountry"))


def account_segment(account: Record | None) -> str:
    """Segment of an account."""
    if account is None:
        return UNKNOWN
    return _filled(account.get("Segment__c")) or segment_of_size(account.get("NumberOfEmployees"))


def product_line(opportunity: Record) -> str:
    """Product line of a deal: its own field, else its type."""
    return _filled(opportunity.get("Product_Line__c")) or _filled(opportunity.get("Type")) or UNKNOWN


def lead_source(lead: Record | None) -> str:
    """The declared source as written, or `unknown` for a blank or a placeholder."""
    value = str((lead or {}).get("LeadSource") or "").strip()
    return UNKNOWN if source_is_unknown(value) else value


def source_is_unknown(value: Any) -> bool:
    """Say whether a lead source says nothing (no case, no spaces)."""
    return "".join(str(value or "").split()).casefold() in UNKNOWN_SOURCES


def _filled(value: Any) -> str | None:
    text = str(value).strip() if value is not None else ""
    return text or None
