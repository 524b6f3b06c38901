"""What the pages of a running `mpm ui` ask it, asked without a browser."""

import http.client
import json
import subprocess
from pathlib import Path
from typing import Any

LAUNCH = """mutation($wanted: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $wanted) { ... on LaunchBackfillSuccess { backfillId } }
}"""
STATUS = "query($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"


class Ui:
    """A running `mpm ui`."""

    def __init__(self, root: Path, process: subprocess.Popen[str], address: str, token: str = "") -> None:
        self.root, self.process = root, process
        self.shown = {"Authorization": f"Bearer {token}"} if token else {}
        self.host, self.port = address.removeprefix("http://").split(":")

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, bytes]:
        """Make one request."""
        connection = http.client.HTTPConnection(self.host, int(self.port), timeout=60)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {"Content-Type": "application/json", **self.shown, **headers})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def query(self, text: str, **variables: Any) -> dict[str, Any]:
        """Ask GraphQL as the pages do."""
        return json.loads(self.ask("POST", "/graphql", {"query": text, "variables": variables})[1])["data"]  # type: ignore[no-any-return]
