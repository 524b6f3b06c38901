"""Tells a person: a run that failed or was stopped, a source that fails or is late, and that it is back.

By webhook (a POST of JSON), by a command (JSON on its standard input) and by e-mail, whichever the settings in [alerts] name.
Each thing is told once: what was told last stands in the ledger. Telling never fails a run; that it could not be told is
logged. No text here holds a figure, a record or a secret.
"""

import json
import logging
import shlex
import smtplib
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from mpm_pipeline.orchestration.session import Session
from mpm_pipeline.settings import Alerts
from mpm_pipeline.sources.client import Client, Limits
from mpm_pipeline.staged.freshness import INCIDENT

log = logging.getLogger(__name__)

TOLD = "alerts"
WORDS = {"failed": "cannot be read", "late": "is late", "fresh": "is back", "off": "was switched off"}
WORSE = ("off", "fresh", "late", "failed")
LIMITS = Limits(budget=20.0, connect_budget=5.0, deadline=10.0)
COMMAND_SECONDS = 30


@dataclass(frozen=True)
class Alert:
    """One thing to tell: `kind` is run_failed, source_failed, source_late, source_fresh or incident."""

    kind: str
    text: str
    home: str
    run_id: str = ""


def of_run(session: Session, run_id: str, reason: str) -> bool:
    """Tell of a run that ended without publishing, once; say whether there was anything to tell."""
    if session.ledger.state(TOLD).get("run") == run_id:
        return False
    try:
        session.ledger.put_state(TOLD, run=run_id)
    except Exception as error:  # a full disk, which is what a person is to be told of
        log.warning("that run %s failed could not be noted (%s)", run_id, type(error).__name__)
    text = f"A run has failed and published nothing new: {reason} What was served before stays."
    send(session.settings.alerts, Alert("run_failed", text, session.home.root.name, run_id))
    return True


def of_sources(session: Session, run_id: str, states: Mapping[str, tuple[str, str]]) -> list[str]:
    """Tell of each source whose state (with why) is another than the one told last; a source that was always well is no news."""
    told = session.ledger.state(TOLD)
    news = []
    for source, (state, why) in sorted(states.items()):
        last = told.get(source, "off" if state == "off" else "fresh")
        if state == last:
            continue
        session.ledger.put_state(TOLD, **{source: state})
        if {state, last} <= {"off", "fresh"}:
            continue
        news.append(source)
        text = f"{source} {WORDS[state]}. {why}".strip()
        kind = "incident" if why.startswith(INCIDENT) else f"source_{state}"
        send(session.settings.alerts, Alert(kind, text, session.home.root.name, run_id))
    return news


def worst(freshness: pa.Table) -> dict[str, tuple[str, str]]:
    """Return per source the worst state of its streams and what is said of it (`meta_freshness`)."""
    found: dict[str, tuple[str, str]] = {}
    for row in freshness.select(["source", "state", "text"]).to_pylist():
        known = found.get(row["source"])
        if known is None or WORSE.index(row["state"]) > WORSE.index(known[0]):
            found[row["source"]] = (row["state"], row["text"])
    return found


def send(settings: Alerts, alert: Alert) -> None:
    """Send by every way that is set; one that fails is logged and stops no other."""
    ways: dict[str, tuple[bool, Callable[[Alerts, Alert], None]]] = {
        "webhook": (bool(settings.webhook_url.get_secret_value()), _post),
        "command": (bool(settings.command), _call),
        "e-mail": (bool(settings.smtp_url.get_secret_value() and settings.email_to), _mail),
    }
    for name, (is_set, way) in ways.items():
        if is_set:
            try:
                way(settings, alert)
            except Exception as error:  # whatever it is, the run must go on
                log.warning("the alert %s could not be sent by %s (%s)", alert.kind, name, type(error).__name__)


def _post(settings: Alerts, alert: Alert) -> None:
    url = urlsplit(settings.webhook_url.get_secret_value())
    client = Client("alerts", f"{url.scheme}://{url.netloc}", limits=LIMITS)
    body = json.dumps(asdict(alert)).encode()
    path = url.path + (f"?{url.query}" if url.query else "")
    try:
        client.post(path or "/", lambda reply: None, content=body, headers={"Content-Type": "application/json"})
    finally:
        client.close()


def _call(settings: Alerts, alert: Alert) -> None:
    subprocess.run(
        shlex.split(settings.command),
        input=json.dumps(asdict(alert)),
        text=True,
        check=True,
        timeout=COMMAND_SECONDS,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _mail(settings: Alerts, alert: Alert) -> None:
    url = urlsplit(settings.smtp_url.get_secret_value())
    message = EmailMessage()
    message["Subject"] = f"mpm {alert.home}: {alert.kind.replace('_', ' ')}"
    message["From"] = settings.email_from or settings.email_to[0]
    message["To"] = ", ".join(settings.email_to)
    message.set_content(alert.text)
    kind = smtplib.SMTP_SSL if url.scheme == "smtps" else smtplib.SMTP
    with kind(url.hostname or "localhost", url.port or 0, timeout=LIMITS.deadline) as server:
        if url.username:
            if url.scheme != "smtps":
                server.starttls()
            server.login(unquote(url.username), unquote(url.password or ""))
        server.send_message(message)
