"""`mpm explain lead` and `mpm explain customer`: why a lead is where it is, and why records are one customer, in words.

Read from the served database, or from the folder of `mpm customer resolve`. Only ids, names and reasons are printed, no addresses.
"""

from pathlib import Path
from typing import Any

import click

from mpm_pipeline.commands import options
from mpm_pipeline.commands.figures import money
from mpm_pipeline.errors import ConfigError

MOST_MOVES = 20
EVIDENCE = "customer.identity_evidence"
RECORD = ("source", "object", "record_id")


@click.group()
def explain() -> None:
    """Say in words why a lead or a customer is what it is."""


@explain.command(short_help="Why a lead goes to its rep.")
@click.argument("lead_id", metavar="ID")
@options.home
@options.as_json
def lead(lead_id: str, home_text: str | None, is_json: bool) -> None:
    """Say why a lead (its own id or its person's) goes to its rep: the points in words, the runner-up, the capacity's price."""
    from mpm_pipeline.commands.served import opened

    with opened(home_text) as published:
        found = published.rows("lead_distribution", lead_id=lead_id) or published.rows(
            "lead_distribution", person_id=lead_id
        )
        if not found:
            raise ConfigError(
                f"{lead_id} is no lead that waits for a rep as of the newest run; `mpm leads assign` lists those that do"
            )
        row = found[0]
        points = published.rows("lead_score_point", lead_id=row["lead_id"])
        names = {rep["rep_id"]: rep["name"] for rep in published.rows("dim_rep")}
    totals = _totals(points, names)
    document = {"lead": row, "points": [one for one in points if one["rep_id"] == row["rep_id"]], "reps": totals}
    options.answer(document, is_json, "\n".join(_lead_words(row, points, totals, names)))


@explain.command(short_help="Which records are one customer.")
@click.argument("customer_id", metavar="ID")
@click.option(
    "--from",
    "folder",
    default=None,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder of `mpm customer resolve --out` in place of a home.",
)
@options.home
@options.as_json
def customer(customer_id: str, folder: Path | None, home_text: str | None, is_json: bool) -> None:
    """Say which records are one customer and why. ID: a person, an account, an id of before, or source:object:record_id."""
    if folder:
        _explain_resolved(folder, customer_id, is_json)
        return
    from mpm_pipeline.commands.served import opened

    with opened(home_text) as published:
        start = _by_record(published, customer_id)
        today, moves = _follow(published, start)
        for kind in ("person", "account"):
            golden = published.rows(f"dim_{kind}", **{f"{kind}_id": today})
            if golden:
                break
        else:
            raise ConfigError(_not_served(published, customer_id, today))
        records = published.rows("crosswalk", **{f"{kind}_id": today})
    records = _with_companions(home_text, records)
    if kind == "account":
        records = [row for row in records if row["person_id"] is None] or records
    shown = {name: golden[0][name] for name in (f"{kind}_id", "name", "account_id", "confidence", "first_seen_at")}
    document = {"kind": kind, "customer": shown, "moves": moves, "records": records}
    options.answer(document, is_json, "\n".join(_customer_words(kind, shown, moves, records)))


def _not_served(published: Any, text: str, today: str) -> str:
    """Say why there is no customer of this id: it never was one, or all its records went."""
    gone = published.rows("crosswalk", person_id=today) or published.rows("crosswalk", account_id=today)
    if not gone:
        return f"{text} is no person, account or record that is published; take an id of dim_person, dim_account or crosswalk"
    named = ", ".join(sorted({f"{row['source']}:{row['object']}:{row['record_id']}" for row in gone})[:3])
    return f"{text} is no customer any more: what told of it was deleted at its source, or is confirmed to be lost ({named}); the crosswalk keeps its id {today}"


def _explain_resolved(folder: Path, customer_id: str, is_json: bool) -> None:
    """Explain a customer of a resolution without a home."""
    from mpm_pipeline.customer.resolution.explanation import explained, in_words
    from mpm_pipeline.customer.resolution.tables import Resolution

    found = explained(Resolution.open(folder), customer_id)
    options.answer(found, is_json, "\n".join(in_words(found)))


def _totals(points: list[dict[str, Any]], names: dict[str, str]) -> list[dict[str, Any]]:
    """Return every eligible rep with the sum of the points, best first."""
    tenths: dict[str, int] = {}
    for point in points:
        tenths[point["rep_id"]] = tenths.get(point["rep_id"], 0) + round(point["points"] * 10)
    ranked = sorted(tenths.items(), key=lambda pair: (-pair[1], pair[0]))
    return [{"rep_id": rep, "rep_name": names.get(rep), "score": total / 10} for rep, total in ranked]


