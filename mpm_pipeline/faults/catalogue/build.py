"""Spreads one fault over several vendors, so that a catalogue names each only once."""

from typing import Any

from mpm_pipeline.faults.fault import Fault
from mpm_pipeline.faults.injection import Injection
from mpm_pipeline.vocabulary import VENDORS

ALL = VENDORS
SALESFORCE, MARKETO, LINKEDIN, STRIPE = (("salesforce",), ("marketo",), ("linkedin",), ("stripe",))


def over(
    vendors: tuple[str, ...], name: str, kind: str, text: str, right: str, *injections: Injection, **more: Any
) -> tuple[Fault, ...]:
    """Return one fault for each vendor."""
    return tuple(Fault(f"{name}-{vendor}", kind, vendor, text, right, injections, **more) for vendor in vendors)
