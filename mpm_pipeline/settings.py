"""The settings tree: one model with the defaults, and the layers that may change them.

Layers, later beats earlier: defaults, the world's `world.toml` (currency, time zone), the world's `mpm.toml`,
`HOME/mpm.toml`, environment (`MPM_SECTION__KEY`), and for `mpm demo` the simulator's addresses. An unknown key is an error.
`Settings.origins` tells where each value came from. Nothing is read at import.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, field_validator

from mpm_pipeline.errors import ConfigError
from mpm_pipeline.vocabulary import CURRENCY_EXPONENTS

NOT_SETTINGS = re.compile(r"MPM_(AS_OF|HOME|WORLD|TEST_.*|ENGINE_.*|EXECUTOR)$")


def _listed(value: Any) -> Any:
    return [part.strip() for part in value.split(";") if part.strip()] if isinstance(value, str) else value


Words = Annotated[list[str], BeforeValidator(_listed)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Company(Section):
    reporting_currency: str = Field("USD", description="currency of every figure that is not shown by currency")
    time_zone: str = Field("UTC", description="days, months and business hours of the company")
    fiscal_year_start_month: int = Field(1, ge=1, le=12, description="month in which the fiscal year starts")
    internal_domains: Words = Field([], description="own people: never a lead, never a touch")
    gross_margin_rate: float = Field(1.0, gt=0, le=1, description="1.0: money figures are revenue; else margin")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value in ("localtime", "Factory") or value.startswith(("posix", "right/")):
            raise ValueError("must be a place such as Europe/Berlin, or UTC: the engine does not know this one")
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("is no time zone of the IANA database, such as Europe/Berlin") from None
        return value

    @field_validator("reporting_currency")
    @classmethod
    def _known_currency(cls, value: str) -> str:
        if value.upper() not in CURRENCY_EXPONENTS:
            raise ValueError("is no ISO 4217 currency code")
        return value.upper()


class Funnel(Section):
    conversion_window_days: int = Field(90, ge=1, description="window of cohort conversions")
    sla_first_attempt_business_hours: float = Field(
        8, gt=0, description="business hours until the first attempt is due"
    )
    business_hours: str = Field("Mon-Fri 09:00-17:00", description="in the owner's zone, else the company's")
    follow_up_attempts: int = Field(2, ge=1, description="attempts that count as followed up")
    follow_up_days: int = Field(14, ge=1, description="days within which they must be made")
    qualified_stage: str = Field("Qualification", description="first stage that counts as pipeline")

    @field_validator("business_hours")
    @classmethod
    def _readable_hours(cls, value: str) -> str:
        day, hour = "(Mon|Tue|Wed|Thu|Fri|Sat|Sun)", r"([01]\d|2[0-4]):[0-5]\d"
        if not re.fullmatch(f"{day}-{day} {hour}-{hour}", value):
            raise ValueError("must look like `Mon-Fri 09:00-17:00`")
        if not value[8:13] < value[14:19] <= "24:00":
            raise ValueError("must open before it closes, at 24:00 at the latest")
        return value


class Attribution(Section):
    lookback_days: int = Field(180, ge=1, description="days before the milestone in which a touch counts")
    half_life_days: float = Field(30, gt=0, description="half-life of the time-decay model")


class Money(Section):
    fx: str = Field(
        "event_date", pattern="^event_date$", description="newest rate at or before the event, at most 7 days old"
    )


class Leads(Section):
    horizon_days: int = Field(7, ge=1, description="capacity is counted over this many days")
    nurture_reserve_minor: int = Field(0, ge=0, description="value below which a lead goes to nurture")
    authority: Words = Field(
        ["region", "product_line"], description="attributes that must match; the others only score"
    )
    consent_required: bool = Field(False, description="unknown or stale consent counts as suppressed")


class Publish(Section):
    url: SecretStr = Field(SecretStr(""), description="SQLAlchemy URL with its driver; empty: HOME/served.sqlite")


class Quality(Section):
    max_quarantined_rate: float = Field(
        0.2, ge=0, le=1, description="share of a stream's rows that may be refused before publishing stops"
    )
    max_quarantined_page_rate: float = Field(
        0.5, ge=0, le=1, description="the same of one page as the source sent it, or of one file"
    )


class Identity(Section):
    max_names: int = Field(
        12, ge=1, description="different names of records that may be one person before publishing stops"
    )
    max_set_aside_rate: float = Field(
        0.2, ge=0, le=1, description="share of keys of people and companies that may be set aside before it stops"
    )
    labels_file: str = Field(
        "", description="CSV or Parquet file of pairs that are known to be one person or two; empty: nothing is judged"
    )
    min_precision: float = Field(
        0.95, ge=0, le=1, description="share of labelled pairs held as one person that are one, below which it stops"
    )
    min_labels: int = Field(
        50, ge=1, description="labelled pairs held as one person that a judgement on precision needs"
    )


class Alerts(Section):
    webhook_url: SecretStr = Field(SecretStr(""), description="address that gets each alert as JSON by POST")
    command: str = Field("", description="program and arguments that get each alert as JSON on standard input")
    smtp_url: SecretStr = Field(SecretStr(""), description="smtp://user:password@host:587 or smtps://...; for e-mail")
    email_from: str = Field("", description="sender of e-mails; empty: the first receiver")
    email_to: Words = Field([], description="receivers of e-mails; empty: none are sent")


class Sweep(Section):
    every_days: int = Field(1, ge=0, description="days between two looks for records that a source lost; 0: never")
    max_lost_rate: float = Field(0.01, ge=0, le=1, description="share of a stream above which a loss is an incident")
    max_lost_rows: int = Field(20, ge=0, description="and rows above which it is one")


class Ui(Section):
    token: SecretStr = Field(
        SecretStr(""), description="what a visitor of `mpm ui` must show, 16 characters or more; empty: nothing"
    )

    @field_validator("token")
    @classmethod
    def _hard_to_guess(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not re.fullmatch(r"[!-~]{16,}", value.get_secret_value()):
            raise ValueError("must be 16 characters or more, without blanks or letters beyond ASCII")
        return value


class Source(Section):
    enabled: bool = Field(True, description="switch the source off here")
    url: str = Field("", description="base address; empty: the source is off")
    start_at: date = Field(date(2024, 1, 1), description="first day of activities that is fetched")
    instance_hosts: Words = Field([], description="further hosts that links may name and that may see the token")
    file_hosts: Words = Field([], description="hosts of result files: never get credentials")
    ca_file: str = Field("", description="certificate authority to trust besides the system's")


class Salesforce(Source):
    version: str = Field("66.0", description="API version")
    client_id: str = Field("", description="consumer key")
    client_secret: SecretStr = Field(SecretStr(""), description="consumer secret")
    without_fields: Words = Field(
        [],
        description="standard fields to do without, `Object.Field`; an object that lacks another one that it had is not read until it is shown again",
    )


class Marketo(Source):
    version: str = Field("v1", description="API version")
    client_id: str = Field("", description="client id of the custom service")
    client_secret: SecretStr = Field(SecretStr(""), description="client secret")


class Linkedin(Source):
    version: str = Field(
        "", description="LinkedIn-Version header, YYYYMM; empty: one that is active by the server's clock"
    )
    access_token: SecretStr = Field(SecretStr(""), description="access token, or the three below")
    client_id: str = Field("", description="client id")
    client_secret: SecretStr = Field(SecretStr(""), description="client secret")
    refresh_token: SecretStr = Field(SecretStr(""), description="refresh token")
    account_ids: Words = Field([], description="ad accounts; empty: all that the token sees")
    organization_ids: Words = Field([], description="organisations; empty: all that the token sees")


class Stripe(Source):
    version: str = Field("2026-10-28.endive", description="Stripe-Version header")
    api_key: SecretStr = Field(SecretStr(""), description="secret or restricted key")


class Files(Section):
    enabled: bool = Field(True, description="switch the files off here")
    url: str = Field("", description="a folder, or the base URL under which the files lie; empty: off")
    start_at: date = Field(date(2024, 1, 1), description="first day of the partitions of files")
    ca_file: str = Field("", description="certificate authority to trust besides the system's")


class Settings(BaseModel):
    """The whole tree; build it with `load`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    company: Company = Company()
    funnel: Funnel = Funnel()
    attribution: Attribution = Attribution()
    money: Money = Money()
    leads: Leads = Leads()
    publish: Publish = Publish()
    quality: Quality = Quality()
    identity: Identity = Identity()
    alerts: Alerts = Alerts()
    sweep: Sweep = Sweep()
    ui: Ui = Ui()
    salesforce: Salesforce = Salesforce()
    marketo: Marketo = Marketo()
    linkedin: Linkedin = Linkedin()
    stripe: Stripe = Stripe()
    files: Files = Files()
    origins: dict[str, str] = Field({}, exclude=True)

    @property
    def first_day(self) -> date:
        """Return the first partition: the earliest `start_at` of the sources that are on."""
        on = [
            source.start_at
            for source in (self.salesforce, self.marketo, self.linkedin, self.stripe, self.files)
            if source.enabled and source.url
        ]
        return min(on) if on else date(2024, 1, 1)

    def is_on(self, source: str) -> bool:
        """Say whether a source is switched on and has an address; file folders follow `files`."""
        section = getattr(self, source, self.files)
        return bool(section.enabled and section.url)


