"""Marketo over REST: activities by paging token, leads by id, programmes one by one for their costs.

`start_at` cuts activities alone. Only those types are fetched that are a touch, a hand-raise, a change of status or a merge;
visits, sends and opens are left where they are. How leads are found: leads.py; what an answer says: answers.py.
"""

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import quote

from mpm_pipeline.contracts.fields import fields
from mpm_pipeline.contracts.marketo import RECORDS, Activity, Campaign, Lead, Program
from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.settings import Settings
from mpm_pipeline.sources.auth import Token
from mpm_pipeline.sources.client import Client, Limits
from mpm_pipeline.sources.connector import Connector, Days, Known, Page, Shown, require
from mpm_pipeline.sources.marketo.answers import Refused, assets, head, instant
from mpm_pipeline.sources.marketo.exports import patient
from mpm_pipeline.sources.marketo.leads import Leads, paged

FORM, LINK, EMAIL_CLICK, CHANGE, MERGE, PROGRESS = 2, 3, 11, 13, 32, 104
TYPES = (FORM, LINK, EMAIL_CLICK, CHANGE, MERGE, PROGRESS)
"""Types of activities that are fetched; one call takes ten at most."""

ASSET_PAGE = 200
SWEPT_DAYS = 31
SWEEPS_A_WEEK = 7
MOST_SCANS = 4
LIST_PAGE = "300"
LEADS, ACTIVITIES, PROGRAMS, CAMPAIGNS = (stream_of(one) for one in (Lead, Activity, Program, Campaign))


log = logging.getLogger(__name__)


def connect(settings: Settings, limits: Limits | None = None) -> list[Connector]:
    """Return the connector of one subscription."""
    return [Marketo(settings, limits)]


