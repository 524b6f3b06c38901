"""Secrets stand nowhere, and people only where they are meant to: made-up ones of each are looked for in all that is left behind.

A company is read, then everything goes wrong that can: keys refused, vendors that answer with our own credentials and with people's
names, a limit that stops the run, defects whose words hold data, alerts and a database that cannot be reached.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from mpm_pipeline.orchestration import model_assets, raw_assets
from mpm_pipeline.sources.client import Client
from mpm_pipeline_tests.e2e.canaries import MARK, Search, plant
from mpm_pipeline_tests.e2e.company import VENDORS, Company
from mpm_pipeline_tests.e2e.harness import Outcome
from mpm_pipeline_tests.e2e.web_pages import told
from mpm_pipeline_tests.sources.scripted import Scripted, answer

pytestmark = pytest.mark.long

NOWHERE = "127.0.0.1:9"
SECRETS = {
    "webhook": "hook-canary-4b1f77", "smtp": "mail-canary-90ac13", "database": "pg-canary-55e0d2", "token": "ui-canary-7781aa-long",
    "wrong key": "sk_live_canary_wrong_31c9", "wrong secret": "crm-canary-wrong-aa02",
}  # fmt: skip
TOLD_NOBODY = {
    "MPM_ALERTS__WEBHOOK_URL": f"http://{NOWHERE}/{SECRETS['webhook']}?key={SECRETS['webhook']}",
    "MPM_ALERTS__SMTP_URL": f"smtp://me:{SECRETS['smtp']}@{NOWHERE}",
    "MPM_ALERTS__EMAIL_TO": "team@acme.example",
    "MPM_UI__TOKEN": SECRETS["token"],
}
MEANT_FOR_PEOPLE = re.compile(
    r"raw/\w+/\w+/.*|(served\.sqlite|mpm_bi\.duckdb):(dim_person|dim_account|meta_quarantine)"
    r"|tables/(staged/\w+/(person|billing_customer|meta_quarantine)|customer/(dim_person|dim_account|identity_evidence|identity_key|identity_record|golden_field_provenance|key_guard|key_guard_report|person_record|person_source|account_source))/.*"
)


@dataclass
class Aftermath:
    """A home after all of that, what was printed, and the secrets that were in use."""

    home: Path
    secrets: dict[str, str]
    runs: dict[str, Outcome] = field(default_factory=dict)


def echo(people: str, *secrets: str) -> bytes:
    """Write the answer of a vendor that repeats in an error whatever was sent, and whose it was."""
    words = f"invalid key {' '.join(secrets)} for {people}"
    return answer(
        400,
        {"error": {"message": words, "code": words}, "errors": [{"message": words, "code": words}], "message": words},
    )


@pytest.fixture(scope="module")
def aftermath(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aftermath]:
    """Let everything happen once."""
    folder = tmp_path_factory.mktemp("canaries")
    assert plant(world, folder / "world") > 20
    with Company(folder / "world") as company:
        found = Aftermath(folder / "home", dict(SECRETS))
        for vendor in VENDORS:
            given = company.simulator.sites[vendor].credentials
            for name in sorted(given.keys() - {"client_id"}):
                given[name] = found.secrets[f"{vendor} {name}"] = f"canary-{vendor}-{name}-5f2c".replace("_", "-")
        with mock.patch.object(Client, "_send", _listening(found.secrets)):
            _everything(found, company)
        yield found
    shutil.rmtree(folder)


def _everything(found: Aftermath, company: Company) -> None:
    def mpm(name: str, *arguments: str, **settings: str) -> None:
        quiet = TOLD_NOBODY | {"MPM_TEST_TRACEBACK": ""}
        found.runs[name] = company.mpm(found.home, *arguments, "--json", **quiet, **settings)

    person, key = f"{MARK}.lead0@acme.example", found.secrets["stripe api_key"]
    refused = {"MPM_STRIPE__API_KEY": SECRETS["wrong key"], "MPM_MARKETO__CLIENT_SECRET": SECRETS["wrong secret"]}
    mpm("whole", "run")
    with Scripted(echo(person, *found.secrets.values())) as hostile:
        mpm("refused", "run", **refused, MPM_SALESFORCE__URL=hostile.url, MPM_LINKEDIN__URL=hostile.url)
        mpm("doctor", "doctor", **refused, MPM_SALESFORCE__URL=hostile.url, MPM_LINKEDIN__URL=hostile.url)
    mpm("stopped", "run", MPM_QUALITY__MAX_QUARANTINED_RATE="0")
    for place, name in ((raw_assets, "fetch_days"), (model_assets, "build_model")):
        with mock.patch.object(
            place, name, side_effect=ValueError(f"{person} does not fit https://x.example/?token={key}")
        ):
            mpm(f"defect in {name}", "run")
    mpm("no database", "run", MPM_PUBLISH__URL=f"postgresql+psycopg://me:{SECRETS['database']}@{NOWHERE}/mpm")
    mpm("quarantine", "quarantine", "list")
    mpm("difference", "diff", "salesforce")


def _listening(secrets: dict[str, str]) -> Callable[..., Any]:
    """Send as ever, and add the tokens that vendors have given us to the secrets."""
    send = Client._send

    def sent(self: Client, method: str, target: str, headers: dict[str, str], *rest: Any) -> Any:
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        if token and token not in secrets.values():
            secrets[f"token of {self.source} {len(secrets)}"] = token
        return send(self, method, target, headers, *rest)

    return sent


def test_everything_went_wrong_as_meant(aftermath: Aftermath) -> None:
    """Each run ended as it should: otherwise the search below would look at nothing."""
    ends = {name: run.exit_code for name, run in aftermath.runs.items()}
    assert ends == {
        "whole": 0, "refused": 3, "doctor": 3, "stopped": 4, "defect in fetch_days": 1, "defect in build_model": 1, "no database": 3,
        "quarantine": 0, "difference": 0,
    }  # fmt: skip
    assert any(name.startswith("token of salesforce") for name in aftermath.secrets)
    assert aftermath.runs["whole"].document["status"] == "done"


@pytest.fixture(scope="module")
def search(aftermath: Aftermath) -> Search:
    """Everything looked through once: the files of the home, what was printed, and what the web pages are told of all runs."""
    found = Search(aftermath.secrets | {"people": MARK})
    assert found.home(aftermath.home) > 100
    for name, run in aftermath.runs.items():
        found.look(f"output of {name}", run.out + run.err)
    pages = list(told(aftermath.home))
    assert len(pages) > 5 and "a defect of ours (ValueError)" in "".join(pages)
    found.look("web pages", "".join(pages))
    return found


def test_no_secret_stands_anywhere(search: Search) -> None:
    """Neither in a file of the home, its databases and its logs, nor in what was printed or is served."""
    assert {name: places for name, places in search.found.items() if name != "people"} == {}


def test_people_stand_where_they_are_meant_to(search: Search) -> None:
    """In the raw log, in quarantine and in the tables of people and accounts; in no log, event, file name, page or output."""
    places = search.found["people"]
    assert {place for place in places if not MEANT_FOR_PEOPLE.fullmatch(place)} == set()
    assert any(place.startswith("raw/stripe") for place in places) and "served.sqlite:dim_person" in places
