"""Damages records of a copied world by hand, in their own text, and takes the same records out of another copy.

One line of `DAMAGES` for each way in which a record can be unusable, with the reason that quarantine must give. Of Stripe only
old records are damaged: a young one would stand in an event as well, and that event is sound.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

OLD = "2026-05-15"


@dataclass(frozen=True)
class Damage:
    """Replace what `pattern` finds in the record's text; the first record in which it is found, in all its versions, is the one."""

    source: str
    stream: str
    pattern: str
    replacement: str
    reason_code: str
    field: str = ""
    is_nameless: bool = False
    """Its key cannot be read, so quarantine names none."""


DAMAGES = (
    Damage("salesforce", "Task", r'"CompletedDateTime":"[^"]+"', '"CompletedDateTime":NaN', "bad_json"),
    Damage("salesforce", "CampaignMember", r'"HasResponded":true', '"HasResponded":true,"HasResponded":false', "duplicate_key"),
    Damage("salesforce", "Event", r'"Id":"00U\w+"', '"Id":""', "missing_key", is_nameless=True),
    Damage("salesforce", "Event", r'"Id":"00U\w+"', '"Id":null', "missing_key", is_nameless=True),
    Damage("salesforce", "OpportunityHistory", r'"OpportunityId":"\w+"', '"OpportunityId":null', "missing_field", "OpportunityId"),
    Damage("salesforce", "Lead", r'"NumberOfEmployees":\d+', '"NumberOfEmployees":"many"', "bad_type", "NumberOfEmployees"),
    Damage("salesforce", "Opportunity", r'"CurrencyIsoCode":"USD"', '"CurrencyIsoCode":"USX"', "bad_currency", "CurrencyIsoCode"),
    Damage("salesforce", "Contact", r'"Title":"', r'"Title":"\\u0000', "bad_value"),
    Damage("marketo", "activities", r'"activityTypeId":2,"campaignId":\d+', '"activityTypeId":2,"campaignId":NaN', "bad_json"),
    Damage("marketo", "activities", r'"leadId":(\d+)(?=.*"activityTypeId":11\b)', r'"leadId":\1,"leadId":1', "duplicate_key"),
    Damage("marketo", "activities", r'"marketoGUID":"\d+"(?=.*"activityTypeId":104\b)', '"marketoGUID":""', "missing_key", is_nameless=True),
    Damage("marketo", "activities", r'"leadId":\d+(?=.*"activityTypeId":3\b)', '"leadId":null', "missing_field", "leadId"),
    Damage("marketo", "programs", r'"costs":\[{"startDate":"[0-9-]+","cost":\d+', '"costs":[{"startDate":"2026-06-01","cost":"a lot"', "bad_type", "costs"),
    Damage("marketo", "leads", r'"title":"', r'"title":"\\u0000', "bad_value"),
    Damage("linkedin", "leadFormResponses", r'"testLead":false', '"testLead":NaN', "bad_json"),
    Damage("linkedin", "adAnalytics", r'"costInLocalCurrency":("[0-9.]+")', r'"costInLocalCurrency":\1,"costInLocalCurrency":"1"', "duplicate_key"),
    Damage("linkedin", "leadFormResponses", r'"id":"[0-9a-f-]+"', '"id":""', "missing_key", is_nameless=True),
    Damage("linkedin", "adAnalytics", r'"costInLocalCurrency":"[0-9.]+"', '"costInLocalCurrency":"n/a"', "bad_type", "costInLocalCurrency"),
    Damage("linkedin", "adAnalytics", r'"day":\d+', '"day":null', "missing_key", is_nameless=True),
    Damage("linkedin", "leadFormResponses", r'"submittedAt":\d+', '"submittedAt":null', "missing_field", "submittedAt"),
    Damage("linkedin", "leadFormResponses", r'"submitter":"', r'"submitter":"\\u0000', "bad_value"),
    Damage("stripe", "refunds", r'"id":"re_\w+"', '"id":""', "missing_key", is_nameless=True),
    Damage("stripe", "prices", r'"unit_amount":\d+', '"unit_amount":NaN', "bad_json"),
    Damage("stripe", "customers", r'"email":("[^"]+")', r'"email":\1,"email":"other@goldreach.example"', "duplicate_key"),
    Damage("stripe", "invoice_payments", r'"invoice":"in_\w+"', '"invoice":null', "missing_field", "invoice"),
    Damage("stripe", "credit_notes", r'"amount":\d+,(.*?)"total":\d+', r'"amount":null,\1"total":null', "missing_field", "total"),
    Damage("stripe", "charges", r'"amount":\d+', '"amount":"12x"', "bad_type", "amount"),
    Damage("stripe", "refunds", r'"currency":"usd"', '"currency":"usx"', "bad_currency", "currency"),
    Damage("stripe", "invoices", r'"status":"paid"', '"status":"forgotten"', "bad_value", "status"),
    Damage("finance", "actuals", r'"amount":"\d+\.\d\d"', '"amount":"1O0.00"', "bad_type", "amount"),
    Damage("finance", "budget", r'"owner":"[^"]+"(?=,"month":"2026-06")', '"owner":""', "missing_field", "owner"),
    Damage("finance", "fx_rates", r'"base":"EUR"', '"base":"EUX"', "bad_currency", "base"),
    Damage("finance", "goals", r'"target":"\d+"', '"target":"more"', "bad_type", "target"),
    Damage("hr", "headcount", r'"role":"quota_bearing"', '"role":"boss"', "bad_value", "role"),
    Damage("hr", "reps", r'"capacity_per_week":"', '"capacity_per_week":"-', "bad_value", "capacity_per_week"),
    Damage("service", "survey", r'"score":"\d+"', '"score":"99"', "bad_value", "score"),
    Damage("partners", "referrals", r'"referral_id":"[^"]+"', '"referral_id":""', "missing_key", is_nameless=True),
    Damage("enablement", "usage", r'"at":"[^"]+"(?=,"minutes")', '"at":"yesterday"', "bad_type", "at"),
    Damage("standards", "exceptions", r'"expires_on":"[^"]+"', '"expires_on":""', "missing_field", "expires_on"),
)  # fmt: skip