def load(
    home: Path | None = None,
    *,
    world: Path | None = None,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
) -> Settings:
    """Read all layers and return the tree; raise ConfigError naming the key, the value's origin and what it should be."""
    layers: list[tuple[str, Mapping[str, Any]]] = []
    if world is not None:
        facts = _toml(world / "world.toml")
        company = {
            new: facts[old]
            for old, new in (("currency", "reporting_currency"), ("time_zone", "time_zone"))
            if old in facts
        }
        layers += [("world.toml", {"company": company}), ("the world's mpm.toml", _toml(world / "mpm.toml"))]
    if home is not None:
        layers.append((str(home / "mpm.toml"), _toml(home / "mpm.toml")))
    layers.append(("environment", _environment(os.environ if environment is None else environment)))
    if overrides:
        layers.append(("the demo", overrides))
    return _merge(layers)


def _merge(layers: list[tuple[str, Mapping[str, Any]]]) -> Settings:
    tree: dict[str, dict[str, Any]] = {}
    origins: dict[str, str] = {}
    for origin, layer in layers:
        for section, values in layer.items():
            if section not in Settings.model_fields or section == "origins":
                raise ConfigError(f"unknown section [{section}] in {origin}; known: {', '.join(_sections())}")
            if not isinstance(values, Mapping):
                raise ConfigError(f"{section} in {origin} must be a section such as [{section}], not a value")
            for name, value in values.items():
                tree.setdefault(section, {})[name] = value
                origins[f"{section}.{name}"] = origin
    try:
        return Settings.model_validate({**tree, "origins": origins})
    except ValidationError as error:
        raise ConfigError(_explain(error, origins)) from None


