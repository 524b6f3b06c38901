"""The official Python client against the simulator, over TLS: the proof that paging and logins are the vendor's."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceExpiredSession, SalesforceMalformedRequest

from mpm_pipeline.simulator.server import Simulator
from mpm_pipeline_tests.simulator.worlds import write_world

ACCOUNTS = 4_321


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """A world of more accounts than two full pages hold."""
    accounts = ({"Id": f"001{number:012d}AAA", "Name": f"Account {number}"} for number in range(ACCOUNTS))
    with Simulator(write_world(tmp_path_factory.mktemp("world"), {"salesforce/Account": accounts})) as running:
        yield running


@pytest.fixture
def session(simulator: Simulator) -> Iterator[requests.Session]:
    """A requests session that trusts the simulator's authority alone (the environment's bundle would win otherwise)."""
    with requests.Session() as found:
        found.trust_env = False
        found.verify = simulator.state()["ca_file"]
        yield found


def test_it_pages_through_all_accounts_with_a_session(simulator: Simulator, session: requests.Session) -> None:
    """With a token from the token endpoint and the TLS port as instance, query_all finds every account once."""
    source = simulator.state()["sources"]["salesforce"]
    form = {"grant_type": "client_credentials", **source["credentials"]}
    token = session.post(source["tls_url"] + "/services/oauth2/token", data=form).json()
    client = Salesforce(session_id=token["access_token"], instance_url=token["instance_url"], session=session)
    found = client.query_all("SELECT Id, Name FROM Account")
    assert (found["totalSize"], found["done"]) == (ACCOUNTS, True)
    assert {record["Name"] for record in found["records"]} == {f"Account {number}" for number in range(ACCOUNTS)}
    assert len(list(client.query_all_iter("SELECT Id FROM Account", include_deleted=True))) == ACCOUNTS


@pytest.mark.parametrize("grant", ["client credentials", "SOAP login"])
def test_it_logs_in_by_itself(simulator: Simulator, session: requests.Session, grant: str) -> None:
    """The client glues `.salesforce.com` to its domain; with a path there the request still ends on loopback."""
    source = simulator.state()["sources"]["salesforce"]
    login = {"domain": source["tls_url"].removeprefix("https://") + "/org", "session": session}
    client_id, secret = source["credentials"]["client_id"], source["credentials"]["client_secret"]
    if grant == "SOAP login":
        client = Salesforce(username=client_id, password=secret, security_token="", **login)
    else:
        client = Salesforce(consumer_key=client_id, consumer_secret=secret, **login)
    assert client.query("SELECT COUNT() FROM Account")["totalSize"] == ACCOUNTS
    assert client.Account.get("001000000000007AAA")["Name"] == "Account 7"
    assert client.Account.describe()["keyPrefix"] == "001"
    assert "Account" in [summary["name"] for summary in client.describe()["sobjects"]]
    window = datetime(2026, 5, 20, tzinfo=UTC), datetime(2026, 5, 31, tzinfo=UTC)
    assert client.Account.deleted(*window)["deletedRecords"] == []
    assert client.Account.updated(*window)["ids"] == []


def test_its_errors_are_the_clients_own(simulator: Simulator, session: requests.Session) -> None:
    """Refusals come in the shapes that the client maps to its exceptions."""
    source = simulator.state()["sources"]["salesforce"]
    client = Salesforce(session_id="stale", instance_url=source["tls_url"], session=session)
    with pytest.raises(SalesforceExpiredSession):
        client.query("SELECT Id FROM Account")
    form = {"grant_type": "client_credentials", **source["credentials"]}
    token = session.post(source["tls_url"] + "/services/oauth2/token", data=form).json()["access_token"]
    client = Salesforce(session_id=token, instance_url=source["tls_url"], session=session)
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_FIELD"):
        client.query("SELECT Nope FROM Account")
