"""Stripe as served: the list contract, deletions, nested lists, derived events, errors, and the official client."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe

from mpm_pipeline.simulator.server import Simulator
from mpm_pipeline_tests.simulator.small_worlds import Rows, version, write_world

NOW = "2026-03-31T00:00:00Z"


def unix(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


DAY = unix("2026-03-01")
LINES = [{"id": f"il_{n:02}", "object": "line_item", "amount": 100 + n} for n in range(13)]
ITEMS = [{"id": f"si_{n:02}", "object": "subscription_item", "price": {"id": "price_a"}} for n in range(12)]


def nested(items: Rows, url: str) -> dict[str, Any]:
    return {"object": "list", "has_more": False, "url": url, "data": items}


def customers() -> Rows:
    rows: Rows = [
        {"id": f"cus_{n:04}", "object": "customer", "created": DAY + n // 4, "email": f"p{n}@acme.example"}
        for n in range(320)
    ]
    gone = {"id": "cus_gone", "object": "customer", "created": DAY + 500}
    return [*rows, version(gone, at="2026-03-02T00:00:00Z"), version(gone, at="2026-03-20T00:00:00Z", deleted=True)]


def subscription(key: str, status: str, **more: Any) -> dict[str, Any]:
    return {"id": key, "object": "subscription", "customer": "cus_0001", "status": status, "created": DAY} | more


def invoice(status: str, **transitions: int) -> dict[str, Any]:
    return {
        "id": "in_1", "object": "invoice", "customer": "cus_0001", "status": status, "created": DAY,
        "parent": {"type": "subscription_details", "subscription_details": {"subscription": "sub_live"}},
        "status_transitions": transitions, "lines": nested(LINES, "/v1/invoices/in_1/lines"),
    }  # fmt: skip


STREAMS: dict[str, Rows] = {
    "stripe/customers": customers(),
    "stripe/subscriptions": [
        subscription("sub_live", "active", items=nested(ITEMS, "/v1/subscription_items?subscription=sub_live")),
        version(subscription("sub_old", "canceled"), at="2026-02-01T00:00:00Z"),
        version(subscription("sub_gone", "active"), at="2026-03-02T00:00:00Z"),
        version(subscription("sub_gone", "active"), at="2026-03-25T00:00:00Z", deleted=True),
    ],
    "stripe/invoices": [
        version(invoice("draft"), at="2026-03-05T00:00:00Z"),
        version(invoice("open", finalized_at=DAY + 10), at="2026-03-06T00:00:00Z"),
        version(invoice("paid", finalized_at=DAY + 10, paid_at=DAY + 20), at="2026-03-07T00:00:00Z"),
    ],
    "stripe/invoice_payments": [
        {"id": "inpay_1", "object": "invoice_payment", "created": DAY, "status": "paid", "invoice": "in_1",
         "payment": {"type": "payment_intent", "payment_intent": "pi_1"}},
        {"id": "inpay_2", "object": "invoice_payment", "created": DAY, "status": "open", "invoice": "in_2",
         "payment": {"type": "payment_intent", "payment_intent": "pi_2"}},
    ],
    "stripe/charges": [
        version({"id": "ch_1", "object": "charge", "created": DAY, "status": "succeeded", "amount_refunded": 0},
                at="2026-02-01T00:00:00Z"),
        version({"id": "ch_1", "object": "charge", "created": DAY, "status": "succeeded", "amount_refunded": 5},
                at="2026-03-09T00:00:00Z"),
    ],
}  # fmt: skip


@contextmanager
def served(root: Path, streams: dict[str, Rows], now: str = NOW) -> Iterator[tuple[httpx.Client, Simulator]]:
    with Simulator(write_world(root, streams, now=now)) as simulator:
        site = simulator.sites["stripe"]
        headers = {"Authorization": f"Bearer {site.credentials['api_key']}"}
        with httpx.Client(base_url=site.base_url, headers=headers, timeout=60) as client:
            yield client, simulator


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Simulator]]:
    with served(tmp_path_factory.mktemp("world"), STREAMS) as found:
        yield found


@pytest.fixture(scope="module")
def client(account: tuple[httpx.Client, Simulator]) -> httpx.Client:
    return account[0]


def ids(client: httpx.Client, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["data"]]


def test_official_client_pages_through_all_customers(account: tuple[httpx.Client, Simulator]) -> None:
    """The official client sees each of 320 customers once, newest first, and no deleted one."""
    site = account[1].sites["stripe"]
    official = stripe.StripeClient(site.credentials["api_key"], base_addresses={"api": site.base_url})  # type: ignore[arg-type]
    pages = official.v1.customers.list(params={"limit": 100})
    found = [customer.id for customer in pages.auto_paging_iter()]
    assert found == [f"cus_{n:04}" for n in reversed(range(320))]


def test_list_is_ten_newest_first_with_ties_by_id(client: httpx.Client) -> None:
    """Without a limit there are ten rows; rows of one second stand by falling id."""
    body = client.get("/v1/customers").json()
    assert [row["id"] for row in body["data"]] == [f"cus_{n:04}" for n in range(319, 309, -1)]
    assert (body["object"], body["url"], body["has_more"]) == ("list", "/v1/customers", True)


def test_cursors_go_by_id_both_ways(client: httpx.Client) -> None:
    """`starting_after` continues below an id, `ending_before` gives the page just above it, both newest first."""
    assert ids(client, "/v1/customers?limit=2&starting_after=cus_0003") == ["cus_0002", "cus_0001"]
    assert ids(client, "/v1/customers?limit=2&ending_before=cus_0001") == ["cus_0003", "cus_0002"]
    last = client.get("/v1/customers?limit=2&starting_after=cus_0002").json()
    assert not last["has_more"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        (f"created[gte]={DAY + 78}", 8),
        (f"created[gt]={DAY + 78}", 4),
        (f"created[lt]={DAY + 1}", 4),
        (f"created[lte]={DAY + 1}", 8),
        (f"created={DAY + 5}", 4),
        (f"created[gte]={DAY + 2}&created[lt]={DAY + 4}", 8),
        ("email=p7@acme.example", 1),
    ],
)
def test_filters_are_exact(client: httpx.Client, query: str, count: int) -> None:
    """Ranges of `created` are half-open or closed as their operator says."""
    assert len(ids(client, f"/v1/customers?limit=100&{query}")) == count


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/subscriptions", ["sub_live"]),
        ("/v1/subscriptions?status=all", ["sub_old", "sub_live", "sub_gone"]),
        ("/v1/subscriptions?status=canceled", ["sub_old", "sub_gone"]),
        ("/v1/subscriptions?price=price_a", ["sub_live"]),
        ("/v1/invoices?status=paid&subscription=sub_live&customer=cus_0001", ["in_1"]),
        ("/v1/invoices?status=open", []),
        ("/v1/invoice_payments?payment[type]=payment_intent&payment[payment_intent]=pi_2", ["inpay_2"]),
        ("/v1/disputes", []),
        ("/v1/payment_intents", []),
    ],
)
def test_server_filters(client: httpx.Client, path: str, expected: list[str]) -> None:
    """Cancelled subscriptions are hidden unless asked for; an object without a file exists and is empty."""
    assert ids(client, path) == expected


def test_nested_lists_are_cut_at_ten_and_continue(client: httpx.Client) -> None:
    """An invoice shows ten lines and says where all thirteen are; a subscription's items likewise."""
    lines = client.get("/v1/invoices/in_1").json()["lines"]
    assert (len(lines["data"]), lines["has_more"], lines["url"]) == (10, True, "/v1/invoices/in_1/lines")
    rest = client.get(f"{lines['url']}?starting_after={lines['data'][-1]['id']}").json()
    assert [row["id"] for row in rest["data"]] == ["il_10", "il_11", "il_12"]
    assert len(ids(client, "/v1/subscription_items?subscription=sub_live&limit=100")) == 12