def _explain(error: ValidationError, origins: Mapping[str, str]) -> str:
    """Say which keys are wrong and why, never their values: they may be secrets."""
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        place = ".".join(str(part) for part in problem["loc"][:2])
        if problem["type"] == "extra_forbidden":
            section = Settings.model_fields[str(problem["loc"][0])].annotation
            known = ", ".join(section.model_fields)  # type: ignore[union-attr]
            lines.append(f"unknown setting {place} in {origins.get(place, 'settings')}; known keys: {known}")
        else:
            lines.append(f"setting {place} (from {origins.get(place, 'settings')}): {problem['msg']}")
    return "; ".join(lines)


def _environment(environment: Mapping[str, str]) -> dict[str, dict[str, str]]:
    tree: dict[str, dict[str, str]] = {}
    for name, value in environment.items():
        if not name.startswith("MPM_") or NOT_SETTINGS.fullmatch(name):
            continue
        section, _, key = name.removeprefix("MPM_").lower().partition("__")
        if not key:
            raise ConfigError(
                f"unknown environment variable {name}; settings are MPM_SECTION__KEY, for example MPM_COMPANY__TIME_ZONE"
            )
        tree.setdefault(section, {})[key] = value
    return tree


def _toml(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not readable as TOML: {error}") from None


def _sections() -> list[str]:
    return [name for name in Settings.model_fields if name != "origins"]
