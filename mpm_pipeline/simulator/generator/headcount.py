"""The people files: who is employed as what and since when, who may get leads, and what people cost.

The CRM's users are employees too; marketing, operations and the rest of the company have no CRM account. Costs are
yearly, loaded, in US dollars, and feed `finance`.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from mpm_pipeline.simulator.generator import words
from mpm_pipeline.simulator.generator.model import INTERNAL_DOMAIN, Rep, World
from mpm_pipeline.simulator.generator.staff import ascii_slug
from mpm_pipeline.simulator.generator.timeline import add_months, midnight

ROLES = (
    ("Account Executive", "sales", "quota_bearing"), ("Sales Development", "sales", "sdr"),
    ("Sales Manager", "sales", "manager"), ("Chief Revenue", "sales", "manager"),
    ("Sales Operations", "sales", "sales_ops"), ("Marketing Operations", "marketing", "marketing_ops"),
    ("Campaign Manager", "marketing", "field_marketing"),
)  # fmt: skip
YEARLY_COST = {
    "quota_bearing": 182_000, "sdr": 84_000, "manager": 215_000, "sales_ops": 108_000, "marketing_ops": 104_000,
    "field_marketing": 112_000, "other": 118_000,
}  # fmt: skip
BEYOND_CRM = (
    # function, role, heads per 500 accounts, fte
    ("marketing", "field_marketing", 2, 1.0), ("marketing", "marketing_ops", 1, 0.5), ("marketing", "other", 5, 1.0),
    ("marketing", "manager", 1, 1.0), ("sales", "sales_ops", 1, 0.8), ("other", "other", 40, 1.0),
)  # fmt: skip
A_REP_SKILL = 0.2
QUOTAS = {"smb": 700_000, "mid": 1_400_000, "enterprise": 2_600_000}


@dataclass(frozen=True, slots=True)
class Job:
    """One employment."""

    id: str
    email: str | None
    function: str
    role: str
    fte: float
    start: date
    end: date | None
    region: str

    def share_of(self, month: date) -> float:
        """Return the part of a month's days in which the job was held, times its FTE."""
        first, last = month, add_months(month, 1) - timedelta(days=1)
        held = (min(self.end or last, last) - max(self.start, first)).days + 1
        return max(0, held) / ((last - first).days + 1) * self.fte


def build_headcount(world: World) -> list[Job]:
    """Hire the rest of the company, put down the head count and the rep file, and return all jobs."""
    jobs: list[Job] = []
    for member in world.staff:
        function, role = next((function, role) for title, function, role in ROLES if member.role.startswith(title))
        jobs.append(
            Job(f"E{len(jobs):05d}", member.email, function, role, 1.0, member.started, member.ended, member.region)
        )
    rng = world.rng("headcount")
    for function, role, per_500, fte in BEYOND_CRM:
        for _ in range(max(1, round(per_500 * world.line.accounts / 500))):
            start = world.line.history_start.date() + timedelta(days=rng.randint(-900, 500))
            end = start + timedelta(days=rng.randint(200, 900)) if rng.random() < 0.12 else None
            end = None if end and not world.line.history_start.date() < end < world.line.now.date() else end
            name = ascii_slug(rng.choice(words.LAST_NAMES["west"]))
            email = f"{name}{len(jobs)}@{INTERNAL_DOMAIN}" if rng.random() < 0.8 else None
            jobs.append(
                Job(f"E{len(jobs):05d}", email, function, role, fte, start, end, rng.choice(("AMER", "EMEA", "APAC")))
            )
    for job in jobs:
        _put_job(world, job)
    for member in world.staff:
        if member.is_rep:
            _put_rep(world, member)
    return jobs


def _put_job(world: World, job: Job) -> None:
    """Put down a job; who was there before the file begins is listed from its first day."""
    begins = max(job.start, world.line.history_start.date())
    row = {
        "employment_id": job.id, "email": job.email, "function": job.function, "role": job.role, "fte": f"{job.fte}",
        "start_on": begins.isoformat(), "end_on": None, "region": job.region,
    }  # fmt: skip
    world.book.put("hr/headcount", row, midnight(begins))
    if job.end:
        world.book.put("hr/headcount", {**row, "end_on": job.end.isoformat()}, midnight(job.end - timedelta(days=30)))


def _put_rep(world: World, member: Rep) -> None:
    segment = member.segments[0] if member.segments else "mid"
    row = {
        "email": member.email, "regions": member.region, "segments": ";".join(member.segments),
        "product_lines": ";".join(member.lines), "start_on": member.started.isoformat(),
        "ramp_days": str(member.ramp_days), "capacity_per_week": str(member.capacity),
        "appetite_low": str(max(0, member.capacity - 2)), "appetite_high": str(member.capacity + 1),
        "quota": f"{QUOTAS[segment]}.00", "currency": "EUR" if member.region == "EMEA" else "USD",
        "absent": member.absent, "is_a_rep": "true" if member.skill >= A_REP_SKILL else "false",
    }  # fmt: skip
    world.book.put("hr/reps", row, midnight(member.started))
    if member.ended:
        world.book.put("hr/reps", row, midnight(member.ended + timedelta(days=1))).deleted = True
