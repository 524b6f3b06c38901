"""The order in which a world comes about, from the staff to the last late record, and its `world.toml`.

Later modules read what earlier ones built and never the other way round. `world.toml` is written last: a folder without
it is no world.
"""

from collections.abc import Callable
from pathlib import Path

from mpm_pipeline.errors import ConfigError
from mpm_pipeline.simulator.generator.activities import put_activities
from mpm_pipeline.simulator.generator.aftersales import put_aftersales
from mpm_pipeline.simulator.generator.billing import Billing
from mpm_pipeline.simulator.generator.budget import put_budget, put_goals
from mpm_pipeline.simulator.generator.campaigns import build_campaigns
from mpm_pipeline.simulator.generator.companies import build_companies
from mpm_pipeline.simulator.generator.contracts import plan_contracts
from mpm_pipeline.simulator.generator.dirt import spoil
from mpm_pipeline.simulator.generator.finance import put_actuals
from mpm_pipeline.simulator.generator.headcount import build_headcount
from mpm_pipeline.simulator.generator.ids import Ids
from mpm_pipeline.simulator.generator.journeys import build_leads
from mpm_pipeline.simulator.generator.lateness import arrive_late, delay_some
from mpm_pipeline.simulator.generator.leads import convert_leads, put_leads
from mpm_pipeline.simulator.generator.membership import put_members
from mpm_pipeline.simulator.generator.model import INTERNAL_DOMAIN, World
from mpm_pipeline.simulator.generator.opportunities import build_deals, put_deals, put_stages
from mpm_pipeline.simulator.generator.people import build_people
from mpm_pipeline.simulator.generator.programs import put_programs
from mpm_pipeline.simulator.generator.rates import Rates
from mpm_pipeline.simulator.generator.removals import remove
from mpm_pipeline.simulator.generator.sales_activity import put_sales_activity
from mpm_pipeline.simulator.generator.service import put_service
from mpm_pipeline.simulator.generator.social import put_social
from mpm_pipeline.simulator.generator.staff import build_staff
from mpm_pipeline.simulator.generator.subscribers import put_subscribers
from mpm_pipeline.simulator.generator.subscriptions import put_subscriptions
from mpm_pipeline.simulator.generator.timeline import Timeline
from mpm_pipeline.simulator.generator.touches import contact_touches
from mpm_pipeline.simulator.generator.truth import put_truth
from mpm_pipeline.simulator.generator.writer import Book, iso

MOST_DAYS = 730
Progress = Callable[[str], None]


def generate(
    directory: Path, *, accounts: int = 500, days: int = 180, seed: int = 7, progress: Progress | None = None
) -> dict[str, int]:  # fmt: skip
    """Write a world of this size into a directory and return its rows by file; the same arguments give the same bytes.

    ConfigError where a number is out of range or the directory holds anything already.
    """
    if accounts < 1:
        raise ConfigError(f"--accounts is {accounts}: give at least 1")
    if not 1 <= days <= MOST_DAYS:
        raise ConfigError(f"--days is {days}: give 1 to {MOST_DAYS} days of activities")
    tell = progress or (lambda _: None)
    _make_room(directory)
    line = Timeline(accounts, days, seed)
    world = World(line, Book(), Ids(line.rng("ids")))
    tell("companies and people")
    _populate(world)
    tell("leads and deals")
    _trade(world)
    tell("marketing, billing and plans")
    _record(world)
    tell("writing")
    rows = world.book.write(directory)
    _write_settings(world, directory)
    return rows


def _populate(world: World) -> None:
    build_staff(world)
    put_stages(world)
    build_companies(world)
    build_people(world)
    build_campaigns(world)


def _trade(world: World) -> None:
    build_leads(world)
    contact_touches(world, world.rng("contact touches"))
    build_deals(world)
    convert_leads(world)


def _record(world: World) -> None:
    rates = Rates(world)
    rates.put(world)
    contracts = plan_contracts(world)
    put_leads(world)
    put_deals(world)
    put_sales_activity(world)
    put_subscribers(world)
    put_programs(world)
    put_activities(world)
    put_members(world)
    put_social(world, rates)
    billing = Billing(world)
    put_subscriptions(billing, contracts)
    put_aftersales(world, billing.till)
    jobs = build_headcount(world)
    put_actuals(world, jobs, billing.till.invoices)
    put_budget(world, jobs)
    put_goals(world, rates)
    put_service(world)
    remove(world)
    delay_some(world)
    arrive_late(world, billing, contracts, rates)
    spoil(world)
    put_truth(world, billing, contracts)


def _make_room(directory: Path) -> None:
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise ConfigError(f"{directory} exists and is not empty; name a new folder")
    directory.mkdir(parents=True, exist_ok=True)


def _write_settings(world: World, directory: Path) -> None:
    line = world.line
    settings = f'[company]\ninternal_domains = ["{INTERNAL_DOMAIN}"]\n'
    (directory / "mpm.toml").write_text(settings, encoding="utf-8", newline="\n")
    lines = (
        'name = "northlode"',
        f'description = "Made by mpm world generate: {line.accounts} accounts, {line.days} days of activities."',
        'currency = "USD"',
        'time_zone = "UTC"',
        f'starts_at = "{iso(line.starts_at)}"',
        f'ends_at = "{iso(line.now)}"',
        f'now = "{iso(line.now)}"',
        f"seed = {line.seed}",
    )
    (directory / "world.toml").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
