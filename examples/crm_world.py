"""Makes a Salesforce world from the public data set "CRM Sales Opportunities" of Maven Analytics.

Get `accounts.csv`, `products.csv`, `sales_pipeline.csv` and `sales_teams.csv` from the Maven Analytics Data Playground (search for
"CRM Sales Opportunities"), then: `python examples/crm_world.py FOLDER_WITH_THE_FILES WORLD_FOLDER` and
`mpm demo --world WORLD_FOLDER`. Nothing is repaired on the way: a product spelt otherwise than in the product list stays so.

Decisions where the data are silent: amounts are USD; `product` becomes the opportunity's Type; a deal without an engage date
counts as entered on the last day of the data; open deals keep no amount; a won or lost deal stood in stage Engaging before.
"""

import argparse
import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

START, END, NOW = "2016-10-01", "2017-12-31", "2018-01-01T00:00:00Z"
STAGES = (("Prospecting", False, False), ("Engaging", False, False), ("Won", True, True), ("Lost", True, False))
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def main() -> None:
    """Read the four files and write the world folder."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("source", type=Path, help="folder with the four CSV files")
    parser.add_argument("world", type=Path, help="folder to write")
    arguments = parser.parse_args()
    counts = make(arguments.source, arguments.world)
    print(", ".join(f"{count} {name}" for name, count in counts.items()))


def make(source: Path, world: Path) -> dict[str, int]:
    """Write the world and return how many records each object has."""
    tables = {name: _read(source / f"{name}.csv") for name in ("accounts", "products", "sales_pipeline", "sales_teams")}
    objects = {
        "User": _users(tables["sales_teams"]),
        "Account": _accounts(tables["accounts"]),
        "Product2": _products(tables["products"]),
        "OpportunityStage": _stages(),
        "Opportunity": _opportunities(tables),
    }
    (world / "salesforce").mkdir(parents=True, exist_ok=True)
    (world / "world.toml").write_text(
        f'name = "crm-sales-opportunities"\ndescription = "A computer reseller\'s CRM (Maven Analytics)."\ncurrency = "USD"\n'
        f'time_zone = "UTC"\nstarts_at = "{START}T00:00:00Z"\nends_at = "{NOW}"\nnow = "{NOW}"\nseed = 0\n'
    )
    for name, records in objects.items():
        lines = (json.dumps({"record": record}) + "\n" for record in records)
        (world / "salesforce" / f"{name}.jsonl").write_text("".join(lines))
    return {name: len(records) for name, records in objects.items()}


def identity(prefix: str, number: int) -> str:
    """Return an 18-character id: prefix, running number, and the checksum that tells upper from lower case."""
    short = f"{prefix}{number:012d}"
    blocks = (short[start : start + 5] for start in (0, 5, 10))
    return short + "".join(
        ALPHABET[sum(1 << place for place, char in enumerate(block) if char.isupper())] for block in blocks
    )


def _read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def _numbered(names: Iterable[str], prefix: str) -> dict[str, str]:
    return {name: identity(prefix, place) for place, name in enumerate(names, start=1)}


def _people(teams: list[dict[str, str]]) -> dict[str, str]:
    return _numbered([*(row["sales_agent"] for row in teams), *sorted({row["manager"] for row in teams})], "005")


def _users(teams: list[dict[str, str]]) -> list[dict[str, Any]]:
    ids = _people(teams)
    office = {row["sales_agent"]: row["regional_office"] for row in teams} | {
        row["manager"]: row["regional_office"] for row in teams
    }
    boss = {row["sales_agent"]: ids[row["manager"]] for row in teams}
    return [
        {
            "Id": key, "Name": name, "Email": f"{name.lower().replace(' ', '.')}@reseller.example", "IsActive": True,
            "UserType": "Standard", "Division": office[name], "ManagerId": boss.get(name), **_stamps(START),
        }
        for name, key in ids.items()
    ]  # fmt: skip


def _accounts(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    ids = _numbered((row["account"] for row in rows), "001")
    return [
        {
            "Id": ids[row["account"]], "Name": row["account"], "Industry": row["sector"], "AnnualRevenue": float(row["revenue"]) * 1e6,
            "NumberOfEmployees": int(row["employees"]), "BillingCountry": row["office_location"],
            "ParentId": ids.get(row["subsidiary_of"]), "IsDeleted": False, **_stamps(START),
        }
        for row in rows
    ]  # fmt: skip


def _products(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    ids = _numbered((row["product"] for row in rows), "01t")
    return [
        {
            "Id": ids[row["product"]],
            "Name": row["product"],
            "Family": row["series"],
            "IsActive": True,
            "IsDeleted": False,
            **_stamps(START),
        }
        for row in rows
    ]


def _stages() -> list[dict[str, Any]]:
    return [
        {
            "Id": identity("01J", place), "MasterLabel": name, "ApiName": name, "SortOrder": place, "IsActive": True, "IsClosed": closed,
            "IsWon": won, **_stamps(START),
        }
        for place, (name, closed, won) in enumerate(STAGES, start=1)
    ]  # fmt: skip


def _opportunities(tables: dict[str, list[dict[str, str]]]) -> list[dict[str, Any]]:
    accounts = _numbered((row["account"] for row in tables["accounts"]), "001")
    users = _people(tables["sales_teams"])
    found = []
    for place, row in enumerate(tables["sales_pipeline"], start=1):
        closed = row["deal_stage"] in ("Won", "Lost")
        created = row["engage_date"] or END
        changed = row["close_date"] if closed else created
        found.append(
            {
                "Id": identity("006", place), "Name": row["opportunity_id"], "AccountId": accounts.get(row["account"]),
                "OwnerId": users[row["sales_agent"]], "Type": row["product"], "StageName": row["deal_stage"], "IsClosed": closed,
                "IsWon": row["deal_stage"] == "Won", "Amount": float(row["close_value"]) if row["close_value"] else None,
                "CloseDate": row["close_date"] or None, "IsDeleted": False, "CreatedDate": _instant(created),
                "LastModifiedDate": _instant(changed), "SystemModstamp": _instant(changed),
            }
        )  # fmt: skip
    return found


def _instant(day: str) -> str:
    return f"{day}T00:00:00.000+0000"


def _stamps(day: str) -> dict[str, str]:
    return {"CreatedDate": _instant(day), "LastModifiedDate": _instant(day), "SystemModstamp": _instant(day)}


if __name__ == "__main__":
    main()
