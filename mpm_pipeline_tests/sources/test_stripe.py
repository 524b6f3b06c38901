"""Stripe read over real HTTP from the simulator: paging, changes by events, deletions, long lists, faults and refusals."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from mpm_pipeline.errors import ConfigError, CredentialsRefused, SourceUnavailable
from mpm_pipeline.settings import load
from mpm_pipeline.sources.late import late_partitions, probe_late
from mpm_pipeline.sources.reply import Rejected
from mpm_pipeline.sources.stripe import connector as stripe
from mpm_pipeline_tests.simulator.small_worlds import version
from mpm_pipeline_tests.sources.stripe_account import (
    NOW,
    Landing,
    account,
    by_stream,
    control,
    days,
    everything,
    payloads,
    served,
)
from mpm_pipeline_tests.staged.stripe_records import (
    CUSTOMER,
    INVOICE,
    LINE,
    PRICE,
    SUBSCRIPTION,
    changed,
    unix,
    with_lines,
)


def test_all_pages_of_all_streams(tmp_path: Path) -> None:
    """250 customers come over three pages, cancelled subscriptions too, and streams without a record are told as empty."""
    customers = [changed(CUSTOMER, id=f"cus_{n:03}", created=unix("2024-05-01") + n // 3) for n in range(250)]
    streams = {
        "customers": customers,
        "subscriptions": [changed(SUBSCRIPTION, status="canceled")],
        "prices": [PRICE | {"created": 1}],
    }
    with served(tmp_path / "world", streams) as simulator:
        found = by_stream(account(simulator).read(everything()))
    ids = set(payloads(found["customers"]))
    assert (len(found["customers"]) - 1, len(ids)) == (3, 250)
    assert len(payloads(found["subscriptions"])) == len(payloads(found["prices"])) == 1
    assert payloads(found["refunds"]) == [] and len(found) == 11


def test_stamp_is_the_newest_event_else_the_creation(tmp_path: Path) -> None:
    """An object whose change is told by an event bears its instant; one whose events have aged out its creation."""
    fresh = changed(CUSTOMER, id="cus_new", created=unix("2026-06-01"))
    streams = {
        "customers": [
            CUSTOMER,
            version(fresh, at="2026-06-01T00:00:00Z"),
            version(fresh | {"name": "B"}, at="2026-06-20T08:00:00Z"),
        ]
    }
    with served(tmp_path / "world", streams) as simulator:
        found = by_stream(account(simulator).read(everything()))
    stamps = {
        row[:20]: stamp
        for page in found["customers"]
        for row, stamp in zip(page.payloads, page.stamps or (), strict=True)
    }
    assert sorted(stamps.values()) == [str(CUSTOMER["created"]), str(unix("2026-06-20T08:00"))]


def test_later_days_bring_changes_of_old_objects(tmp_path: Path) -> None:
    """Asked for today alone, an invoice of March that was paid today comes by its event, and nothing else does."""
    opened = changed(INVOICE, status="open", amount_paid=0)
    other = changed(INVOICE, id="in_2", created=unix("2026-04-01"))
    streams = {
        "invoices": [version(opened, at="2026-03-01T00:00:00Z"), version(INVOICE, at="2026-06-30T09:00:00Z"), other]
    }
    with served(tmp_path / "world", streams) as simulator:
        found = by_stream(account(simulator).read(days(date(2026, 6, 30), date(2026, 6, 30))))
    (row,) = payloads(found["invoices"])
    assert b'"in_1"' in row and b'"paid"' in row
    assert {page.stamps[0] for page in found["invoices"] if page.stamps} == {str(unix("2026-06-30T09:00"))}


def test_backfill_of_one_past_day_knows_newer_events(tmp_path: Path) -> None:
    """A day of the past is asked for by creation, events of later days stamp what comes but are not landed themselves."""
    charge = {"id": "ch_1", "amount": 5, "currency": "usd", "status": "pending", "created": unix("2026-06-10T10:00")}
    streams = {
        "charges": [
            version(charge, at="2026-06-10T10:00:00Z"),
            version(charge | {"status": "failed"}, at="2026-06-25T10:00:00Z"),
        ]
    }
    with served(tmp_path / "world", streams) as simulator:
        found = by_stream(account(simulator).read(days(date(2026, 6, 10), date(2026, 6, 10))))
    assert [page.stamps for page in found["charges"] if page.payloads] == [[str(unix("2026-06-25T10:00"))]]
    assert [b"charge.pending" in row for row in payloads(found["events"])] == [True]


def test_deleted_customer_is_a_tombstone(tmp_path: Path) -> None:
    """A customer that was deleted is gone from the list; its event makes the tombstone and still tells who it was."""
    lines = [version(CUSTOMER, at="2026-03-01T00:00:00Z"), version(CUSTOMER, at="2026-06-20T00:00:00Z", deleted=True)]
    landing = Landing(tmp_path / "home")
    with served(tmp_path / "world", {"customers": lines}) as simulator:
        landing.fetch(simulator, everything())
    (customer,) = landing.bench.stage("stripe", "billing_customer")
    assert (customer["crm_account_id"], customer["is_deleted"]) == ("001A", True)


def test_long_lists_are_followed(tmp_path: Path) -> None:
    """Thirteen lines and twelve items come whole though the vendor shows ten of each."""
    lines = [changed(LINE, id=f"il_{n}", amount=n) for n in range(13)]
    items = [{"id": f"si_{n}", "quantity": 1, "price": PRICE} for n in range(12)]
    streams = {
        "invoices": [with_lines(INVOICE, *lines), with_lines(INVOICE, LINE, id="in_2")],
        "subscriptions": [changed(SUBSCRIPTION, items=SUBSCRIPTION["items"] | {"data": items})],
    }
    landing = Landing(tmp_path / "home")
    with served(tmp_path / "world", streams) as simulator:
        landing.fetch(simulator, everything())
    found = landing.bench.stage("stripe", "invoice_line")
    assert sum(row["amount_minor"] for row in found if row["invoice_id"] == "in_1") == sum(range(13))
    assert len(landing.bench.stage("stripe", "subscription_item")) == 12


def test_long_list_elsewhere_is_refused(tmp_path: Path) -> None:
    """A list that says it goes on at another host is not followed there, with or without our key."""
    cut = {"object": "list", "has_more": True, "url": "https://elsewhere.example/v1/lines", "data": [LINE]}
    with served(tmp_path / "world", {"invoices": [changed(INVOICE, lines=cut)]}) as simulator:
        with pytest.raises(SourceUnavailable, match="foreign host elsewhere.example"):
            list(account(simulator).read(everything()))


def test_change_while_we_slept_longer_than_events_live(tmp_path: Path) -> None:
    """After forty days without a run the range is asked for from the beginning, and the change is found and counts."""
    pending = {"id": "ch_1", "amount": 5, "currency": "usd", "status": "pending", "created": unix("2026-02-01")}
    lines = [
        version(pending | {"status": status}, at=at)
        for status, at in (("pending", "2026-05-10T00:00:00Z"), ("succeeded", "2026-05-21T00:00:00Z"))
    ]
    landing = Landing(tmp_path / "home")
    with served(tmp_path / "world", {"charges": lines}, now="2026-05-20T12:00:00Z") as simulator:
        landing.fetch(simulator, everything("2026-05-20T12:00:00Z"))
        assert landing.bench.stage("stripe", "payment")[0]["status"] == "pending"
        control(simulator, "PUT", "/clock", {"now": NOW})
        landing.fetch(simulator, days(date(2026, 5, 21), date(2026, 6, 30)))
    assert landing.bench.stage("stripe", "payment")[0]["status"] == "succeeded"


def test_late_record_is_seen_once(tmp_path: Path) -> None:
    """A refund of the 20th that shows on the 30th makes the 20th late, until that day was asked for again."""
    refund = {"id": "re_1", "amount": 5, "currency": "usd", "created": unix("2026-06-20T10:00")}
    streams = {
        "charges": [
            {"id": "ch_1", "amount": 9, "currency": "usd", "status": "succeeded", "created": unix("2026-06-19")}
        ]
    }
    landing = Landing(tmp_path / "home")
    with served(
        tmp_path / "world",
        streams | {"refunds": [version(refund, at="2026-06-30T11:00:00Z")]},
        now="2026-06-30T10:00:00Z",
    ) as simulator:
        landing.fetch(simulator, everything("2026-06-30T10:00:00Z"))
        connector = account(simulator)
        assert probe_late(connector, landing.raw, landing.ledger, datetime.fromisoformat("2026-06-30T10:00:00Z")) == 0
        control(simulator, "PUT", "/clock", {"now": NOW})
        probe_late(connector, landing.raw, landing.ledger, datetime.fromisoformat(NOW))
        late = late_partitions(landing.ledger, landing.raw)["stripe"]
        assert date(2026, 6, 20) in late and set(late) <= {date(2026, 6, 20), date(2026, 6, 30)}
        for day in late:
            landing.fetch(simulator, days(day, day))
        assert probe_late(connector, landing.raw, landing.ledger, datetime.fromisoformat(NOW)) == 0


def test_events_that_just_went_make_nothing_late(tmp_path: Path) -> None:
    """An object of thirty days ago whose change has aged out of the events since is not taken for a late one."""
    changes = [
        version(CUSTOMER | {"created": unix("2026-05-31T01:00"), "name": name}, at=f"2026-05-31T0{hour}:00:00Z")
        for hour, name in ((1, "A"), (2, "B"))
    ]
    landing = Landing(tmp_path / "home")
    with served(tmp_path / "world", {"customers": changes}, now="2026-06-01T00:00:00Z") as simulator:
        landing.fetch(simulator, everything("2026-06-01T00:00:00Z"))
        control(simulator, "PUT", "/clock", {"now": NOW})
        assert probe_late(account(simulator), landing.raw, landing.ledger, datetime.fromisoformat(NOW)) == 0


@pytest.mark.parametrize("kind", ["rate_limit", "unavailable", "error_200", "html", "empty_page", "close"])
def test_passing_faults_are_waited_out(tmp_path: Path, kind: str) -> None:
    """A fault that passes costs a second request and nothing else."""
    customers = [changed(CUSTOMER, id=f"cus_{n:03}") for n in range(150)]
    with served(tmp_path / "world", {"customers": customers}) as simulator:
        control(simulator, "PUT", "/faults", [{"source": "stripe", "path": "customers", "kind": kind, "at_request": 1}])
        found = by_stream(account(simulator).read(everything()))
    assert len(set(payloads(found["customers"]))) == 150


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "status", "status": 403, "body": {"error": {"type": "invalid_request_error"}}}, CredentialsRefused),
        ({"kind": "status", "status": 503, "headers": {"Stripe-Should-Retry": "false"}}, Rejected),
        ({"kind": "status", "status": 400, "body": {"error": {"code": "parameter_unknown", "message": "secret"}}}, Rejected),
        ({"kind": "unavailable"}, SourceUnavailable),
    ],
)  # fmt: skip
def test_lasting_faults_end_the_reading(tmp_path: Path, fault: dict[str, Any], error: type[Exception]) -> None:
    """What does not pass is told with source and path, never with the vendor's message."""
    with served(tmp_path / "world", {"customers": [CUSTOMER]}) as simulator:
        control(simulator, "PUT", "/faults", [{"source": "stripe", "path": "charges", **fault}])
        with pytest.raises(error, match=r"stripe: GET 127.0.0.1:\d+/v1/charges") as told:
            list(account(simulator).read(everything()))
    assert "secret" not in str(told.value)