KEYS = {"salesforce": "Id", "stripe": "id", "linkedin": "id", "marketo": "id"}
Edit = Callable[[str], str | None]
"""Gives the line of a damaged record anew, or None where it is to go."""


def damage(world: Path, damaged: Path, without: Path) -> dict[Damage, str]:
    """Make two copies of a world, one with the damaged records, one without them; return the key of each."""
    keys: dict[Damage, str] = {}
    for folder in (damaged, without):
        shutil.copytree(world, folder)
    for source, stream in dict.fromkeys((one.source, one.stream) for one in DAMAGES):
        file = Path(source, f"{stream}.jsonl")
        lines = (world / file).read_text().splitlines()
        found = _chosen(lines, [one for one in DAMAGES if (one.source, one.stream) == (source, stream)])
        keys |= {one: key for key, one in found.items()}
        _write(damaged / file, (_damaged(line, found.get(_key(source, stream, line))) for line in lines))
        _write(without / file, (line for line in lines if _key(source, stream, line) not in found))
    return keys


def _chosen(lines: list[str], damages: list[Damage]) -> dict[str, Damage]:
    """Return, by key, the record that each damage takes: the first that fits in all its versions, no record twice."""
    versions: dict[str, list[str]] = {}
    for line in lines:
        versions.setdefault(_key(damages[0].source, damages[0].stream, line), []).append(line)
    found: dict[str, Damage] = {}
    for one in damages:
        key = next(
            key for key, texts in versions.items() if key not in found and all(_fits(one, text) for text in texts)
        )
        found[key] = one
    return found


def _fits(one: Damage, line: str) -> bool:
    young = one.source == "stripe" and json.loads(line)["at"] >= OLD
    lost = json.loads(line).get("deleted") or json.loads(line).get("until")
    return not young and not lost and re.search(one.pattern, line) is not None


def _key(source: str, stream: str, line: str) -> str:
    """Return the key of a line's record, as quarantine writes it."""
    record = json.loads(line)["record"]
    if stream == "activities":
        return str(record["marketoGUID"])
    if stream == "adAnalytics":
        day = record["dateRange"]["start"]
        return f"{','.join(record['pivotValues'])}|{day['year']:04}-{day['month']:02}-{day['day']:02}"
    return str(record[KEYS[source]] if source in KEYS else next(iter(record.values())))


def _damaged(line: str, one: Damage | None) -> str:
    if one is None:
        return line
    head, mark, text = line.partition('"record":')
    return head + mark + re.sub(one.pattern, one.replacement, text, count=1)


def _write(file: Path, lines: Iterator[str]) -> None:
    file.write_text("".join(f"{line}\n" for line in lines))