def test_deleted_objects(client: httpx.Client) -> None:
    """A deleted customer is a stub by id, a deleted subscription a cancelled one."""
    assert client.get("/v1/customers/cus_gone").json() == {"id": "cus_gone", "object": "customer", "deleted": True}
    gone = client.get("/v1/subscriptions/sub_gone").json()
    assert (gone["status"], gone["canceled_at"]) == ("canceled", unix("2026-03-25"))


def test_expansion_replaces_ids(client: httpx.Client) -> None:
    """`expand[]` puts the object where its id was, and refuses what is none."""
    row = client.get("/v1/invoices?expand[]=data.customer").json()["data"][0]
    assert row["customer"]["email"] == "p1@acme.example"
    assert client.get("/v1/invoices?expand[]=data.status").status_code == 400


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/customers/cus_x", 404, "resource_missing"),
        ("/v1/customers?starting_after=cus_x", 400, "resource_missing"),
        ("/v1/customers?limit=101", 400, "parameter_invalid_integer"),
        ("/v1/customers?limit=ten", 400, "parameter_invalid_integer"),
        ("/v1/customers?colour=red", 400, "parameter_unknown"),
        ("/v1/subscription_items", 400, "parameter_missing"),
        ("/v1/customers?starting_after=cus_0001&ending_before=cus_0002", 400, None),
        ("/v1/unicorns", 404, None),
    ],
)
def test_errors_are_stripes(client: httpx.Client, path: str, status: int, code: str | None) -> None:
    """Each wrong call has its status, its code and a request id."""
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.json()["error"].get("code") == code
    assert answer.headers["request-id"].startswith("req_")


