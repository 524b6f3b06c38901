"""Who is who: source records to persons, persons to accounts.

Persons by declared ids (conversion, merge, Marketo's CRM ids and merges, LinkedIn's member) and by personal e-mail
with guards. Accounts are Salesforce accounts; a merged-away one stands for its survivor, a duplicate for the oldest.

AMBIGUITIES (readings taken here)
I0. Who is one person may be given (`persons`: record to any name of the person), so that figures are compared apart from
    what likeness joins; without it persons join as I1 and I2 say, by keys alone.
I1. identity 1-3: persons join by ConvertedContactId, MasterRecordId, Marketo's sfdcLeadId, sfdcContactId and merges
    (activity 32), LinkedIn's submitter, and by normalised e-mail; never by phone, name or company.
I2. identity 3: role mailboxes and placeholders (the lists in mailbox.py) are no key; nor is a mailbox that carries more
    than three different surnames.
I3. readings 23, 57: the account of a person at an instant: of its contacts with an account the newest created by then
    (before the first: the first; of one instant the first in the golden record's order), else in the same way
    ConvertedAccountId, else Marketo's sfdcAccountId, else the Website that has the domain of one of its mailboxes.
    Merged-away records tell nothing. Domains are registrable ones.
I4. inputs 1: own people = persons with any mailbox at an internal domain or a subdomain of it; out as a whole.
I5. A Marketo activity, campaign member or task whose person cannot be seen (deleted, purged, never there) is no touch,
    no hand-raise and no attempt: there is nobody to count it for.
I6. identity 6: accounts whose Website has one registrable domain are one account under the id of the oldest (CreatedDate,
    Id), except children of an account of that domain and later siblings under one parent; more than four different
    names at one domain: nobody's key. A field that is null in the oldest is taken from the next, region and segment as each
    record has them (readings 54), and at last from merged-away ones (identity 9: null never beats a value). A deal's own region and
    segment are those of the very account that it names.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from mpm_pipeline_tests.independent.calendar import Calendar
from mpm_pipeline_tests.independent.forms import answered, mailbox_answered, questions_about
from mpm_pipeline_tests.independent.mailbox import FREE_MAIL, company_domain, is_internal, personal_key, registrable
from mpm_pipeline_tests.independent.segments import UNKNOWN, account_region, account_segment
from mpm_pipeline_tests.independent.world import Record, Snapshot, instant

SURNAMES_PER_MAILBOX = 3
NAMES_PER_DOMAIN = 4
EVIDENCE = (
    ("salesforce", "Contact", "AccountId"),
    ("salesforce", "Lead", "ConvertedAccountId"),
    ("marketo", "leads", "sfdcAccountId"),
    ("", "", "the mailbox"),
)
"""What tells a person's account, the best first; of several records of one kind each holds from its creation on."""
GOLDEN = {"Contact": 0, "Lead": 1}
"""Which record counts of several of one instant: in the order of golden records (identity 9)."""
Ref = tuple[str, str, str]


@dataclass(slots=True)
class Source:
    """One source record about somebody."""

    ref: Ref
    record: Record
    created: datetime | None
    email: Any = None
    surname: str = ""
    merged_away: bool = False


@dataclass(slots=True)
class Person:
    """All that is known of one person; `internal` = own people."""

    number: int
    sources: list[Source] = field(default_factory=list)
    internal: bool = False

    def of(self, system: str, kind: str) -> list[Source]:
        """The person's records of one kind, oldest first."""
        return [s for s in self.sources if s.ref[:2] == (system, kind)]


def short(identifier: Any) -> str:
    """A Salesforce id without its checksum, since 15 and 18 characters are written side by side."""
    text = str(identifier or "").strip()
    return text[:15] if len(text) == 18 else text