def test_rate_limit_in_a_400_is_one(tmp_path: Path) -> None:
    """Stripe's own client takes 400 with the code rate_limit as a rate limit; so do we."""
    with served(tmp_path / "world", {"customers": [CUSTOMER]}) as simulator:
        fault = {
            "source": "stripe",
            "path": "customers",
            "kind": "status",
            "status": 400,
            "body": {"error": {"code": "rate_limit"}},
        }
        control(simulator, "PUT", "/faults", [fault | {"times": 2}])
        assert len(payloads(by_stream(account(simulator).read(everything()))["customers"])) == 1


def test_account_without_invoice_payments(tmp_path: Path) -> None:
    """An account that knows no invoice_payments is read without them."""
    with served(tmp_path / "world", {"customers": [CUSTOMER]}) as simulator:
        control(
            simulator,
            "PUT",
            "/faults",
            [{"source": "stripe", "path": "invoice_payments", "kind": "status", "status": 404}],
        )
        assert payloads(by_stream(account(simulator).read(everything()))["customers"])


def test_wrong_key(tmp_path: Path) -> None:
    """A key that is refused is no weather: it is told at once and without the key."""
    with served(tmp_path / "world", {}) as simulator:
        with pytest.raises(CredentialsRefused) as told:
            account(simulator, api_key="sk_test_wrong").probe()
    assert "sk_test_wrong" not in str(told.value) and "check stripe.api_key" in str(told.value)