def test_keys(account: tuple[httpx.Client, Simulator]) -> None:
    """The stated key is taken as Bearer or Basic; no key and a wrong one are 401, the wrong one masked."""
    site = account[1].sites["stripe"]
    url = f"{site.base_url}/v1/account"
    assert httpx.get(url, auth=(site.credentials["api_key"], ""), timeout=60).json()["default_currency"] == "usd"
    assert httpx.get(url, timeout=60).status_code == 401
    wrong = httpx.get(url, headers={"Authorization": "Bearer sk_test_wrong12345"}, timeout=60)
    assert wrong.status_code == 401
    assert wrong.json()["error"]["message"] == "Invalid API Key provided: sk_test_****2345"


def events(client: httpx.Client, query: str = "") -> list[tuple[str, int]]:
    rows = client.get(f"/v1/events?limit=100{query}").json()["data"]
    return [(row["type"], row["created"]) for row in rows]


def test_events_are_derived_from_versions(client: httpx.Client) -> None:
    """An invoice's three versions are its creation, finalisation and payment, dated when they showed."""
    assert events(client, "&type=invoice.*") == [
        ("invoice.payment_succeeded", unix("2026-03-07")),
        ("invoice.paid", unix("2026-03-07")),
        ("invoice.updated", unix("2026-03-07")),
        ("invoice.finalized", unix("2026-03-06")),
        ("invoice.updated", unix("2026-03-06")),
        ("invoice.created", unix("2026-03-05")),
    ]
    update = client.get("/v1/events?type=invoice.updated").json()["data"][0]
    assert update["data"]["previous_attributes"] == {"status": "open", "status_transitions": {"paid_at": None}}
    assert (update["data"]["object"]["status"], len(update["data"]["object"]["lines"]["data"])) == ("paid", 10)
    assert client.get(f"/v1/events/{update['id']}").json() == update


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ("&types[]=customer.deleted&types[]=charge.refunded", ["customer.deleted", "charge.refunded"]),
        ("&types[0]=customer.subscription.deleted", ["customer.subscription.deleted"]),
        ("&type=charge.succeeded", []),
    ],
)
def test_events_of_deletions_refunds_and_their_end(client: httpx.Client, kinds: str, expected: list[str]) -> None:
    """Deletions and refunds have events of their own; after 30 days an event is gone (the charge of 1 February)."""
    assert [kind for kind, _ in events(client, kinds)] == expected


def test_given_events_are_served_as_they_are(tmp_path: Path) -> None:
    """A world with an events file gets those lines alone, for 30 days."""
    rows: Rows = [
        {"id": "evt_new", "object": "event", "type": "x", "created": DAY + 1, "data": {"object": {}}},
        {"id": "evt_old", "object": "event", "type": "x", "created": unix("2026-02-01"), "data": {"object": {}}},
    ]
    with served(tmp_path, STREAMS | {"stripe/events": rows}) as (client, _):
        assert ids(client, "/v1/events") == ["evt_new"]


def test_the_clock_and_a_loss_at_the_source(tmp_path: Path) -> None:
    """What comes later is not seen before; after `until` neither the object nor its event is there, without a delete."""
    lost = {"id": "cus_lost", "object": "customer", "created": DAY}
    late = {"id": "cus_late", "object": "customer", "created": DAY}
    rows = [
        version(lost, at="2026-03-02T00:00:00Z", until="2026-03-10T00:00:00Z"),
        version(late, at="2026-03-10T00:00:00Z"),
    ]
    with served(tmp_path, {"stripe/customers": rows}, now="2026-03-09T00:00:00Z") as (client, simulator):
        assert ids(client, "/v1/customers") == ids_of_events(client) == ["cus_lost"]
        httpx.put(f"{simulator.control_url}/clock", json={"advance": "1d"}).raise_for_status()
        assert ids(client, "/v1/customers") == ids_of_events(client) == ["cus_late"]
        assert client.get("/v1/customers/cus_lost").status_code == 404


def ids_of_events(client: httpx.Client) -> list[str]:
    return [row["data"]["object"]["id"] for row in client.get("/v1/events").json()["data"]]


def test_rate_limit_fault_speaks_stripe(tmp_path: Path) -> None:
    """The fault of the control port is Stripe's own 429."""
    with served(tmp_path, {}) as (client, simulator):
        fault = {"source": "stripe", "kind": "rate_limit", "times": 1}
        httpx.put(f"{simulator.control_url}/faults", json=[fault]).raise_for_status()
        limited = client.get("/v1/customers")
        assert (limited.status_code, limited.json()["error"]["code"]) == (429, "rate_limit")
        assert client.get("/v1/customers").json()["data"] == []
