"""LinkedIn over Rest.li: ad accounts, campaigns, ads by day, lead forms and their answers, figures of organisations by day.

Lists have no filter on changes, so they are read whole. `start_at` cuts ads days and figures of organisations; answers to
forms are taken whole, as far back as the vendor keeps them. Ads days move for a month, so they are watched that long, and once a
week for ninety days. What the token may not read of an organisation is left out with a warning: no measure needs it.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from mpm_pipeline.contracts.linkedin import (
    AdAccount,
    AdAnalytics,
    AdCampaign,
    FollowerStatistics,
    LeadForm,
    LeadFormResponse,
    ShareStatistics,
)
from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.settings import Settings
from mpm_pipeline.sources.auth import Header, Token
from mpm_pipeline.sources.client import Auth, Client, Limits
from mpm_pipeline.sources.connector import Connector, Days, Known, Page, Shown, require
from mpm_pipeline.sources.linkedin import restli
from mpm_pipeline.sources.linkedin.restli import Forbidden, Restli, head, tail
from mpm_pipeline.sources.reply import Rejected

ACCOUNTS, CAMPAIGNS, ANALYTICS, FORMS, RESPONSES, SHARES, FOLLOWERS = (
    stream_of(one)
    for one in (AdAccount, AdCampaign, AdAnalytics, LeadForm, LeadFormResponse, ShareStatistics, FollowerStatistics)
)
FIELDS = (
    "dateRange", "pivotValues", "impressions", "clicks", "costInLocalCurrency", "costInUsd", "externalWebsiteConversions",
    "oneClickLeads", "oneClickLeadFormOpens", "landingPageClicks", "totalEngagements",
)  # fmt: skip
STATUSES = "ACTIVE,PAUSED,ARCHIVED,COMPLETED,CANCELED,DRAFT,PENDING_DELETION,REMOVED"
MOST_ROWS = 15_000
CAMPAIGN_CHUNK = 500
BEGINNING = datetime(2003, 1, 1, tzinfo=UTC)
LEAD_TYPES = ("SPONSORED", "EVENT", "COMPANY", "ORGANIZATION_PRODUCT")
ANSWERS_LIVE = 85
"""Days for which answers to forms are surely kept; the vendor forgets them after ninety."""
ADS_MOVE = timedelta(days=90)
"""So long conversions come back to the day of their ad."""
FIGURES_LAG = timedelta(days=2)
FIGURES_REACH = timedelta(days=364)

log = logging.getLogger(__name__)


def connect(settings: Settings, limits: Limits | None = None) -> list[Connector]:
    """Return the connector of one token."""
    return [LinkedIn(settings, limits)]


class LinkedIn(Connector):
    """What one token sees: ad accounts and organisations."""

    source = "linkedin"
    horizon_days = 30

    def __init__(self, settings: Settings, limits: Limits | None = None) -> None:
        section = settings.linkedin
        base = section.url.rstrip("/").removesuffix("/rest")
        host = urlsplit(base).hostname
        tokens = "https://www.linkedin.com" if host == "api.linkedin.com" else base
        own = ("www.linkedin.com",) if host == "api.linkedin.com" else ()
        self.start_at = section.start_at
        self.account_ids, self.organization_ids = section.account_ids, section.organization_ids
        self.client = Client(
            "linkedin",
            base,
            auth=_auth(settings, f"{tokens}/oauth/v2/accessToken"),
            instance_hosts=(*section.instance_hosts, *own),
            file_hosts=tuple(section.file_hosts),
            ca_file=section.ca_file,
            judge=restli.judge,
            limits=limits or Limits(),
        )
        self.api = Restli(self.client, "rest/", section.version)

    def probe(self) -> datetime | None:
        """Ask for one ad account and return the server's time."""
        self.api.get("adAccounts", restli.elements, restli.query(q="search", pageSize="1"))
        return self.client.newest_date

    def read(self, days: Days) -> Iterator[Page]:
        """Yield accounts and campaigns whole, then ads days, forms, answers and figures of these days."""
        rows = list(self._accounts())
        accounts = [tail(head(row).id) for row in rows if head(row).id is not None]
        yield _things(ACCOUNTS, rows)
        yield Page(CAMPAIGNS)
        campaigns: dict[str, list[str]] = {}
        for account in accounts:
            rows_of = _once(self._campaigns(account))
            campaigns[account] = [tail(head(row).id) for row in rows_of if head(row).id is not None]
            yield _things(CAMPAIGNS, rows_of)
        first = max(days.first, self.start_at)
        yield Page(ANALYTICS)
        for account in accounts if first <= days.last else ():
            yield Page(ANALYTICS, self._analytics(account, campaigns[account], first, days.last))
        organizations = self._organizations(rows)
        owners = [("sponsoredAccount", one) for one in accounts] + [("organization", one) for one in organizations]
        forms = [row for owner in owners for row in self._owned(owner, "leadForms", {})]
        yield _things(FORMS, _once(forms))
        yield Page(RESPONSES, _once(self._responses(owners, days)))
        for stream in (SHARES, FOLLOWERS):
            yield Page(stream, [row for one in organizations for row in self._figures(stream.name, one, days)])

    def watch_weekly(self, first_day: date, as_of: datetime) -> Iterator[Page]:
        """Yield the ads days of the last ninety days that lie beyond the horizon."""
        today = as_of.astimezone(UTC).date()
        first, last = max(first_day, self.start_at, today - ADS_MOVE), today - timedelta(days=self.horizon_days)
        if first > last:
            return
        for account in [tail(head(row).id) for row in self._accounts() if head(row).id is not None]:
            campaigns = [tail(head(row).id) for row in _once(self._campaigns(account)) if head(row).id is not None]
            yield Page(ANALYTICS, self._analytics(account, campaigns, first, last))

    def shown(self, first_day: date, as_of: datetime, known: Known, turn: int = 0) -> Iterator[Shown]:
        """Yield accounts, campaigns and forms as listed, and nearly all answers that the vendor still keeps; figures are no records."""
        days = Days.back_from(as_of, ANSWERS_LIVE, first_day)
        since = {ACCOUNTS: None, CAMPAIGNS: None, FORMS: None, RESPONSES: days.since}
        yield from (Shown(page, since[page.stream]) for page in self.read(days) if page.stream in since)

    def close(self) -> None:
        """Give connections back."""
        self.client.close()

    def _accounts(self) -> Iterator[bytes]:
        if self.account_ids:
            for one in self.account_ids:
                yield self.api.get(f"adAccounts/{restli.encoded(tail(one))}", restli.entity)
            return
        for rows in self.api.by_cursor("adAccounts", q="search"):
            yield from rows

    def _campaigns(self, account: str) -> Iterator[bytes]:
        """Yield an account's campaigns, asked for plainly and by all statuses: each way leaves some out at some server."""
        path, refused = f"adAccounts/{restli.encoded(account)}/adCampaigns", []
        for search in ({}, {"search": f"(status:(values:List({STATUSES})))"}):
            try:
                for rows in self.api.by_cursor(path, q="search", **search):
                    yield from rows
            except Rejected as error:
                refused.append(error)
        if len(refused) == 2:
            if refused[0].status != 404:
                raise refused[0]
            log.warning("linkedin: the campaigns of an ad account cannot be read; it may be restricted")

    def _analytics(self, account: str, campaigns: list[str], first: date, last: date) -> list[bytes]:
        """Return an account's ads days, asked for in parts where an answer reaches the number at which it is cut."""
        facet = {"accounts": restli.many([f"urn:li:sponsoredAccount:{account}"])}
        try:
            rows = self._ads(facet, first, last)
        except Rejected as error:
            if error.status != 404:
                raise
            log.warning("linkedin: the figures of an ad account cannot be read; it may be restricted")
            return []
        if len(rows) < MOST_ROWS:
            return rows
        if first < last:
            middle = first + (last - first) // 2
            after = self._analytics(account, campaigns, middle + timedelta(days=1), last)
            return self._analytics(account, campaigns, first, middle) + after
        urns = [f"urn:li:sponsoredCampaign:{one}" for one in campaigns]
        parts = [urns[place : place + CAMPAIGN_CHUNK] for place in range(0, len(urns), CAMPAIGN_CHUNK)]
        return [row for part in parts for row in self._ads({"campaigns": restli.many(part)}, first, last)]

    def _ads(self, facet: dict[str, str], first: date, last: date) -> list[bytes]:
        asked = restli.query(
            q="analytics",
            pivot="(value:CAMPAIGN)",
            timeGranularity="(value:DAILY)",
            dateRange=f"(start:{restli.day(first)},end:{restli.day(last)})",
            fields=",".join(FIELDS),
            **facet,
        )
        return self.api.rows("adAnalytics", asked)

    def _organizations(self, accounts: Iterable[bytes]) -> list[str]:
        """Return the organisations that the token administers and those that the accounts advertise for."""
        if self.organization_ids:
            return [tail(one) for one in self.organization_ids]
        found = [head(row).reference for row in accounts]
        for path in ("organizationAcls", "organizationalEntityAcls"):
            with suppress(Rejected, Forbidden):
                for rows in self.api.by_offset(path, q="roleAssignee", state="APPROVED"):
                    found += [head(row).organization or head(row).organizationalTarget for row in rows]
                break
        return list(dict.fromkeys(tail(one) for one in found if str(one).startswith("urn:li:organization:")))

    def _responses(self, owners: list[tuple[str, str]], days: Days) -> Iterator[bytes]:
        """Yield the answers that were submitted in these days, of every kind of lead that an owner may have."""
        since, until = restli.milliseconds(days.since or BEGINNING), restli.milliseconds(days.ends_at)
        span = f"(start:{since},end:{until})"
        for owner in owners:
            for kind in LEAD_TYPES:
                asked = {"leadType": f"(leadType:{kind})", "submittedAtTimeRange": span, "limitedToTestLeads": "false"}
                for row in self._owned(owner, "leadFormResponses", asked):
                    at = head(row).submittedAt
                    if not isinstance(at, int | float) or since <= at < until:
                        yield row

    def _owned(self, owner: tuple[str, str], path: str, asked: dict[str, str]) -> list[bytes]:
        """Return what belongs to an owner; an organisation, or an odd kind of lead, may be none of the token's business."""
        kind, key = owner
        urn = restli.encoded(f"urn:li:{kind}:{key}")
        is_sure = kind == "sponsoredAccount" and asked.get("leadType") in (None, "(leadType:SPONSORED)")
        try:
            return [
                row for rows in self.api.by_offset(path, q="owner", owner=f"({kind}:{urn})", **asked) for row in rows
            ]
        except (Rejected, Forbidden):
            if is_sure:
                raise
            log.debug("linkedin: %s of one owner of the kind %s cannot be read", path, kind)
            return []

    def _figures(self, name: str, organization: str, days: Days) -> list[bytes]:
        """Return an organisation's figures by day, as far as the vendor tells: a year back, two days late.

        They are asked for from some days before on, since a day's figures only show when it is past.
        """
        today = restli.now(self.client, days.as_of).replace(hour=0, minute=0, second=0, microsecond=0)
        started = datetime.combine(self.start_at, datetime.min.time(), UTC)
        since = max(days.starts_at - FIGURES_LAG - timedelta(days=1), started, today - FIGURES_REACH)
        until = min(days.ends_at, today - FIGURES_LAG)
        if since >= until:
            return []
        span = f"(start:{restli.milliseconds(since)},end:{restli.milliseconds(until)})"
        asked = restli.query(
            q="organizationalEntity",
            organizationalEntity=restli.encoded(f"urn:li:organization:{organization}"),
            timeIntervals=f"(timeRange:{span},timeGranularityType:DAY)",
        )
        try:
            return self.api.rows(name, asked)
        except (Rejected, Forbidden):
            log.warning("linkedin: %s of an organisation cannot be read; left out", name)
            return []


