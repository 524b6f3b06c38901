"""Answers of customers: csat, nps, response_rate from service/survey.

AMBIGUITIES (readings taken here)
S1. Of several answers per survey and e-mail the last over all time counts, in the period of that last answer; last by
    answered_at, then response_id. E-mail compared trimmed and in lower case. The kind is part of the key.
S2. response_rate counts rows (sendings), of both kinds together, without removing doubles; answered = `answered_at`
    is there and not after as-of. A row with an answer time but without a score is answered, but in no csat or nps.
S3. NPS on another scale than 10 is in no nps, but in response_rate. A score outside its scale (csat 1..scale_max,
    nps 0..scale_max) is quarantined and in no rate, response_rate included (readings 56).
S4. A sending dated after as-of is not counted. Rows begin with the first sending or answer (readings 1), also where a file
    has an answer before its sending.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from mpm_pipeline_tests.independent import rows
from mpm_pipeline_tests.independent.calendar import Calendar
from mpm_pipeline_tests.independent.ledger import text
from mpm_pipeline_tests.independent.money import Rates, decimal_or_none
from mpm_pipeline_tests.independent.world import Snapshot, instant


@dataclass(frozen=True, slots=True)
class Response:
    """One sending with its answer, if it got one."""

    response_id: str
    survey: str
    kind: str
    scale_max: Decimal
    sent_at: datetime
    answered_at: datetime | None
    score: Decimal | None
    email: str

    @property
    def is_positive(self) -> bool:
        """Say whether a csat score is at least 0.8 of its scale."""
        return self.score is not None and self.score >= Decimal("0.8") * self.scale_max

    @property
    def nps_points(self) -> int:
        """Give 1 for a promoter, -1 for a detractor, else 0."""
        return (self.score >= 9) - (self.score <= 6) if self.score is not None else 0


def responses(snapshot: Snapshot) -> list[Response]:
    """Read the survey rows that are in rates."""
    found = []
    for record in snapshot.records("service", "survey"):
        kind, scale = text(record.get("kind")).lower(), decimal_or_none(record.get("scale_max"))
        sent = instant(text(record.get("sent_at")))
        answered = instant(text(record.get("answered_at")))
        has_score = text(record.get("score")) != ""
        score = decimal_or_none(record.get("score"))
        if kind not in ("csat", "nps") or scale is None or sent is None or sent > snapshot.at:
            continue
        lowest = 1 if kind == "csat" else 0
        if has_score and (score is None or not lowest <= score <= scale):
            continue
        if answered is not None and answered > snapshot.at:
            answered = None
        email = text(record.get("email")).lower()
        found.append(Response(record["response_id"], text(record["survey"]), kind, scale, sent, answered, score, email))
    return found


def last_answers(found: list[Response]) -> list[Response]:
    """Keep of several answers per survey and e-mail the last; without e-mail each."""
    kept: dict[tuple, Response] = {}
    for one in sorted(found, key=lambda r: (r.answered_at or r.sent_at, r.response_id)):
        if one.answered_at is not None and one.score is not None:
            kept[(one.kind, one.survey, one.email) if one.email else (one.response_id,)] = one
    return list(kept.values())


def figures(snapshot: Snapshot, calendar: Calendar, rates: Rates) -> list[rows.Row]:
    """Compute csat, nps and response_rate at month, quarter and fiscal year."""
    found = responses(snapshot)
    answers = last_answers(found)
    days = [calendar.date_of(one.sent_at) for one in found] + [_answer_day(one, calendar) for one in answers]
    out = []
    for period in calendar.all_periods(min(days, default=None), calendar.date_of(snapshot.at)):
        csat = [a for a in answers if a.kind == "csat" and period.holds(_answer_day(a, calendar))]
        nps = [a for a in answers if a.kind == "nps" and a.scale_max == 10 and period.holds(_answer_day(a, calendar))]
        sent = [r for r in found if period.holds(calendar.date_of(r.sent_at))]
        out.append(rows.rate("csat", period, sum(a.is_positive for a in csat), len(csat)))
        points = rows.rate("nps", period, sum(a.nps_points for a in nps), len(nps), unit="points")
        points.value = None if points.value is None else Fraction(points.value) * 100
        out.append(points)
        out.append(rows.rate("response_rate", period, sum(r.answered_at is not None for r in sent), len(sent)))
    return out


def _answer_day(answer: Response, calendar: Calendar) -> date:
    assert answer.answered_at is not None
    return calendar.date_of(answer.answered_at)