class People:
    """Persons and accounts of a snapshot."""

    def __init__(self, snapshot: Snapshot, calendar: Calendar, persons: Mapping[Ref, str] | None = None) -> None:
        self.snapshot, self.calendar, self.given = snapshot, calendar, persons
        self.own = list(snapshot.settings["company"]["internal_domains"])
        self.sources = {source.ref: source for source in _sources(snapshot, calendar)}
        self.accounts = {short(a["Id"]): a for a in snapshot.records("salesforce", "Account")}
        self.account_master = {
            short(a["Id"]): short(a.get("MasterRecordId"))
            for a in snapshot.removed("salesforce", "Account")
            if a.get("MasterRecordId")
        }
        same_domain = _accounts_by_domain(self.accounts)
        self.by_domain = {domain: found[0] for domain, found in same_domain.items()}
        self.company = {short(one): short(found[0]) for found in same_domain.values() for one in found}
        self.golden, self.former = self._golden_accounts()
        self.marketo_survivor = _marketo_merges(snapshot)
        self.persons: list[Person] = []
        self.of_ref: dict[Ref, Person] = {}
        self._resolve()

    def _golden_accounts(self) -> tuple[dict[str, Record], dict[str, str]]:
        """What each account's records know together, merged-away ones last; and the accounts behind their domains."""
        by_age = sorted(self.accounts.values(), key=lambda a: (str(a.get("CreatedDate") or ""), a["Id"]))
        gone = [a for a in self.snapshot.removed("salesforce", "Account") if a.get("MasterRecordId")]
        gone.sort(key=lambda a: (str(a.get("CreatedDate") or ""), a["Id"]))
        same: dict[str, list[Record]] = defaultdict(list)
        former: dict[str, str] = {}
        for record in [*by_age, *gone]:
            found = self.account_id(record["Id"])
            if found:
                same[short(found)].append(record)
        for record in gone:
            domain, found = registrable(record.get("Website")), self.account_id(record["Id"])
            if domain and found and domain not in FREE_MAIL:
                former.setdefault(domain, found)
        return {key: _golden(records) for key, records in same.items()}, former

    def _resolve(self) -> None:
        groups = _Groups(self.sources)
        if self.given is not None:
            heads: dict[str, Ref] = {}
            for ref in self.sources:
                groups.join(heads.setdefault(self.given[ref], ref), ref)
        for left, right in _declared(self.sources, self.marketo_survivor) if self.given is None else ():
            if left in self.sources and right in self.sources:
                groups.join(left, right)
        for members in _by_mailbox(self.sources.values()) if self.given is None else ():
            for other in members[1:]:
                groups.join(members[0].ref, other.ref)
        by_root: dict[Ref, Person] = {}
        for ref, source in sorted(
            self.sources.items(), key=lambda item: (item[1].created is None, item[1].created, item[0])
        ):
            root = groups.find(ref)
            if root not in by_root:
                by_root[root] = Person(len(by_root))
                self.persons.append(by_root[root])
            person = by_root[root]
            person.sources.append(source)
            person.internal = person.internal or is_internal(source.email, self.own)
            self.of_ref[ref] = person

    def person(self, system: str, kind: str, identifier: Any) -> Person | None:
        """The person behind a record, None where the record cannot be seen."""
        key = str(identifier or "")
        if system == "marketo":
            key = self.marketo_survivor.get(key, key)
        return self.of_ref.get((system, kind, short(key) if system == "salesforce" else key))

    def who(self, identifier: Any) -> Person | None:
        """The person behind a Salesforce lead or contact id; nobody where the last survivor is gone (readings 15)."""
        kind = next((kind for kind in ("Lead", "Contact") if self.survivor(identifier, kind)), None)
        return self.person("salesforce", kind, identifier) if kind else None

    def own_account(self, identifier: Any) -> Record | None:
        """The very account that an id names, a merged-away one's survivor."""
        key = short(identifier)
        for _ in range(20):
            if key not in self.account_master:
                break
            key = self.account_master[key]
        return self.accounts.get(key)

    def account_id(self, identifier: Any) -> str | None:
        """A Salesforce account id as the vendor writes it, merged-away and doubled ones under their survivor."""
        found = self.own_account(identifier)
        return (
            None
            if found is None
            else str(self.accounts[self.company.get(short(found["Id"]), short(found["Id"]))]["Id"])
        )

    def account(self, identifier: Any) -> Record | None:
        """The account behind an id with what all its records know."""
        found = self.account_id(identifier)
        return self.golden.get(short(found), self.accounts[short(found)]) if found else None

    def account_of(self, person: Person, at: datetime | None = None) -> str | None:
        """The account of a person at an instant: contact valid then, conversion, Marketo's, else the mailbox's domain."""
        live = sorted((s for s in person.sources if not s.merged_away), key=lambda s: (GOLDEN.get(s.ref[1], 2), s.ref))
        for evidence in EVIDENCE:
            known: dict[datetime | None, str] = {}
            for source in live:
                if found := self._told(source, evidence):
                    known.setdefault(source.created, found)
            if known:
                order = sorted(known, key=lambda created: (created is not None, created))
                earlier = [created for created in order if at is None or (created and created <= at)]
                return known[earlier[-1] if earlier else order[0]]
        return None

    def accounts_of(self, person: Person) -> set[str]:
        """Every account that a person was ever of."""
        moments = [None, *(source.created for source in person.sources if not source.merged_away)]
        return {account for at in moments if (account := self.account_of(person, at))}

    def _told(self, source: Source, evidence: tuple[str, str, str]) -> str | None:
        """The account that a record names by one kind of evidence."""
        system, kind, name = evidence
        if not system:
            return self.by_domain.get(company_domain(source.email) or "")
        return self.account_id(source.record.get(name)) if source.ref[:2] == (system, kind) else None

    def survivor(self, identifier: Any, kind: str = "Lead") -> str | None:
        """The live lead or contact that an id stands for."""
        source = self.sources.get(("salesforce", kind, short(identifier)))
        for _ in range(20):
            if source is None or not source.merged_away:
                break
            source = self.sources.get(("salesforce", kind, short(source.record.get("MasterRecordId"))))
        return str(source.record["Id"]) if source and not source.merged_away else None


