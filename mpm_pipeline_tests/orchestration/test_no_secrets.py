"""No secret leaves by a vendor that repeats it, by a defect that words it, or by showing an object: the small look of `e2e/test_canaries`."""

import logging
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from pydantic import SecretStr

from mpm_pipeline.orchestration import alerts, doctor, stages
from mpm_pipeline.orchestration.resources import MpmHome
from mpm_pipeline.orchestration.session import RAW_SOURCES, Session, setting_row
from mpm_pipeline.settings import Settings
from mpm_pipeline_tests.e2e.canaries import MARK, Search
from mpm_pipeline_tests.sources.scripted import Scripted, answer

PERSON = f"{MARK}@acme.example"
SHAPES = {"publish.url": "postgresql+psycopg://me:{}@127.0.0.1:9/mpm", "alerts.smtp_url": "smtp://me:{}@127.0.0.1:9"}


def secrets() -> dict[str, str]:
    """Return a canary for every setting that is a secret."""
    tree = Settings()
    return {
        f"{section}.{name}": f"canary-of-{section}-{name}".replace("_", "-")
        for section, values in tree.model_dump().items()
        for name, value in values.items()
        if isinstance(value, SecretStr)
    }


def echo(status: int) -> bytes:
    """Write the answer of a vendor that repeats all our secrets, and a person, wherever an error has a text."""
    words = " ".join([*secrets().values(), PERSON])
    return answer(
        status,
        {"error": {"message": words, "code": words}, "errors": [{"message": words, "code": words}], "message": words},
    )


@pytest.fixture
def hostile(request: pytest.FixtureRequest, root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    """All vendors are one server that echoes; every secret is a canary."""
    for name, canary in secrets().items():
        section, _, key = name.partition(".")
        monkeypatch.setenv(f"MPM_{section}__{key}".upper(), SHAPES.get(name, "{}").format(canary))
    with Scripted(echo(request.param)) as server:
        for source in ("SALESFORCE", "MARKETO", "LINKEDIN", "STRIPE", "FILES"):
            monkeypatch.setenv(f"MPM_{source}__URL", server.url)
            monkeypatch.setenv(f"MPM_{source}__START_AT", "2026-03-31")
        for source in ("SALESFORCE", "MARKETO", "LINKEDIN"):
            monkeypatch.setenv(f"MPM_{source}__CLIENT_ID", "given")
        hook = secrets()["alerts.webhook_url"]
        monkeypatch.setenv("MPM_ALERTS__WEBHOOK_URL", f"{server.url}/{hook}?key={hook}")
        monkeypatch.setenv("MPM_ALERTS__EMAIL_TO", "team@acme.example")
        yield server


@pytest.mark.parametrize("hostile", [400, 401], indirect=True)
def test_a_vendor_that_echoes_our_secrets_spreads_none(
    root: Path, hostile: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    """Five sources fail; neither the home, the logs at their most talkative, the settings' table, nor any `repr` holds a canary."""
    caplog.set_level(logging.DEBUG)
    search = Search(secrets() | {"person": MARK})
    with Session.open(root) as session:
        day = session.as_of("run-1").date()
        told = [stages.fetch_days(session, source, day, day, "run-1").errors for source in RAW_SOURCES]
        assert len(hostile.requests) > 4 and all(told[:4]), told
        alerts.of_run(session, "run-1", str(told))
        shown = [
            repr(one)
            for one in (session, session.settings, *session.connectors, *(vars(c) for c in session.connectors))
        ]
        shown += [
            str(setting_row(session.settings, session.as_of("run-1")).to_pylist()),
            str(doctor.tree(session.settings)),
        ]
    search.look("what was told", "\n".join(map(str, told)))
    search.look("what is shown", "\n".join(shown))
    search.look("logs", caplog.text)
    assert search.home(root) > 2
    assert search.found == {}


def test_a_defect_is_kept_without_its_words(root: Path, instance: dg.DagsterInstance) -> None:
    """Its kind and where it arose stay in Dagster's events, its words, which may hold anything, do not."""

    @dg.asset
    def careless(context: dg.AssetExecutionContext, mpm: MpmHome) -> None:
        with mpm.session(context):
            raise ValueError(f"{PERSON} does not fit at https://x.example/?token=canary-of-a-token")

    result = dg.materialize(
        [careless], instance=instance, resources={"mpm": MpmHome(path=str(root))}, raise_on_error=False
    )
    kept = "\n".join(str(one.event_log_entry) for one in instance.get_records_for_run(result.run_id, limit=500).records)
    assert not result.success
    assert "a defect of ours (ValueError) in test_no_secrets.py" in kept
    assert MARK not in kept and "canary-of-a-token" not in kept
