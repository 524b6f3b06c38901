"""The social system: ad account, campaigns, daily figures with restatements, lead forms, page statistics.

Spend is kept in ten-thousandths of a euro and written as the vendor's decimal strings. A day's row shows after the
day's end; about a third of the rows are restated two days later, some once more after nine.
"""

from datetime import date, datetime, timedelta
from random import Random

from mpm_pipeline.simulator.generator import words
from mpm_pipeline.simulator.generator.model import Campaign, Person, Touch, World
from mpm_pipeline.simulator.generator.people import as_typed, new_person
from mpm_pipeline.simulator.generator.rates import Rates
from mpm_pipeline.simulator.generator.timeline import between, days_between, midnight
from mpm_pipeline.simulator.generator.writer import Record, epoch_ms

ORGANIZATION, ACCOUNT, FORM = 87_204_113, 507_112_233, 3_162_001
ACCOUNT_URN, ORGANIZATION_URN = f"urn:li:sponsoredAccount:{ACCOUNT}", f"urn:li:organization:{ORGANIZATION}"
CURRENCY = "EUR"
QUESTIONS = (
    ("EMAIL", "Work email"),
    ("FIRST_NAME", "First name"),
    ("LAST_NAME", "Last name"),
    ("COMPANY_NAME", "Company"),
    ("JOB_TITLE", "Title"),
)
STRANGERS_PER_ACCOUNT = 0.04


def put_social(world: World, rates: Rates) -> None:
    """Put down all that the social system holds."""
    rng = world.rng("social")
    campaigns = [campaign for campaign in world.campaigns if campaign.kind == "paid_social"]
    _put_accounts(world)
    for campaign in campaigns:
        _put_campaign(world, campaign)
        for day in days_between(campaign.starts, min(campaign.ends, world.line.horizon.date()) + timedelta(days=1)):
            _put_day(world, rng, rates, campaign, day)
    for touch in world.touches:
        if touch.kind == "social_form":
            _put_response(world, rng, touch)
    for number in range(max(2, world.line.volume(STRANGERS_PER_ACCOUNT))):
        at = between(rng, world.line.starts_at, world.line.horizon)
        running = [campaign for campaign in campaigns if campaign.runs_on(at.date())]
        if running:
            stranger = new_person(world, rng, rng.choice(world.companies), at)
            _put_response(world, rng, Touch(at, "social_form", stranger, rng.choice(running)), is_test=number % 7 == 0)
    _put_page(world, rng)


def urn(campaign: Campaign) -> str:
    """Return the URN of a campaign."""
    return f"urn:li:sponsoredCampaign:{campaign.social_id}"


def _put_accounts(world: World) -> None:
    opened = world.line.history_start
    stamps = {"created": epoch_ms(opened), "lastModified": epoch_ms(opened)}
    organization = {
        "id": ORGANIZATION, "localizedName": "Northlode", "vanityName": "northlode",
        "localizedWebsite": "https://northlode.example", "primaryOrganizationType": "NONE", **stamps,
    }  # fmt: skip
    world.book.put("linkedin/organizations", organization, opened)
    account = {
        "id": ACCOUNT, "name": "Northlode Europe", "currency": CURRENCY, "status": "ACTIVE", "type": "BUSINESS",
        "test": False, "reference": ORGANIZATION_URN, "servingStatuses": ["RUNNABLE"], **stamps,
    }  # fmt: skip
    world.book.put("linkedin/adAccounts", account, opened)
    group = {
        "id": 640_001,
        "name": "Demand",
        "account": ACCOUNT_URN,
        "status": "ACTIVE",
        "runSchedule": {"start": epoch_ms(opened)},
        **stamps,
    }
    world.book.put("linkedin/adCampaignGroups", group, opened)
    questions = [
        {
            "questionId": 101 + number,
            "predefinedField": name,
            "name": name.lower(),
            "question": {"localized": {"en_US": text}},
        }
        for number, (name, text) in enumerate(QUESTIONS)
    ]
    form = {
        "id": FORM, "name": "Demo form", "owner": {"sponsoredAccount": ACCOUNT_URN}, "state": "PUBLISHED",
        "versionId": 1,
        "content": {"headline": {"localized": {"en_US": "See it on your data"}}, "questions": questions}, **stamps,
    }  # fmt: skip
    world.book.put("linkedin/leadForms", form, opened)