class _Groups:
    """Union-find over record references."""

    def __init__(self, refs: Any) -> None:
        self.parent = {ref: ref for ref in refs}

    def find(self, ref: Ref) -> Ref:
        while self.parent[ref] != ref:
            self.parent[ref] = self.parent[self.parent[ref]]
            ref = self.parent[ref]
        return ref

    def join(self, left: Ref, right: Ref) -> None:
        self.parent[self.find(right)] = self.find(left)


def _sources(snapshot: Snapshot, calendar: Calendar) -> list[Source]:
    found = []
    for kind in ("Lead", "Contact"):
        removed = [r for r in snapshot.removed("salesforce", kind) if r.get("MasterRecordId")]
        for record, merged in [(r, False) for r in snapshot.records("salesforce", kind)] + [(r, True) for r in removed]:
            ref = ("salesforce", kind, short(record["Id"]))
            found.append(
                Source(
                    ref,
                    record,
                    instant(record.get("CreatedDate")),
                    record.get("Email"),
                    _surname(record.get("LastName")),
                    merged,
                )
            )
    for record in snapshot.records("marketo", "leads"):
        ref = ("marketo", "leads", str(record["id"]))
        found.append(
            Source(ref, record, instant(record.get("createdAt")), record.get("email"), _surname(record.get("lastName")))
        )
    mails, titles = (questions_about(snapshot, field) for field in ("EMAIL", "JOB_TITLE"))
    for record in snapshot.records("linkedin", "leadFormResponses"):
        if not record.get("testLead"):
            ref = ("linkedin", "leadFormResponses", str(record["id"]))
            told = record | {"title": next(iter(answered(record, titles)), None)}
            found.append(Source(ref, told, instant(record.get("submittedAt")), mailbox_answered(record, mails)))
    for record in snapshot.records("partners", "referrals"):
        if record.get("email"):
            day = calendar.start_of(date.fromisoformat(record["referred_on"]))
            found.append(Source(("partners", "referrals", str(record["referral_id"])), record, day, record["email"]))
    return found


