"""dlt's own `rest_api` source, set up as its manual says: merge by key, incremental by the stamp, retries as they come.

It reads the long list of a bench into DuckDB. dlt is an extra (`faults`); without it `find` says so.
"""

import os
from collections.abc import Callable
from typing import Any

import dlt
import httpx
from dlt.sources.rest_api import rest_api_source

from mpm_pipeline.faults.bench import BENCHES
from mpm_pipeline.faults.loader import Held, Loader, Order, Outcome
from mpm_pipeline.faults.loaders.paging import absolute, key_and_stamp

OWNER = "owner=(sponsoredAccount:urn%3Ali%3AsponsoredAccount%3A507)&leadType=(leadType:SPONSORED)"
SPAN = "submittedAtTimeRange=(start:1,end:4102444800000)"


class Dlt:
    """A pipeline per destination folder."""

    name = "dlt"

    def streams(self, source: str) -> tuple[str, ...]:
        """Return the long list only."""
        return (BENCHES[source].main,)

    def load(self, order: Order) -> Outcome:
        """Run the pipeline once."""
        pipeline = _pipeline(order)
        client, endpoint = CONFIGS[order.source](order)
        key, _ = key_and_stamp(order.source)
        resource = {
            "name": "rows", "primary_key": key, "write_disposition": "merge", "max_table_nesting": 0, "endpoint": endpoint,
        }  # fmt: skip
        source: Any = {"client": {"base_url": order.url + "/", **client}, "resources": [resource]}
        try:
            pipeline.run(rest_api_source(source))
        except Exception as error:
            return Outcome(1, f"{type(error).__name__}: {error}".split("\n\n")[0].replace("\n", " ")[-200:])
        return Outcome(0)

    def held(self, order: Order) -> Held:
        """Return the rows of the table by the vendor's own names."""
        pipeline = _pipeline(order)
        bench = BENCHES[order.source]
        key, _ = key_and_stamp(order.source)
        names = dict.fromkeys((key, *bench.compared[bench.main]))
        if "rows" not in pipeline.default_schema.tables:
            return Held({bench.main: {}})
        known = pipeline.default_schema.get_table_columns("rows")
        spelt = {name: pipeline.default_schema.naming.normalize_identifier(name) for name in names}
        columns = {name: column for name, column in spelt.items() if column in known}
        with pipeline.sql_client() as client, client.execute_query(_select(columns.values())) as found:
            rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
        return Held({bench.main: {str(row[key]): row for row in rows}})


def _select(columns: Any) -> str:
    return f"SELECT {', '.join(columns)} FROM rows"  # noqa: S608


def _pipeline(order: Order) -> Any:
    folder = order.destination
    folder.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL", "DLT_DATA_DIR": str(folder),
        "RUNTIME__REQUEST_BACKOFF_FACTOR": "0.05", "RUNTIME__REQUEST_TIMEOUT": "5",
    }  # fmt: skip
    return dlt.pipeline(
        "faults", pipelines_dir=str(folder / "pipelines"), dataset_name="loaded",
        destination=dlt.destinations.duckdb(str(folder / "rows.duckdb")),
    )  # fmt: skip


def _incremental(order: Order, first: Any) -> dict[str, Any]:
    return {"cursor_path": key_and_stamp(order.source)[1], "initial_value": first}


def _token(order: Order, method: str, place: str) -> str:
    form = {"grant_type": "client_credentials", **order.credentials}
    sent: dict[str, Any] = {"data": form} if method == "POST" else {"params": form}
    answer = httpx.request(method, absolute(order, place), **sent).raise_for_status()
    return str(answer.json()["access_token"])


def _salesforce(order: Order) -> tuple[dict[str, Any], dict[str, Any]]:
    query = (
        "SELECT Id, Name, StageName, Amount, SystemModstamp FROM Opportunity WHERE SystemModstamp >= {incremental.start_value} "
        "ORDER BY SystemModstamp"
    )
    client = {
        "auth": {"type": "bearer", "token": _token(order, "POST", "services/oauth2/token")},
        "headers": {"Sforce-Query-Options": "batchSize=2000"},
        "paginator": {"type": "json_link", "next_url_path": "nextRecordsUrl"},
    }
    cursor = _incremental(order, f"{order.start_at}T00:00:00.000+0000") | {
        "convert": lambda at: at.replace(".000+0000", "Z")
    }
    return client, {
        "path": "services/data/v66.0/query", "params": {"q": query}, "data_selector": "records", "incremental": cursor,
    }  # fmt: skip


def _marketo(order: Order) -> tuple[dict[str, Any], dict[str, Any]]:
    token = _token(order, "GET", "identity/oauth/token")
    head = {"Authorization": f"Bearer {token}"}
    at = f"{order.start_at}T00:00:00Z"
    place = absolute(order, "rest/v1/activities/pagingtoken.json")
    first = httpx.get(place, params={"sinceDatetime": at}, headers=head).json()["nextPageToken"]
    paginator = {
        "type": "cursor", "cursor_path": "nextPageToken", "cursor_param": "nextPageToken", "has_more_path": "moreResult",
    }  # fmt: skip
    client = {"auth": {"type": "bearer", "token": token}, "paginator": paginator}
    params = {"activityTypeIds": "2", "batchSize": "300", "nextPageToken": first}
    return client, {
        "path": "rest/v1/activities.json", "params": params, "data_selector": "result", "incremental": _incremental(order, at),
    }  # fmt: skip


def _linkedin(order: Order) -> tuple[dict[str, Any], dict[str, Any]]:
    client = {
        "auth": {"type": "bearer", "token": order.credentials["access_token"]},
        "headers": {"LinkedIn-Version": "202603", "X-Restli-Protocol-Version": "2.0.0"},
        "paginator": {
            "type": "offset", "limit": 100, "offset_param": "start", "limit_param": "count", "total_path": "paging.total",
        },
    }  # fmt: skip
    path = f"rest/leadFormResponses?q=owner&{OWNER}&{SPAN}"
    return client, {"path": path, "data_selector": "elements", "incremental": _incremental(order, 1)}


def _stripe(order: Order) -> tuple[dict[str, Any], dict[str, Any]]:
    client = {
        "auth": {"type": "bearer", "token": order.credentials["api_key"]},
        "paginator": {
            "type": "cursor", "cursor_path": "data[-1].id", "cursor_param": "starting_after", "has_more_path": "has_more",
        },
    }  # fmt: skip
    params = {"limit": 100, "created[gte]": "{incremental.start_value}"}
    return client, {
        "path": "v1/charges", "params": params, "data_selector": "data", "incremental": _incremental(order, 1),
    }  # fmt: skip


CONFIGS: dict[str, Callable[[Order], tuple[dict[str, Any], dict[str, Any]]]] = {
    "salesforce": _salesforce, "marketo": _marketo, "linkedin": _linkedin, "stripe": _stripe,
}  # fmt: skip

loader: Loader = Dlt()
