"""What the source itself does: rows that come late, change under the reader, vanish, tie, or are dated in the future."""

from mpm_pipeline.faults.bench import DAY
from mpm_pipeline.faults.catalogue.build import ALL, LINKEDIN, MARKETO, SALESFORCE, STRIPE, over
from mpm_pipeline.faults.injection import Injection

LATE = "The row is found by looking back."
GONE = "The row is found gone by asking for what there is: it is no longer served, or it is kept and a person is told which one it is."
EXACT = "It is served as it is."
KEPT = "The rows are kept, and a person is told of exactly those that are gone; nothing is deleted until that person confirms."
MOVES = Injection("clock", at=2, seconds=2 * 3_600.0)

FAULTS = (
    *over(ALL, "next-day", "growth", "A day later thirty rows have come.", "They are all there after the second run.", second=True),
    *over(ALL, "late-second", "late", "A row that is a second old shows an hour late.", LATE, change="late_second", second=True),
    *over(SALESFORCE + STRIPE, "late-hour", "late", "A row that is an hour old shows late.", LATE, change="late_hour", second=True),
    *over(ALL, "late-days", "late", "Three rows of yesterday show late.", LATE, change="late_day", second=True),
    *over(ALL, "late-5-days", "late", "A row that is five days old shows late.", LATE, change="late_5_days", second=True),
    *over(ALL, "late-20-days", "late", "A row that is twenty days old shows late.", "The periodic sweep finds it.",
          change="late_20_days", second=True),
    *over(SALESFORCE + STRIPE, "late-400-days", "late", "A row dated before the first day shows late.",
          "The periodic sweep finds it.", change="late_400_days", second=True),
    *over(SALESFORCE, "updated", "change", "Rows change.", "The newest values are served.", change="updated", second=True),
    *over(SALESFORCE, "changed-back", "change", "A row changes and changes back.", "The newest values are served.",
          change="updated_back", second=True),
    *over(SALESFORCE, "updated-while-paging", "change", "Rows change between two pages.",
          "Every row is there, with its newest values after the next run at the latest.", MOVES, change="updated", settles=True),
    *over(SALESFORCE + MARKETO + STRIPE, "inserted-while-paging", "change", "Rows are entered between two pages.", "No row is lost or doubled.", MOVES,
          settles=True),
    *over(SALESFORCE + LINKEDIN + STRIPE, "deleted-while-paging", "change",
          "A row of the first page vanishes between two pages, so that offsets shift.",
          "No other row is lost; by the next run the vanished one is gone, or a person is told of it.", MOVES,
          change="delete_in_first_page", settles=True),
    *over(SALESFORCE, "vendor-delete", "deletion", "Rows are deleted as the vendor deletes.", "They are no longer served.",
          change="vendor_delete", second=True),
    *over(ALL, "hard-delete", "deletion", "A row vanishes without a word.", GONE, change="hard_delete", second=True),
    *over(SALESFORCE + STRIPE, "delete-and-insert", "deletion",
          "A row vanishes and another comes late, so that counts agree.", GONE, change="delete_and_late_insert", second=True),
    *over(ALL, "outage-with-loss", "loss", "What was entered in five hours is lost at the source.", KEPT, change="outage",
          second=True, lost=True),
    *over(SALESFORCE, "outage-ids-again", "loss", "The hours are lost, and some of their ids are given to others.", KEPT,
          change="outage_ids_again", second=True, lost=True),
    *over(SALESFORCE, "merged", "merge", "Two accounts become one.", "The loser is no longer served.", change="merged",
          second=True),
    *over(SALESFORCE + MARKETO, "ties-over-pages", "ties", "A hundred and thirty rows share one instant, over pages.",
          "None is lost at the edge of a page.", change="ties_over_pages"),
    *over(ALL, "ties-over-runs", "ties", "Rows come that share the instant of the newest one.", "The cursor includes its bound.",
          change="ties_across_runs", second=True),
    *over(SALESFORCE + MARKETO + STRIPE, "future", "clock", "A row is dated two days ahead, and mended a day later.",
          "It is served, and does not carry the cursor away: rows of today are still found.", change="future", second=True),
    *over(SALESFORCE, "clock-back", "clock", "The vendor's clock stands still between two runs of a day.",
          "The second run finds nothing new and changes nothing.", Injection("clock", path="any", at=1, seconds=-DAY),
          second=True),
    *over(SALESFORCE + LINKEDIN, "emoji", "text", "Texts hold emoji, other scripts and direction marks.", EXACT, change="emoji"),
    *over(MARKETO, "composed", "text", "The same name comes composed and decomposed.", EXACT, change="composed"),
    *over(SALESFORCE, "markup", "text", "A name is a piece of HTML.", EXACT, change="markup"),
    *over(SALESFORCE, "formula", "text", "A name is a spreadsheet's formula.", EXACT, change="formula"),
    *over(MARKETO, "sql", "text", "A name is a piece of SQL.", EXACT, change="sql"),
    *over(LINKEDIN, "traversal", "text", "A value is a path that leads upwards.", EXACT, change="traversal"),
    *over(SALESFORCE, "long-text", "text", "A name is 200,000 characters long.", EXACT, change="long_text"),
    *over(STRIPE, "refund", "number", "An amount is negative.", EXACT, change="refund"),
    *over(SALESFORCE, "zero", "number", "An amount is zero.", EXACT, change="zero"),
)  # fmt: skip