def _surname(name: Any) -> str:
    return str(name or "").strip().casefold()


def _declared(sources: dict[Ref, Source], merged: dict[str, str]) -> list[tuple[Ref, Ref]]:
    links: list[tuple[Ref, Ref]] = []
    members: dict[str, Ref] = {}
    for ref, source in sources.items():
        record = source.record
        if ref[0] == "salesforce" and source.merged_away:
            links.append(((*ref[:2], short(record["MasterRecordId"])), ref))
        if ref[:2] == ("salesforce", "Lead") and record.get("ConvertedContactId"):
            links.append((("salesforce", "Contact", short(record["ConvertedContactId"])), ref))
        if ref[:2] == ("marketo", "leads"):
            links += [
                (("salesforce", k, short(record[f])), ref)
                for k, f in (("Lead", "sfdcLeadId"), ("Contact", "sfdcContactId"))
                if record.get(f)
            ]
            if ref[2] in merged:
                links.append((("marketo", "leads", merged[ref[2]]), ref))
        if ref[0] == "linkedin" and record.get("submitter"):
            links.append((members.setdefault(str(record["submitter"]), ref), ref))
    return links


def _by_mailbox(sources: Any) -> list[list[Source]]:
    by_key: dict[str, list[Source]] = defaultdict(list)
    for source in sources:
        key = personal_key(source.email)
        if key:
            by_key[key].append(source)
    return [found for found in by_key.values() if len({s.surname for s in found if s.surname}) <= SURNAMES_PER_MAILBOX]


def _marketo_merges(snapshot: Snapshot) -> dict[str, str]:
    found: dict[str, str] = {}
    for activity in snapshot.records("marketo", "activities"):
        if activity.get("activityTypeId") == 32:
            for attribute in activity.get("attributes") or []:
                if attribute.get("name") == "Merge IDs":
                    losers = "".join(c if c.isdigit() else " " for c in str(attribute.get("value"))).split()
                    found.update(
                        {loser: str(activity["leadId"]) for loser in losers if loser != str(activity["leadId"])}
                    )
    for loser in list(found):
        for _ in range(20):
            found[loser] = found.get(found[loser], found[loser])
    return found


def _accounts_by_domain(accounts: dict[str, Record]) -> dict[str, list[str]]:
    """The accounts that share a domain, oldest first; relatives are companies of their own."""
    found: dict[str, list[Record]] = defaultdict(list)
    children: set[tuple[str, str]] = set()
    for account in sorted(accounts.values(), key=lambda a: (str(a.get("CreatedDate") or ""), a["Id"])):
        domain, parent = registrable(account.get("Website")), short(account.get("ParentId"))
        if not domain or domain in FREE_MAIL:
            continue
        if parent in accounts and registrable(accounts[parent].get("Website")) == domain:
            continue
        if parent and (domain, parent) in children:
            continue
        children.add((domain, parent))
        found[domain].append(account)
    names = {domain: {_plain(a.get("Name")) for a in same} for domain, same in found.items()}
    return {d: [str(a["Id"]) for a in same] for d, same in found.items() if len(names[d]) <= NAMES_PER_DOMAIN}


def _plain(name: Any) -> str:
    return "".join(c for c in str(name or "").casefold() if c.isalnum())


def _golden(same: list[Record]) -> Record:
    names = dict.fromkeys(name for account in same for name in account)
    golden = {name: next((a[name] for a in same if a.get(name) not in (None, "")), None) for name in names}
    golden["Region__c"] = next((told for a in same if (told := account_region(a)) != UNKNOWN), None)
    golden["Segment__c"] = next((told for a in same if (told := account_segment(a)) != UNKNOWN), None)
    return golden
