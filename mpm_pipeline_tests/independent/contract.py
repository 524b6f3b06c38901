"""Which records are too broken to count: a value that is there but is not of its field's type, or a required one missing.

Such a record is refused as a whole, and its key is out: an older version of it does not come back (time.md, "Raw").

AMBIGUITIES (readings taken here)
Q1. Only fields that some figure reads are looked at; a number, date, instant or boolean written as text is one.
Q2. Required: the key, the instants and dates that a figure is dated by, and the parent of a history row.
Q3. A currency is one of ISO 4217's national codes, in any case; another word in its place makes the record a bad one.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

Record = dict[str, Any]

FIELDS = {
    "salesforce/Account": "NumberOfEmployees:number AnnualRevenue:number CreatedDate:instant",
    "salesforce/Contact": "CreatedDate:instant",
    "salesforce/Lead": "NumberOfEmployees:number IsConverted:boolean ConvertedDate:date CreatedDate:instant!",
    "salesforce/LeadHistory": "CreatedDate:instant! LeadId:text!",
    "salesforce/Opportunity": "Amount:number CloseDate:date! CreatedDate:instant! IsWon:boolean IsClosed:boolean"
    " CurrencyIsoCode:currency",
    "salesforce/OpportunityHistory": "Amount:number CreatedDate:instant! OpportunityId:text! CurrencyIsoCode:currency",
    "salesforce/OpportunityStage": "SortOrder:number IsWon:boolean IsClosed:boolean",
    "salesforce/Campaign": "ActualCost:number StartDate:date EndDate:date CreatedDate:instant CurrencyIsoCode:currency",
    "salesforce/CampaignMember": "HasResponded:boolean FirstRespondedDate:date CreatedDate:instant",
    "salesforce/Task": "CompletedDateTime:instant ActivityDate:date IsClosed:boolean",
    "salesforce/Event": "StartDateTime:instant IsChild:boolean",
    "marketo/leads": "createdAt:instant",
    "marketo/activities": "activityDate:instant! activityTypeId:number! leadId:text!",
    "linkedin/adAnalytics": "costInLocalCurrency:number",
    "linkedin/leadFormResponses": "submittedAt:instant! testLead:boolean",
    **{f"stripe/{name}": "currency:currency!" for name in ("invoices", "charges", "refunds", "credit_notes", "prices")},
    "finance/actuals": "currency:currency!",
    "finance/budget": "currency:currency!",
}
_CODES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF CLP "
    "CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS "
    "INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU "
    "MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK "
    "SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYI UYU UYW UZS VED VES VND VUV "
    "WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG"
)
CURRENCIES = frozenset(_CODES.split())


def _number(value: Any) -> None:
    if isinstance(value, bool) or not Decimal(str(value).strip()).is_finite():
        raise ValueError


def _boolean(value: Any) -> None:
    if str(value).strip().lower() not in ("true", "false", "0", "1"):
        raise ValueError


def _currency(value: Any) -> None:
    if str(value).strip().upper() not in CURRENCIES:
        raise ValueError


def sound(vendor: str, stream: str, record: Record, read_instant: Callable[[Any], Any]) -> bool:
    """Say whether a record can be counted."""
    checks: dict[str, Callable[[Any], Any]] = {
        "number": _number,
        "boolean": _boolean,
        "currency": _currency,
        "date": lambda value: date.fromisoformat(str(value)[:10]),
        "instant": read_instant,
        "text": str,
    }
    for column in FIELDS.get(f"{vendor}/{stream}", "").split():
        name, _, kind = column.partition(":")
        value = record.get(name)
        if value is None or value == "":
            if kind.endswith("!"):
                return False
            continue
        try:
            checks[kind.rstrip("!")](value)
        except (ValueError, TypeError, InvalidOperation, OverflowError):
            return False
    return True
