"""`mpm doctor`: what counts and where it comes from, no secrets, and what each thing that can be wrong looks like."""

import pytest

from mpm_pipeline.simulator.server import Simulator
from mpm_pipeline_tests.commands.landed_home import HEADCOUNT, file_of, landed_home
from mpm_pipeline_tests.commands.served_home import served_home
from mpm_pipeline_tests.publish.literal import figure
from mpm_pipeline_tests.simulator.small_worlds import write_world

CANARY = "canary-of-a-secret"


def _findings(told, about: str) -> dict[str, tuple[str, str]]:
    return {one["name"]: (one["state"], one["text"]) for one in told.document["findings"] if one["about"] == about}


@pytest.fixture
def stripe(tmp_path, monkeypatch):
    """A simulated Stripe account, and settings that fit it."""
    world = write_world(
        tmp_path / "world", {"stripe/customers": [{"id": "cus_1", "created": 1}]}, now="2026-03-31T12:00:00Z"
    )
    with Simulator(world) as simulator:
        facts = simulator.state()["sources"]["stripe"]
        monkeypatch.setenv("MPM_STRIPE__URL", facts["url"])
        monkeypatch.setenv("MPM_STRIPE__API_KEY", facts["credentials"]["api_key"])
        yield simulator


def test_a_fit_installation_is_fine(mpm, stripe) -> None:
    """A source that answers is told with its clock; exit 0; no home is made by looking."""
    told = mpm("doctor", "--json")
    assert told.status == 0
    assert told.document["status"] == "fine"
    assert "2026-03-31 12:00" in _findings(told, "source")["stripe"][1]
    assert _findings(told, "source")["salesforce"] == ("off", "salesforce.url is not set")


def test_secrets_are_masked_everywhere(mpm, monkeypatch) -> None:
    """No secret and no password inside an address is printed, in words or JSON; the origin of each is."""
    monkeypatch.setenv("MPM_STRIPE__API_KEY", CANARY)
    monkeypatch.setenv("MPM_PUBLISH__URL", f"postgresql+psycopg://mpm:{CANARY}@127.0.0.1:1/mpm")
    monkeypatch.setenv("MPM_FILES__URL", f"https://user:{CANARY}@127.0.0.1:1/files")
    told = mpm("doctor", "--json")
    assert CANARY not in told.out + told.err + mpm("doctor").out
    assert told.document["settings"]["stripe"]["api_key"] == {"value": "****", "origin": "environment"}
    assert told.document["settings"]["stripe"]["version"]["origin"] == "default"


def test_origins_are_told(mpm, root, monkeypatch) -> None:
    """A key of HOME/mpm.toml names that file, one of the environment the environment."""
    root.mkdir()
    (root / "mpm.toml").write_text('[company]\ntime_zone = "Asia/Tokyo"\nreporting_currency = "JPY"\n')
    monkeypatch.setenv("MPM_COMPANY__REPORTING_CURRENCY", "EUR")
    company = mpm("doctor", "--json").document["settings"]["company"]
    assert company["time_zone"] == {"value": "Asia/Tokyo", "origin": str(root / "mpm.toml")}
    assert company["reporting_currency"] == {"value": "EUR", "origin": "environment"}


def test_a_wrong_credential_is_a_refusal(mpm, stripe, monkeypatch) -> None:
    """A key that the source does not take: exit 3, the source named, the key not printed."""
    monkeypatch.setenv("MPM_STRIPE__API_KEY", CANARY)
    told = mpm("doctor", "--json")
    assert told.status == 3
    state, text = _findings(told, "source")["stripe"]
    assert (state, CANARY in told.out + told.err) == ("refused", False)
    assert "stripe" in text


def test_a_missing_credential_is_a_setting(mpm, stripe, monkeypatch) -> None:
    """An address without a key: exit 2, and the words name the setting; the other sources are still looked at."""
    monkeypatch.delenv("MPM_STRIPE__API_KEY")
    told = mpm("doctor", "--json")
    assert told.status == 2
    assert "stripe.api_key" in _findings(told, "source")["stripe"][1]
    assert _findings(told, "source")["files"][0] == "off"


def test_an_unknown_setting_is_named(mpm, monkeypatch) -> None:
    """A misspelt key ends with 2 and names key, place and what there is."""
    monkeypatch.setenv("MPM_COMPANY__TIMEZONE", "UTC")
    told = mpm("doctor", "--json")
    assert told.status == 2
    assert "company.timezone in environment" in told.err
    assert "time_zone" in told.err


def test_a_missing_folder_of_files_is_a_refusal(mpm, monkeypatch, tmp_path) -> None:
    """A folder that does not exist: exit 3 and its name."""
    monkeypatch.setenv("MPM_FILES__URL", str(tmp_path / "nowhere"))
    told = mpm("doctor", "--json")
    assert told.status == 3
    assert str(tmp_path / "nowhere") in _findings(told, "source")["hr"][1]


def test_a_database_of_another_home_is_a_wrong_setting(mpm, root, tmp_path, monkeypatch) -> None:
    """A served database that another home wrote is told before a run fails on it."""
    other = served_home(tmp_path / "other", {"kpis.fct_kpi": [figure("mqls", 3.0)]})
    monkeypatch.setenv("MPM_PUBLISH__URL", f"sqlite:///{other.served}")
    root.mkdir()
    told = mpm("doctor", "--json")
    assert told.status == 2
    assert "another home" in _findings(told, "database")["publish.url"][1]


def test_an_unreachable_database_is_a_refusal(mpm, root, monkeypatch) -> None:
    """A server that is not there: exit 3."""
    monkeypatch.setenv("MPM_PUBLISH__URL", "postgresql+psycopg://mpm@127.0.0.1:1/mpm")
    root.mkdir()
    assert mpm("doctor", "--json").status == 3


def test_half_written_homes_are_seen(mpm, root, tmp_path) -> None:
    """Left-overs that a run mends are warnings, exit 0; a raw file that is gone is a refusal, exit 3."""
    file_of(tmp_path / "files", "hr/headcount", HEADCOUNT + "e1,,sales,sdr,1,2026-01-01\n")
    landed_home(root, tmp_path / "files")
    assert {state for state, _ in _findings(mpm("doctor", "--json"), "home").values()} == {"fine"}
    (batch,) = (root / "raw" / "hr" / "headcount").glob("*.parquet")
    batch.with_suffix(".tmp").write_text("half")
    (root / "home_id").write_text("")
    told = mpm("doctor", "--json")
    assert told.status == 0
    assert {name for name, (state, _) in _findings(told, "home").items() if state == "warning"} == {"home_id", "raw"}
    batch.unlink()
    told = mpm("doctor", "--json")
    assert told.status == 3
    assert batch.name in told.out
