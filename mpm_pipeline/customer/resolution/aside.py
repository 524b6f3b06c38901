"""Takes out of `feature` what names no company or person, however many declare it, before any key is made of it.

Domains and declared ids that companies with nothing in common bear (`account_guard`): such a domain is like free mail, such an id like
a word for none. Ids that two sources number alike (`*_numbering`) are ids within their own source only. What was done stands in the
report of guarded keys.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from mpm_pipeline.customer.resolution.settle import make, put, text
from mpm_pipeline.warehouse import engine

LODGER = """
CREATE OR REPLACE TABLE lodger AS
SELECT f."row", true AS is_web, hash('web', g.key_value) AS mark FROM feature f JOIN account_guard g ON g.key_type = 'domain' AND g.key_value = f.web_domain WHERE g.is_whole
UNION ALL SELECT f."row", false, hash('mail', g.key_value) FROM feature f JOIN account_guard g ON g.key_type = 'domain' AND g.key_value = f.mail_domain
WHERE g.is_whole OR f.is_company AND f.company_key IS NOT NULL AND NOT coalesce(list_contains(g.home, f.company_key), false)
"""
"""Records from which a domain is taken: their customers are told anew, also where no key of theirs joined anybody before."""
TAKEN = (
    'UPDATE feature SET web_domain = NULL FROM lodger l WHERE l."row" = feature."row" AND l.is_web',
    'UPDATE feature SET mail_domain = NULL, own_mailbox = NULL, mail_at = NULL FROM lodger l WHERE l."row" = feature."row" AND NOT l.is_web',
    """
    UPDATE feature SET account_key = list_filter(account_key, lambda id: NOT list_contains(g.ids, crm_key(id)))
    FROM (SELECT list(key_value) AS ids FROM account_guard WHERE key_type = 'id') g WHERE len(account_key) > 0 AND len(g.ids) > 0
    """,
)
SCOPED = """
UPDATE feature SET $ids = list_transform($ids, lambda id: CASE WHEN id_form(crm_key(id)) = ? THEN ? || ' ' || crm_key(id) ELSE id END)
WHERE source = ? AND len($ids) > 0
"""
OWN = "UPDATE feature SET record_key = ? || ' ' || record_key WHERE source = ? AND id_form(record_key) = ? AND is_company = ?"
PARENT = "UPDATE feature SET parent_account_key = ? || ' ' || crm_key(parent_account_key) WHERE source = ? AND id_form(crm_key(parent_account_key)) = ?"
BORNE = "SELECT count(*) FROM feature WHERE source IN (?, ?) AND len(list_filter($ids, lambda id: id_form(crm_key(id)) = ?)) > 0"
TOLD = """
SELECT count(DISTINCT coalesce(company_key, web_domain, mail_domain)), count(DISTINCT source), count(*) FILTER (len(account_key) > 0), count(*) FILTER (len(person_key) > 0)
FROM feature
"""
NOTHING = """
CREATE OR REPLACE TABLE account_guard (key_type VARCHAR, key_value VARCHAR, records BIGINT, names BIGINT, reason VARCHAR);
CREATE OR REPLACE TABLE lodger ("row" BIGINT, is_web BOOLEAN, mark UBIGINT);
"""
STRANGERS = 3
"""So many companies may share what is theirs; `account_guard` looks for more."""
FEWEST = 4
"""So many ids must contradict each other, and more than agree, before two sources are said to number alike."""
NUMBERED = pa.schema({name: pa.string() for name in ("kind", "key_value", "reason")} | {"records": pa.int64(), "names": pa.int64()})  # fmt: skip
SIDES = ("one", "other")
Pair = dict[str, Any]


def set_aside(connection: Any) -> None:
    """Find what names nobody (`account_guard`, `numbered_alike`), and take it out of `feature`. What few records cannot hold is not looked for."""
    ((names, sources, accounts, people),) = connection.execute(TOLD).fetchall()
    alike = []
    for kind, ids, told in (("account", "account_key", accounts), ("person", "person_key", people)):
        alike += _scope(connection, kind, ids) if sources > 1 and told >= FEWEST else []
    put(connection, "numbered_alike", pa.Table.from_pylist(alike, NUMBERED))
    if names <= STRANGERS:
        connection.execute(NOTHING)
        return
    make(connection, "account_guard")
    connection.execute(LODGER)
    ((found,),) = connection.execute("SELECT count(*) FROM account_guard").fetchall()
    for change in TAKEN if found else ():
        connection.execute(change)


def _scope(connection: Any, kind: str, ids: str) -> list[Pair]:
    """Call ids that sources number alike by their source too; return the rows of the report."""
    pairs = engine.fetch(connection, text(f"{kind}_numbering")).to_pylist()
    alike = [_told(connection, kind, ids, one) for one in pairs if is_apart(one)]
    for form, source, scope in scopes(pairs):
        connection.execute(SCOPED.replace("$ids", ids), [form, scope, source])
        connection.execute(OWN, [scope, source, form, kind == "account"])
        if kind == "account":
            connection.execute(PARENT, [scope, source, form])
    return alike


def is_apart(pair: Pair) -> bool:
    """Say whether two sources number alike: most of the ids that both bear are strangers'."""
    return bool(pair["strange"] >= FEWEST and pair["strange"] > pair["same"])


def scopes(pairs: list[Pair]) -> Iterator[tuple[str, str, str]]:
    """Yield each form of ids and source whose ids are ids within some sources only, and what these are called: the first of those that agree.

    Where sources agree with two that number alike, each stands alone.
    """
    for form in sorted({one["form"] for one in pairs if is_apart(one)}):
        mine = [one for one in pairs if one["form"] == form]
        home = {one[side]: one[side] for one in mine for side in SIDES}
        for one in mine:
            if one["same"] and one["same"] >= one["strange"]:
                low, high = sorted(home[one[side]] for side in SIDES)
                home = {source: low if scope == high else scope for source, scope in home.items()}
        apart = [[home[one[side]] for side in SIDES] for one in mine if is_apart(one)]
        broken = {low for low, high in apart if low == high}
        concerned = {scope for both in apart for scope in both}
        for source, scope in sorted(home.items()):
            if scope in concerned:
                yield form, source, source if scope in broken else scope


def _told(connection: Any, kind: str, ids: str, pair: Pair) -> Pair:
    """Return the row of the report that tells of two sources which number alike."""
    ((records,),) = connection.execute(BORNE.replace("$ids", ids), [pair["one"], pair["other"], pair["form"]]).fetchall()  # fmt: skip
    number = pair["same"] + pair["strange"]
    return {
        "kind": kind,
        "key_value": f"{pair['one']} and {pair['other']}: {pair['form']}",
        "records": records,
        "names": pair["strange"],
        "reason": f"two sources number alike: of {number} ids that both bear {pair['strange']} name strangers, so each source's count within it alone",
    }  # fmt: skip
