"""What the web pages of a home are told of its runs: settings, tags, events with their metadata, errors with their stacks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster_webserver.app import create_app_from_workspace_process_context
from starlette.testclient import TestClient

from mpm_pipeline.orchestration.instance import opened
from mpm_pipeline.warehouse.home import Home

ENTRIES = """metadataEntries { label description
  ... on TextMetadataEntry { text } ... on MarkdownMetadataEntry { mdStr } ... on JsonMetadataEntry { jsonString } }"""
RUNS = "{ runsOrError { ... on Runs { results { runId runConfigYaml tags { key value } } } } }"
EVENTS = f"""query($id: ID!, $after: String) {{ logsForRun(runId: $id, afterCursor: $after, limit: 500) {{ ... on EventConnection {{
  cursor hasMore events {{ __typename ... on MessageEvent {{ message }}
    ... on MaterializationEvent {{ {ENTRIES} }}
    ... on AssetCheckEvaluationEvent {{ evaluation {{ {ENTRIES} }} }}
    ... on ExecutionStepFailureEvent {{
      error {{ message stack errorChain {{ error {{ message stack }} }} }} failureMetadata {{ description {ENTRIES} }} }}
  }} }} }} }}"""


def told(root: Path) -> Iterator[str]:
    """Yield every answer about every run of a home."""
    with opened(Home(root)) as instance:
        target = EmptyWorkspaceTarget()
        with WorkspaceProcessContext(instance, version="", workspace_load_target=target) as context:
            client = TestClient(create_app_from_workspace_process_context(context))
            answer = _ask(client, RUNS)
            yield str(answer)
            for run in answer["runsOrError"]["results"]:
                yield from _events(client, run["runId"])


def _events(client: TestClient, run_id: str) -> Iterator[str]:
    after, has_more = None, True
    while has_more:
        found = _ask(client, EVENTS, id=run_id, after=after)["logsForRun"]
        after, has_more = found["cursor"], found["hasMore"]
        yield str(found["events"])


def _ask(client: TestClient, query: str, **variables: Any) -> dict[str, Any]:
    answer = client.post("/graphql", json={"query": query, "variables": variables}).json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]  # type: ignore[no-any-return]
