"""The agreed words: sources, layers, stages, channels, segments and reasons, written once and used everywhere.

Pure constants; nothing is computed here and nothing is imported, so that every other module may import it.
"""

from typing import Final

VENDORS: Final = ("salesforce", "marketo", "linkedin", "stripe")
FILE_FOLDERS: Final = ("finance", "hr", "service", "partners", "enablement", "standards")
SOURCES: Final = (*VENDORS, *FILE_FOLDERS)
SOURCE_TITLES: Final = {
    "salesforce": "Salesforce (CRM)", "marketo": "Marketo (marketing)", "linkedin": "LinkedIn (social)",
    "stripe": "Stripe (billing)", "finance": "Finance files", "hr": "Staff files", "service": "Survey files",
    "partners": "Referral files", "enablement": "Enablement files", "standards": "Register of exceptions",
}  # fmt: skip
"""What people call a source."""

LAYERS: Final = ("raw", "staged", "customer", "kpis", "leads", "publish")

LEAD_STAGES: Final = ("inquiry", "mql", "sal", "sql")
SIDE_STAGES: Final = ("recycled", "rejected")

CHANNELS: Final = (
    "email", "webinar", "event", "paid_social", "paid_search", "paid_other", "web", "content", "partner", "outbound", "other",
)  # fmt: skip
ORIGINS: Final = ("marketing", "sales", "partner")
REGIONS: Final = ("AMER", "EMEA", "APAC", "unknown")
SEGMENTS: Final = ("smb", "mid", "enterprise", "unknown")
PERIOD_GRAINS: Final = ("day", "week", "month", "quarter", "fiscal_year")
SEGMENT_KINDS: Final = (
    "all", "region", "segment", "product_line", "channel", "lead_source", "campaign", "rep", "currency", "model", "goal",
)  # fmt: skip
ATTRIBUTION_MODELS: Final = (
    "first", "last", "last_non_direct", "linear", "time_decay", "u_shaped", "w_shaped", "full_path", "markov", "shapley",
)  # fmt: skip

NULL_REASONS: Final = (
    "not_covered", "immature_cohort", "mixed_currency", "fx_missing", "zero_denominator", "below_min_n",
)  # fmt: skip
"""Why a figure is null, in order of precedence: the first that applies is given (readings 6)."""

QUARANTINE_REASONS: Final = {
    "bad_json": "the record is not a JSON object that can be read",
    "duplicate_key": "one name occurs twice in the record, so its value is ambiguous",
    "missing_key": "the record's own id is absent or blank",
    "missing_field": "a field that the contract requires is absent or null",
    "bad_type": "a field holds a value that is not of its type",
    "bad_currency": "a currency code is not one of ISO 4217",
    "bad_value": "a field holds a value outside its range or its closed list",
    "missing_column": "the file lacks a required column, so none of its rows can be read",
}
"""Reason codes of meta_quarantine with their meaning in plain words."""

FRESHNESS_STATES: Final = ("fresh", "late", "failed", "off")
FIGURE_STATES: Final = ("provisional", "final", "restated")
OUTCOMES: Final = ("assigned", "nurture", "held")

_TWO_DECIMALS = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP "
    "CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR "
    "KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN "
    "PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD "
    "TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
)
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS = "CLF UYW"

CURRENCY_EXPONENTS: Final[dict[str, int]] = {
    code: exponent
    for codes, exponent in ((_NO_DECIMALS, 0), (_TWO_DECIMALS, 2), (_THREE_DECIMALS, 3), (_FOUR_DECIMALS, 4))
    for code in codes.split()
}
"""Decimals of each currency's minor unit (ISO 4217 list one). A vendor's own habits belong to its staged models."""