def _lead_words(
    row: dict[str, Any], points: list[dict[str, Any]], totals: list[dict[str, Any]], names: dict[str, str]
) -> list[str]:
    lines = [f"Lead {row['lead_id']} of person {row['person_id']}: {row['outcome']}. {row['reason_text']}"]
    if row["rep_id"] is None:
        lines += [f"  {one['rep_name'] or one['rep_id']} would score {one['score']:g}" for one in totals[:3]]
        return lines
    own = sorted((one for one in points if one["rep_id"] == row["rep_id"]), key=lambda one: -abs(one["points"]))
    cells = [(one["dimension"], f"{one['points']:+.1f}", one["text"], one["evidence_at"] or "") for one in own]
    cells.append(
        ("sum", f"{sum(round(one['points'] * 10) for one in own) / 10:+.1f}", f"score of {row['rep_name']}", "")
    )
    lines += ["", options.table(("dimension", "points", "why", "evidence of"), cells), ""]
    if row["value_minor"] is not None:
        lines.append(f"Expected value: {money(row['value_minor'], row['currency_code'])}.")
    runner = row["runner_up_rep_id"]
    if runner is None:
        lines.append("No other rep may get this lead.")
    else:
        side = "behind" if row["runner_up_gap"] >= 0 else "ahead, but full"
        lines.append(f"Runner-up: {names.get(runner) or runner}, {abs(row['runner_up_gap']):g} points {side}.")
    price = row["capacity_price_minor"] or 0
    worth = (
        f"would be worth {money(price, row['currency_code'])}"
        if price
        else "would be worth nothing now: places are free"
    )
    return [*lines, f"One more place of {row['rep_name']} {worth}."]


def _by_record(published: Any, text: str) -> str:
    """Turn `source:object:record_id` into the customer id that the record bears; anything else is an id already."""
    parts = text.split(":", 2)
    if len(parts) < 3:
        return text
    source, kind, record_id = parts
    found = published.rows("crosswalk", source=source, object=kind, record_id=record_id)
    valid = [row for row in found if row["recorded_to_at"] is None] or found
    if not valid:
        raise ConfigError(
            f"{text}: the crosswalk has no record {record_id} of {kind} in {source}; ids are as the vendor writes them"
        )
    return valid[-1]["person_id"] or valid[-1]["account_id"]


def _with_companions(home_text: str | None, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put beside each record those that share a key with it, one for each kind of key, the strongest first (`shares`)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from mpm_pipeline.warehouse.home import Home
    from mpm_pipeline.warehouse.tables import Tables

    tables = Tables(Home.open(options.existing(home_text)))
    ids = pa.array([row["record_id"] for row in records], pa.string())
    evidence = tables.read(EVIDENCE) if tables.exists(EVIDENCE) else None
    told = evidence.filter(pc.is_in(evidence["record_id"], ids)).to_pylist() if evidence is not None else []
    shares: dict[tuple[str, ...], dict[str, str]] = {}
    for row in sorted(told, key=lambda row: (-row["bits"], row["key_type"], row["key_value"])):
        other = ":".join(row[f"other_{name}"] for name in RECORD)
        shares.setdefault(tuple(row[name] for name in RECORD), {}).setdefault(row["key_type"], other)
    named = [shares.get(tuple(row[name] for name in RECORD), {}) for row in records]
    return [
        {**row, "shares": [{"key": key, "with": other} for key, other in found.items()]}
        for row, found in zip(records, named, strict=True)
    ]


def _follow(published: Any, customer_id: str) -> tuple[str, list[dict[str, Any]]]:
    """Follow retired ids to the one of today; return it and the moves on the way."""
    moves: list[dict[str, Any]] = []
    while len(moves) < MOST_MOVES:
        found = published.rows("id_redirect", old_id=customer_id)
        if not found:
            break
        moves.append(found[0])
        customer_id = found[0]["new_id"]
    return customer_id, moves


def _customer_words(
    kind: str, golden: dict[str, Any], moves: list[dict[str, Any]], records: list[dict[str, Any]]
) -> list[str]:
    lines = [
        f"{move['old_id']} is {move['new_id']} since {move['at']:%Y-%m-%d %H:%M} UTC: {move['reason']}"
        for move in moves
    ]
    name = f" ({golden['name']})" if golden["name"] else ""
    account = f", of account {golden['account_id']}" if kind == "person" and golden["account_id"] else ""
    lines.append(
        f"{kind} {golden[f'{kind}_id']}{name}{account}: {len(records)} records, confidence {golden['confidence']:.2f}"
    )
    cells = [
        (
            row["source"],
            row["object"],
            row["record_id"],
            f"{row['confidence']:.2f}",
            row["reason"],
            "; ".join(f"{one['key']} with {one['with']}" for one in row["shares"]),
            f"{row['valid_from_at']:%Y-%m-%d}",
        )
        for row in records
    ]
    return [*lines, "", options.table(("source", "object", "record", "sure", "why", "shares", "since"), cells)]
