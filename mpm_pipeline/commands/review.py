"""`mpm review list` and `mpm review decide`: pairs of records that may be one customer, and a person's word on them.

Only ids and reasons are printed, no names or addresses. A decision counts from the next run on, over everything but another decision.
"""

import getpass
from typing import Any

import click

from mpm_pipeline.commands import options
from mpm_pipeline.errors import ConfigError

MOST = 20
CONTRADICTION = "decisions contradict"
ANSWERS = ("yes", "no", "unsure")
RECORD = ("source", "object", "record_id")


@click.group()
def review() -> None:
    """Look at records that may be one customer, and decide."""


@review.command("list", short_help="List pairs that wait for a person.")
@click.option("--all", "is_all", is_flag=True, help="Decided pairs too.")
@options.home
@options.as_json
def list_(is_all: bool, home_text: str | None, is_json: bool) -> None:
    """List pairs of records that evidence would join and a contradiction keeps apart, most pairs at risk first."""
    from mpm_pipeline.orchestration.session import Session

    with Session.open(options.existing(home_text)) as session:
        rows = session.latest().read("customer.review_queue").to_pylist()
    shown = sorted(
        (row for row in rows if is_all or row["decision"] is None or row["reason"].startswith(CONTRADICTION)),
        key=lambda row: (-row["expected_pairs"], -row["bits"]),
    )
    cells = [
        (_name(row, ""), _name(row, "other_"), f"{row['expected_pairs']:.1f}", row["reason"], row["decision"] or "")
        for row in shown[:MOST]
    ]
    words = [f"{len(shown)} pairs wait for a person" + (f"; the first {MOST}:" if len(shown) > MOST else ".")]
    if cells:
        words += ["", options.table(("record", "other record", "pairs at risk", "against it", "decided"), cells)]
        words += ["", "Say what is right with: mpm review decide RECORD OTHER yes|no|unsure"]
    options.answer({"pairs": shown}, is_json, "\n".join(words))


@review.command(short_help="Say whether two records are one customer.")
@click.argument("record")
@click.argument("other")
@click.argument("decision", type=click.Choice(ANSWERS))
@click.option("--why", default="", help="A reason in words, without personal data.")
@click.option("--by", "who", default=None, help="Who decided; default: the user of this machine.")
@options.home
@options.as_json
def decide(
    record: str, other: str, decision: str, why: str, who: str | None, home_text: str | None, is_json: bool
) -> None:
    """Say whether RECORD and OTHER (source:object:record_id) are one customer; the next run goes by it."""
    from mpm_pipeline.orchestration.session import Session
    from mpm_pipeline.warehouse.ledger_decisions import decide as keep

    with Session.open(options.existing(home_text)) as session:
        warehouse = session.latest()
        known = warehouse.read("customer.person_cluster")
        one, two = (_known(text, known) for text in (record, other))
        if one == two:
            raise ConfigError(f"{record} and {other} are the same record; name two")
        row: dict[str, Any] = {
            **one, **{f"other_{name}": value for name, value in two.items()}, "decision": decision,
            "decided_by": who or _user(), "why": why, "decided_at": warehouse.as_of,
        }  # fmt: skip
        keep(session.ledger.engine, row)
    words = f"{record} and {other}: {decision}, said by {row['decided_by']}. The next `mpm run` goes by it."
    options.answer({**row, "decided_at": row["decided_at"].isoformat()}, is_json, words)


def _user() -> str:
    """Return the name of this machine's user; ConfigError where it has none, as in many containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:
        raise ConfigError("this machine does not name its user; say who decides with --by NAME") from error


def _known(text: str, known: Any) -> dict[str, str]:
    """Read `source:object:record_id`; ConfigError when no record of a person is called so."""
    import pyarrow.compute as pc

    parts = text.split(":", 2)
    found = dict(zip(RECORD, parts, strict=False))
    same = known.filter(pc.equal(known["record_id"], parts[-1])).select(RECORD).to_pylist()
    if found not in same:
        raise ConfigError(
            f"{text} is no record of a person that was compared; write source:object:record_id as `mpm review list` does"
        )
    return found


def _name(row: dict[str, Any], side: str) -> str:
    return ":".join(row[f"{side}{name}"] for name in RECORD)