def _put_campaign(world: World, campaign: Campaign) -> None:
    created = min(midnight(campaign.starts) - timedelta(days=3), world.line.now - timedelta(days=1))
    stamps = {"created": epoch_ms(created), "lastModified": epoch_ms(created)}
    amount = {"currencyCode": CURRENCY, "amount": f"{campaign.monthly_cost / 30:.2f}"}
    record = {
        "id": campaign.social_id, "name": campaign.name, "account": ACCOUNT_URN,
        "campaignGroup": "urn:li:sponsoredCampaignGroup:640001", "status": "ACTIVE", "type": "SPONSORED_UPDATES",
        "objectiveType": "LEAD_GENERATION", "costType": "CPM", "dailyBudget": amount,
        "unitCost": {"currencyCode": CURRENCY, "amount": "12.50"}, "locale": {"country": "US", "language": "en"},
        "runSchedule": {"start": epoch_ms(midnight(campaign.starts)), "end": epoch_ms(midnight(campaign.ends))},
        **stamps,
    }  # fmt: skip
    world.book.put("linkedin/adCampaigns", record, created)
    ended = midnight(campaign.ends) + timedelta(days=1, hours=1)
    if ended < world.line.now:
        world.book.put(
            "linkedin/adCampaigns", {**record, "status": "COMPLETED", "lastModified": epoch_ms(ended)}, ended
        )
    creative = {
        "id": _creative(campaign), "campaign": urn(campaign), "account": ACCOUNT_URN, "intendedStatus": "ACTIVE",
        "isServing": True, "createdAt": epoch_ms(created), "lastModifiedAt": epoch_ms(created),
        "content": {"reference": f"urn:li:share:73970{campaign.social_id}"},
    }  # fmt: skip
    world.book.put("linkedin/creatives", creative, created)


def _creative(campaign: Campaign) -> str:
    return f"urn:li:sponsoredCreative:88{campaign.social_id}"


def _put_day(world: World, rng: Random, rates: Rates, campaign: Campaign, day: date) -> None:
    if rng.random() < (0.35 if day.weekday() > 4 else 0.02):
        return
    cost = round(campaign.monthly_cost / 30 * 10_000 * rng.uniform(0.55, 1.35) * (0.4 if day.weekday() > 4 else 1.0))
    clicks = round(cost / 10_000 / rng.uniform(4.5, 8.5))
    leads = sum(rng.random() < 0.03 for _ in range(clicks))
    shown = midnight(day + timedelta(days=1)) + timedelta(seconds=rng.randrange(4 * 3600))
    world.book.put("linkedin/adAnalytics", day_row(rates, campaign, day, cost, clicks, leads), shown)
    for chance, delay in ((0.35, 2), (0.1, 9)):
        again = shown + timedelta(days=delay, hours=1)
        if rng.random() < chance and again < world.line.now:
            cost, clicks = round(cost * rng.uniform(0.97, 1.04)), clicks + rng.randint(0, 3)
            row = day_row(rates, campaign, day, cost, clicks, leads + rng.randint(0, 1))
            world.book.put("linkedin/adAnalytics", row, again)


def day_row(rates: Rates, campaign: Campaign, day: date, cost: int, clicks: int, leads: int) -> Record:
    """Return the figures of a campaign and day; `cost` in ten-thousandths of a euro."""
    whole = {"year": day.year, "month": day.month, "day": day.day}
    usd = round(cost * rates.on(day, "EUR", "USD"))
    return {
        "dateRange": {"start": whole, "end": whole}, "pivotValues": [urn(campaign)], "impressions": clicks * 113 + 40,
        "clicks": clicks, "costInLocalCurrency": _decimal(cost), "costInUsd": _decimal(usd),
        "externalWebsiteConversions": leads // 2, "oneClickLeads": leads, "oneClickLeadFormOpens": leads * 3,
        "landingPageClicks": clicks * 4 // 5, "totalEngagements": clicks + leads * 4,
    }  # fmt: skip