class Marketo(Connector):
    """One subscription, read through a custom service's client credentials."""

    source = "marketo"

    def __init__(self, settings: Settings, limits: Limits | None = None) -> None:
        section = settings.marketo
        client_id, client_secret = require(settings, "marketo", "client_id", "client_secret")
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        shared: dict[str, Any] = {
            "url": section.url.rstrip("/").removesuffix("/rest"),  # as the vendor's admin page shows it
            "auth": Token("identity/oauth/token", form, as_query=True),
            "instance_hosts": tuple(section.instance_hosts),
            "file_hosts": tuple(section.file_hosts),
            "ca_file": section.ca_file,
        }
        bounds = limits or Limits()
        self.start_at = datetime.combine(section.start_at, time(), UTC)
        self.client = Client("marketo", limits=bounds, **shared)
        self.exports = Client("marketo", limits=patient(bounds), **shared)
        self.leads = Leads(self.client, self.exports, section.version, fields(RECORDS[0]))
        self.version = section.version
        self.sweeps = SWEEPS_A_WEEK // max(settings.sweep.every_days, 1) or 1
        self._root = f"rest/{section.version}/"
        self._assets = f"rest/asset/{section.version}/"

    def probe(self) -> datetime | None:
        """Ask for the fields of leads, which needs a token, and return the server's time."""
        self.leads.forget()
        self.leads.fields()
        return self.client.newest_date

    def read(self, days: Days) -> Iterator[Page]:
        """Yield programmes and campaigns that changed in these days, their activities, then leads and deletions."""
        yield from self._programs(days)
        listed = paged(self.client, f"{self._root}campaigns.json", {"batchSize": LIST_PAGE}, is_surely_filled=True)
        yield Page(CAMPAIGNS, list(listed))
        known: set[str] = set()
        for rows in self._activities(days):
            known |= {str(one.leadId) for one in map(head, rows) if one.leadId is not None}
            yield Page(ACTIVITIES, rows)
        found = self.leads.changed(known, days.starts_at, days.ends_at)
        for rows in self.leads.every(known, days.ends_at) if days.reaches_start else found:
            yield Page(LEADS, rows)
        for gone in self.leads.deleted(days.since, days.ends_at):
            yield Page(LEADS, deleted=gone)

    def shown(self, first_day: date, as_of: datetime, known: Known, turn: int = 0) -> Iterator[Shown]:
        """Yield leads by id, those that we know and those that changed of late; programmes and campaigns as listed; activities.

        No call lists the ids of activities: those of the last month are read each time, older ones some months at a time in turn,
        all of them within a week.
        """
        days = Days.back_from(as_of, SWEPT_DAYS, first_day)
        slim = Leads(self.client, self.exports, self.version, ("id", "createdAt", "updatedAt"))
        yield Shown(Page(LEADS))
        for rows in slim.by_id({*known(LEADS), *slim.made(days.starts_at, days.ends_at)}):
            yield Shown(Page(LEADS, rows))
        for rows in self._activities(days):
            yield Shown(Page(ACTIVITIES, rows), max(days.starts_at, self.start_at))
        older = in_turn(max(first_day, self.start_at.date()), days.first, as_of, turn, self.sweeps)
        for rows in self._activities(older) if older else ():
            yield Shown(Page(ACTIVITIES, rows))
        yield Shown(Page(PROGRAMS))
        yield from (Shown(Page(PROGRAMS, rows)) for rows in self._listed_programs())
        listed = paged(self.client, f"{self._root}campaigns.json", {"batchSize": LIST_PAGE}, is_surely_filled=True)
        yield Shown(Page(CAMPAIGNS, list(listed)))

    def close(self) -> None:
        """Give connections back."""
        self.client.close()
        self.exports.close()

    def _activities(self, days: Days) -> Iterator[list[bytes]]:
        starts_at = max(days.starts_at, self.start_at)
        yield []
        if starts_at < days.ends_at:
            params = {"activityTypeIds": ",".join(map(str, TYPES))}
            yield from self.leads.walk("activities.json", params, starts_at, days.until(self.client.newest_date))

    def _programs(self, days: Days) -> Iterator[Page]:
        """Yield programmes with tags and costs, which only a call for each by its name tells."""
        yield Page(PROGRAMS)
        told: set[bytes] = set()
        for rows in self._listed_programs():
            fresh = [row for row in rows if row not in told and _lies_in(row, days)]
            told.update(fresh)
            yield Page(PROGRAMS, [self._with_costs(row) for row in fresh])

    def _listed_programs(self) -> Iterator[list[bytes]]:
        """Yield all programmes; where they fill a page until two scans name the same, since places shift and no total is told."""
        before: set[str] | None = None
        for _ in range(MOST_SCANS):
            seen: set[str] = set()
            sizes: list[int] = []
            for rows in self._scanned_programs():
                sizes.append(len(rows))
                seen |= {str(head(row).id) for row in rows}
                yield rows
            if sum(sizes) < ASSET_PAGE or seen == before:
                return
            before = seen
        log.warning("marketo: the list of programmes did not stand still in %s scans", MOST_SCANS)

    def _scanned_programs(self) -> Iterator[list[bytes]]:
        offset = 0
        while rows := self._assets_of("programs.json", {"maxReturn": str(ASSET_PAGE), "offset": str(offset)}):
            offset += len(rows)
            yield rows

    def _with_costs(self, row: bytes) -> bytes:
        """Return a programme as told by name; by id where the name leads to another; else as it was listed."""
        told = head(row)
        if told.id is None or not told.name:
            return row
        details = {"includeTags": "true", "includeCosts": "true"}
        asked = [
            ("program/byName.json", {"name": told.name, **details}),
            (f"program/{quote(str(told.id), safe='')}.json", details),
        ]
        for link, params in asked:
            try:
                found = self._assets_of(link, params)
            except Refused:
                continue
            same = [one for one in found if str(head(one).id) == str(told.id)]
            if same:
                return same[0]
        return row

    def _assets_of(self, link: str, params: dict[str, str]) -> list[bytes]:
        """Ask for assets; an empty answer that does not say that there are none is asked for twice."""
        rows, is_sure = self.client.get(f"{self._assets}{link}", assets, params=params)
        return rows if is_sure else self.client.get(f"{self._assets}{link}", assets, params=params)[0]


def in_turn(first: date, end: date, as_of: datetime, turn: int, sweeps: int) -> Days | None:
    """Return some of the months that make up [first, end), others with each sweep, so that so many sweeps see all; None: no such day.

    The parts are whole months, lest their borders move with every day and a day between two of them be left out.
    """
    span = (end - first).days
    if span <= 0:
        return None
    months = -(-span // SWEPT_DAYS)
    width = SWEPT_DAYS * -(-months // sweeps)
    start = first + timedelta(days=width * (turn % -(-span // width)))
    return Days(start, min(start + timedelta(days=width), end) - timedelta(days=1), start == first, as_of)


def _lies_in(row: bytes, days: Days) -> bool:
    """Say whether a record was changed in these days; one that does not say is always in."""
    at = instant(head(row).updatedAt)
    return days.reaches_start or at is None or days.starts_at <= at < days.ends_at
