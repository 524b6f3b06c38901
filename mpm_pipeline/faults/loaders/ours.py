"""This project's own way: connector, raw log, staging, as `mpm run` goes about one source; figures are left out.

Time budgets are cut to seconds, because the suite waits for them; nothing else differs.
"""

import os
import uuid
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.errors import MpmError
from mpm_pipeline.faults.loader import Held, Loader, Order, Outcome
from mpm_pipeline.orchestration import stages
from mpm_pipeline.orchestration.automation import contiguous, late_days, probe
from mpm_pipeline.orchestration.raw_assets import missing_days
from mpm_pipeline.orchestration.session import Session
from mpm_pipeline.sources.client import Limits
from mpm_pipeline.vocabulary import FILE_FOLDERS, VENDORS
from mpm_pipeline.warehouse import losses
from mpm_pipeline.warehouse.accept import accept
from mpm_pipeline.warehouse.engine import connect, fetch, quote

MIB = 1_048_576


class Ours:
    """The pipeline under its own rules."""

    name = "ours"

    def streams(self, source: str) -> tuple[str, ...]:
        """Return all streams of the contracts."""
        contracts = import_module(f"mpm_pipeline.contracts.{source}").RECORDS
        return tuple(stream_of(contract).name for contract in contracts)

    def load(self, order: Order) -> Outcome:
        """Ask for the days that `mpm run` would ask for, land and stage them."""
        _set_environment(order)
        try:
            with Session.open(order.destination) as session:
                session._connectors = _connectors(session, order)
                return _run(session, order.source)
        except MpmError as error:
            return Outcome(error.exit_code, f"{type(error).__name__}: {error}"[:400])

    def held(self, order: Order) -> Held:
        """Return what staging reads: accepted rows that are not deleted, and refused ones."""
        _set_environment(order)
        rows: dict[str, dict[str, dict[str, Any]]] = {}
        refused: list[tuple[str, str]] = []
        with Session.open(order.destination) as session, connect() as connection:
            as_of = session.ledger.newest_as_of()
            if as_of is None:
                return Held({})
            for contract in import_module(f"mpm_pipeline.contracts.{order.source}").RECORDS:
                if order.streams and stream_of(contract).name not in order.streams:
                    continue
                stream = accept(connection, session.raw, contract, as_of).stream
                main, bad = (f"{quote(stream.source)}.{quote(stream.name + end)}" for end in ("", "$refused"))
                found = fetch(connection, f"SELECT * FROM {main} WHERE NOT _deleted").to_pylist()  # noqa: S608
                rows[stream.name] = {row["_key"]: row for row in found}
                keys = fetch(connection, f"SELECT key FROM {bad}")["key"].to_pylist()  # noqa: S608
                refused += [(stream.name, key) for key in keys]
        return Held(rows, tuple(refused))


def limits(order: Order) -> Limits:
    """Return the client's bounds, cut to what the suite waits for."""
    one = order.patience
    return Limits(
        budget=5.0 * one, connect_budget=2.0 * one, deadline=2.5 * one, silence=1.0 * one, cap=64 * MIB, wait_first=0.02,
        wait_most=0.2,
    )  # fmt: skip


def _connectors(session: Session, order: Order) -> list[Any]:
    module = import_module(f"mpm_pipeline.sources.{order.source}.connector")
    return list(module.connect(session.settings, limits(order)))


def _set_environment(order: Order) -> None:
    """Let the environment hold the settings of this order and no others."""
    for name in [name for name in os.environ if name.startswith("MPM_")]:
        del os.environ[name]
    section = f"MPM_{order.source.upper()}__"
    values: Mapping[str, str] = {"URL": order.url, "START_AT": order.start_at, **order.more}
    os.environ |= {f"{section}{name}": value for name, value in values.items()}
    os.environ |= {f"{section}{name.upper()}": value for name, value in order.credentials.items()}
    os.environ |= {f"MPM_{other.upper()}__ENABLED": "false" for other in {*VENDORS, "files"} - {order.source}}
    assert set(FILE_FOLDERS).isdisjoint({order.source})


def _run(session: Session, source: str) -> Outcome:
    run_id = str(uuid.uuid4())
    as_of = session.as_of(run_id)
    first = session.settings.first_day
    last = max(as_of.date(), first)
    wanted = {last, max(last.fromordinal(last.toordinal() - 1), first)}
    wanted |= {last.fromisoformat(day) for day in missing_days(session, source)}
    if session.ledger.newest_window():
        probe(session, str(uuid.uuid4()))
        wanted |= {last.fromisoformat(day) for day in late_days(session).get(source, ())}
    for start, end in contiguous(sorted(day for day in wanted if first <= day <= last)):
        stages.fetch_days(session, source, start, end, run_id)
    stages.stage_source(session, source, run_id)
    row = session.source_row(source, as_of)
    degraded = row["state"] == "failed" or (session.ledger.run(run_id) or {}).get("as_of_source") == "machine"
    lost = losses.open_by_stream(session.ledger, source, as_of).values()
    noticed = tuple(sorted({f"{one['stream']}/{one['key']}" for rows in lost for one in rows}))
    return Outcome(3 if degraded else 0, row["error"] or ("as-of by the machine's clock" if degraded else ""), noticed)


loader: Loader = Ours()
