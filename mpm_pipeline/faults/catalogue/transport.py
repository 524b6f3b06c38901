"""What goes wrong on the way: connections that break, bodies that end early, packing that lies, answers that never end."""

from mpm_pipeline.faults.catalogue.build import ALL, over
from mpm_pipeline.faults.injection import Injection

AGAIN = "The page is asked for again, and what came of it counts for nothing."

FAULTS = (
    *over(ALL, "reset", "cut", "The connection is reset in the middle of a page.", AGAIN, Injection("reset", at=2)),
    *over(ALL, "fin", "cut", "The connection ends in the middle of a page that announced its length.", AGAIN, Injection("fin", at=2)),
    *over(
        ("salesforce", "stripe"), "reset-before-answer", "cut", "The connection is reset before a byte of the answer.", AGAIN,
        Injection("reset", at=2, size=-1_000_000),
    ),
    *over(
        ("salesforce", "linkedin"), "chunked-cut", "cut", "A chunked page ends without its last chunk.", AGAIN,
        Injection("chunk_cut", at=2),
    ),
    *over(
        ("marketo", "stripe"), "bare-cut", "cut", "A page without length or chunks ends where the connection does, too early.",
        "Its brackets do not close, so it is asked for again.", Injection("bare_cut", at=2),
    ),
    *over(
        ALL, "short-json", "cut", "A page is cut inside the JSON though its length agrees.",
        "Its brackets do not close, so it is asked for again.", Injection("short", at=2),
    ),
    *over(
        ALL, "gzip-cut", "packing", "A gzipped page is cut at half, with a sound length.",
        "The end mark of gzip is missing, so the page is asked for again.", Injection("gzip_cut", at=2),
    ),
    *over(
        ("salesforce",), "gzip-damaged", "packing", "A byte of a gzipped page is wrong.",
        "The check sum of gzip tells, so the page is asked for again.", Injection("gzip_damaged", at=2),
    ),
    *over(
        ("stripe",), "gzip-members", "packing", "A page comes as two gzip members, which is allowed.",
        "Both members are unpacked.", Injection("gzip_members", at=2),
    ),
    *over(
        ("salesforce", "stripe"), "gzip-bomb", "packing", "A page of 600 kB unpacks to 600 MiB.",
        "Unpacking stops at a bound; the run fails loudly and memory stays small.", Injection("bomb", at=2, size=600),
        expected="RS",
    ),
    *over(
        ALL, "slow-loris", "time", "A page comes a byte every quarter of a second, for ever.",
        "The time of a whole answer is bounded, then the page is asked for again.", Injection("trickle", at=2, seconds=0.25),
    ),
    *over(
        ("salesforce", "marketo"), "silence", "time", "A request is never answered.",
        "The wait is bounded, then the page is asked for again.", Injection("silence", at=2),
    ),
    *over(
        ("linkedin", "stripe"), "refused-a-while", "time", "Connections are refused for half a second in the middle of paging.",
        "Connecting is tried again within its budget.", Injection("refuse", at=2, seconds=0.5),
    ),
    *over(
        ("salesforce", "marketo"), "refused", "time", "Connections are refused for the whole run.",
        "The run fails loudly within its budget and the next one goes on.", Injection("refuse", at=0), expected="R",
    ),
    *over(
        ("stripe",), "byte-order-mark", "encoding", "A page begins with a byte order mark.", "It is read as if it did not.",
        Injection("alter", at=2, alteration="byte_order_mark"),
    ),
    *over(
        ("salesforce",), "utf-16", "encoding", "A page comes in UTF-16, once.", AGAIN, Injection("alter", at=2, alteration="utf16"),
    ),
    *over(
        ("linkedin",), "two-documents", "encoding", "A page comes twice in one body.", AGAIN,
        Injection("alter", at=2, alteration="two_documents"),
    ),
    *over(
        ("marketo",), "trailing-text", "encoding", "A cache appends a comment to a page.", AGAIN,
        Injection("alter", at=2, alteration="trailing_text"),
    ),
)  # fmt: skip