def _decimal(parts: int) -> str:
    return f"{parts // 10_000}.{parts % 10_000:04d}000000000"


def _put_response(world: World, rng: Random, touch: Touch, is_test: bool = False) -> None:
    campaign, person = touch.campaign, touch.person
    assert campaign is not None
    answers = (
        as_typed(rng, _address(person, touch)),
        person.first,
        person.last,
        person.company.name,
        person.title or "-",
    )
    response_id = world.ids.uuid()
    record = {
        "id": response_id, "leadType": "SPONSORED", "testLead": is_test, "submittedAt": epoch_ms(touch.at),
        "submitter": f"urn:li:person:{rng.getrandbits(48):012x}", "owner": {"sponsoredAccount": ACCOUNT_URN},
        "versionedLeadGenFormUrn": f"urn:li:versionedLeadGenForm:(urn:li:leadGenForm:{FORM},1)",
        "associatedEntity": {"associatedCreative": _creative(campaign)},
        "leadMetadata": {"sponsoredLeadMetadata": {"campaign": urn(campaign)}},
        "formResponse": {
            "consentResponses": [{"consentId": 1, "accepted": rng.random() < 0.9}],
            "answers": [
                {"questionId": 101 + number, "answerDetails": {"textQuestionAnswer": {"answer": answer}}}
                for number, answer in enumerate(answers)
            ],
        },
    }  # fmt: skip
    world.book.put("linkedin/leadFormResponses", record, touch.at)
    touch.refs.append(("linkedin", "leadFormResponses", response_id))
    world.social_people.append((response_id, person))


def _address(person: Person, touch: Touch) -> str:
    return touch.lead.email.strip() if touch.lead and touch.person.touches[0] is touch else person.email


def _put_page(world: World, rng: Random) -> None:
    followers = 18_400
    for day in days_between(world.line.starts_at.date(), world.line.horizon.date()):
        shown = midnight(day + timedelta(days=1))
        span = {"start": epoch_ms(midnight(day)), "end": epoch_ms(shown)}
        seen, gained = rng.randrange(300, 900), rng.randrange(0, 14)
        followers += gained
        total = {
            "uniqueImpressionsCount": seen * 2 // 3, "impressionCount": seen, "clickCount": seen // 21,
            "likeCount": seen // 40, "commentCount": seen // 300, "shareCount": seen // 450,
            "engagement": round((seen // 21 + seen // 40) / seen, 4),
        }  # fmt: skip
        entity = {"organizationalEntity": ORGANIZATION_URN, "timeRange": span}
        shares, gains = (
            {**entity, "totalShareStatistics": total},
            {"organicFollowerGain": gained, "paidFollowerGain": gained // 5},
        )
        world.book.put("linkedin/organizationalEntityShareStatistics", shares, shown)
        world.book.put("linkedin/organizationalEntityFollowerStatistics", {**entity, "followerGains": gains}, shown)
        if day.weekday() == 0:
            size = {"entity": ORGANIZATION_URN, "edgeType": "COMPANY_FOLLOWED_BY_MEMBER", "firstDegreeSize": followers}
            world.book.put("linkedin/networkSizes", size, shown)
            _post(world, rng, midnight(day) + timedelta(hours=9))


def _post(world: World, rng: Random, at: datetime) -> None:
    post = {
        "id": f"urn:li:share:{7_397_000_000 + world.ids.number('post')}", "author": ORGANIZATION_URN,
        "commentary": f"{rng.choice(words.TOPICS)}: what we learnt this week 📈", "visibility": "PUBLIC",
        "lifecycleState": "PUBLISHED", "createdAt": epoch_ms(at), "publishedAt": epoch_ms(at),
        "lastModifiedAt": epoch_ms(at),
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "isReshareDisabledByAuthor": False,
    }  # fmt: skip
    world.book.put("linkedin/posts", post, at)