def test_missing_key() -> None:
    """Without a key the setting is named."""
    with pytest.raises(ConfigError, match="stripe.api_key"):
        stripe.connect(load(None, environment={}, overrides={"stripe": {"url": "http://127.0.0.1:9"}}))


def test_probe_tells_the_clock(tmp_path: Path) -> None:
    """The cheap request brings the server's time."""
    with served(tmp_path / "world", {}) as simulator:
        assert account(simulator).probe() == datetime.fromisoformat(NOW)


def test_versions_and_keys_of_requests(tmp_path: Path) -> None:
    """Lists are asked for hundred by hundred, all subscriptions among them, and no key is ever in an address."""
    with served(tmp_path / "world", {"subscriptions": [SUBSCRIPTION]}) as simulator:
        list(account(simulator).read(everything()))
        asked = control(simulator, "GET", "/requests")
    queries = {entry["path"]: entry["query"] for entry in asked}
    assert "status=all" in queries["/v1/subscriptions"] and "limit=100" in queries["/v1/events"]
    assert not any("sk_test" in entry["query"] for entry in asked)


def test_cursor_that_vanished(tmp_path: Path) -> None:
    """Where the last object of a page was deleted meanwhile, reading goes on after the one before it."""
    asked: list[dict[str, str]] = []

    def answer(link: str, read: Callable[..., Any], *, params: dict[str, str]) -> Any:
        asked.append(params)
        cursor = params.get("starting_after")
        if cursor == "b":
            raise Rejected("answered 400 resource_missing", 400, "resource_missing")
        return ([b'{"id":"a"}', b'{"id":"b"}'], True) if cursor is None else ([b'{"id":"c"}'], False)

    with served(tmp_path / "world", {}) as simulator:
        connector = account(simulator)
    connector.client.get = answer  # type: ignore[method-assign, assignment]
    assert [row for page in connector._list("v1/customers", {}) for row in page] == [
        b'{"id":"a"}',
        b'{"id":"b"}',
        b'{"id":"c"}',
    ]
    assert [params.get("starting_after") for params in asked] == [None, "b", "a"]


def test_records_that_cannot_be_read_are_kept(tmp_path: Path) -> None:
    """A record with an unreadable creation lands like any other, and ends in quarantine under its own id."""
    landing = Landing(tmp_path / "home")
    with served(
        tmp_path / "world",
        {"customers": [CUSTOMER, version(changed(CUSTOMER, id="cus_2", created="soon"), at="2026-02-01T00:00:00Z")]},
    ) as simulator:
        landing.fetch(simulator, everything())
    assert {key: code for key, (code, _) in landing.bench.refused("stripe", "customers").items()} == {
        "cus_2": "bad_type"
    }
    assert (
        datetime.fromtimestamp(CUSTOMER["created"], UTC)
        == landing.bench.stage("stripe", "billing_customer")[0]["created_at"]
    )
