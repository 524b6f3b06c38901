"""The agreed words: sources, layers, stages, channels, segments and reasons, written once and used everywhere.

Pure constants; nothing is computed here and nothing is imported, so that every other module may import it.
"""

from typing import Final

VENDORS: Final = ("salesforce", "marketo", "linkedin", "stripe")
FILE_FOLDERS: Final = ("finance", "hr", "service", "partners", "enablement", "standards")
SOURCES: Final = (*VENDORS, *FILE_FOLDERS)

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