def _auth(settings: Settings, place: str) -> Auth:
    """Return how to authorise: by refresh token where there is one, else by a token that lives sixty days."""
    section = settings.linkedin
    access = section.access_token.get_secret_value()
    has_refresh = (
        section.client_id or section.refresh_token.get_secret_value() or section.client_secret.get_secret_value()
    )
    if access and not has_refresh:
        return Header("Authorization", f"Bearer {access}")
    if not access and not has_refresh:
        require(settings, "linkedin", "access_token")
    client_id, client_secret, refresh = require(settings, "linkedin", "client_id", "client_secret", "refresh_token")
    form = {
        "grant_type": "refresh_token",
        "client_id": client_id,
        "client_secret": client_secret,
        "refresh_token": refresh,
    }

    def keep(_: Client, answer: Any) -> None:
        rotated = answer.get("refresh_token")
        if isinstance(rotated, str) and rotated:
            form["refresh_token"] = rotated

    return Token(place, form, on_token=keep, token=access, settings=("client_id", "client_secret", "refresh_token"))


def _things(stream: Any, rows: list[bytes]) -> Page:
    """Return records that can change, stamped from whichever place tells their change."""
    return Page(stream, rows, [restli.stamp(row) for row in rows])


def _once(rows: Iterable[bytes]) -> list[bytes]:
    """Return records without those whose id came before."""
    found: dict[Any, bytes] = {}
    for place, row in enumerate(rows):
        key = head(row).id
        found.setdefault(str(key) if key is not None else place, row)
    return list(found.values())
