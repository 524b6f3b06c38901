"""Bad rows among good ones: they stay bad at the re-run, so a loader must live with them; none may stop the others."""

from mpm_pipeline.faults.catalogue.build import LINKEDIN, MARKETO, SALESFORCE, STRIPE, over
from mpm_pipeline.faults.fault import Fault
from mpm_pipeline.faults.injection import Injection

REFUSED = "The row goes to quarantine with its reason; all others are served."
KEPT = "The row is served with the right value, or goes to quarantine; never with a wrong one."


def _bad(
    vendors: tuple[str, ...],
    alteration: str,
    text: str,
    right: str = REFUSED,
    *,
    rows: tuple[int, ...] = (1,),
    **more: str,
) -> tuple[Fault, ...]:
    injection = Injection("alter", at=2, times=1, alteration=alteration, rows=rows)
    name = alteration.replace("_", "-") + ("-many" if len(rows) > 1 else "")
    return over(vendors, name, "row", text, right, injection, stays=True, **more)


FAULTS = (
    *_bad(SALESFORCE + STRIPE, "number_as_text", "An amount comes as a text of digits.", KEPT),
    *_bad(SALESFORCE + STRIPE, "number_as_locale_text", "An amount comes as `1.234,50 EUR`."),
    *_bad(SALESFORCE, "number_as_locale_text", "Twenty amounts come as `1.234,50 EUR`.", rows=tuple(range(20))),
    *_bad(MARKETO, "number_as_word", "A number comes as `n/a`."),
    *_bad(STRIPE, "number_as_object", "An amount comes as an object."),
    *_bad(LINKEDIN, "number_as_list", "An instant comes as a list."),
    *_bad(STRIPE, "number_as_flag", "An amount comes as `true`."),
    *_bad(STRIPE + MARKETO, "number_null", "A required number is null."),
    *_bad(STRIPE + MARKETO, "number_missing", "A required number is missing."),
    *_bad(STRIPE, "number_missing", "A required number is missing in twenty rows.", rows=tuple(range(20))),
    *_bad(SALESFORCE + STRIPE, "number_nan", "An amount is NaN."),
    *_bad(SALESFORCE, "number_infinite", "An amount is -Infinity."),
    *_bad(STRIPE + MARKETO, "number_huge", "A number is 2^70."),
    *_bad(SALESFORCE, "number_exponent", "An amount is 1e999."),
    *_bad(SALESFORCE + MARKETO, "key_missing", "The row's id is missing."),
    *_bad(STRIPE + LINKEDIN, "key_null", "The row's id is null."),
    *_bad(SALESFORCE, "key_blank", "The row's id is blank."),
    *_bad(STRIPE, "key_object", "The row's id is an object."),
    *_bad(SALESFORCE, "stamp_null", "The row's stamp is null.", KEPT),
    *_bad(SALESFORCE, "stamp_missing", "The row's stamp is missing.", KEPT),
    *_bad(SALESFORCE + MARKETO, "stamp_word", "The row's stamp is a word.", KEPT),
    *_bad(LINKEDIN, "stamp_locale", "The row's instant is `31.12.2026 25:61`."),
    *_bad(SALESFORCE + STRIPE, "text_nul", "A text holds NUL."),
    *_bad(SALESFORCE + MARKETO, "text_lone_surrogate", "A text holds half a surrogate pair."),
    *_bad(LINKEDIN, "text_raw_control", "A text holds a raw control character."),
    *_bad(SALESFORCE + LINKEDIN, "text_cp1252", "A text is in cp1252."),
    *_bad(STRIPE, "text_overlong", "A text holds bytes that are no UTF-8."),
    *_bad(MARKETO, "key_as_number", "An id of digits comes as a number.", KEPT),
    *_bad(SALESFORCE, "text_object", "A text comes as an object.", KEPT),
    *_bad(SALESFORCE + STRIPE, "duplicate_names", "A name occurs twice in a row, with two values."),
    *_bad(SALESFORCE + STRIPE, "colliding_names", "A second name differs from the first in case only.", KEPT),
    *_bad(SALESFORCE + MARKETO, "new_column", "A field comes that nobody knows.", "The row is served."),
    *_bad(STRIPE, "hostile_column", "A field's name is a piece of SQL.", "The row is served, and the name is text."),
    *_bad(SALESFORCE + LINKEDIN, "deep_nesting", "A field is nested a hundred thousand deep."),
    *_bad(STRIPE, "huge_text", "A field holds 20 MB of text.", KEPT),
    *_bad(SALESFORCE, "row_number", "A row is a number."),
    *_bad(STRIPE, "row_null", "A row is null."),
    *_bad(MARKETO, "row_text", "A row is a text."),
    *_bad(LINKEDIN, "row_list", "A row is a list."),
    *_bad(MARKETO, "row_empty", "A row is an empty object."),
)
