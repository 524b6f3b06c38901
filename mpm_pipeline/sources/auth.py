"""How a client gets its credentials onto a request: nothing, a fixed header, or a token that is fetched and renewed.

Secrets live only in these objects and in the headers of the attempt in work; no error text and no `repr` shows one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mpm_pipeline.errors import CredentialsRefused
from mpm_pipeline.sources.client import Client
from mpm_pipeline.sources.page import Broken
from mpm_pipeline.sources.reply import Reply, judge_status


@dataclass
class Header:
    """A fixed header, such as a secret key; a refusal is final. `settings` are those that it was made of."""

    name: str
    value: str = field(repr=False)
    settings: tuple[str, ...] = ("access_token",)

    def headers(self, client: Client) -> Mapping[str, str]:
        return {self.name: self.value}

    def renew(self, client: Client) -> bool:
        return False


@dataclass
class Token:
    """A bearer token asked for at `path` with a form, kept until the vendor refuses it.

    `as_query`: the form goes into the query of a GET (Marketo). `on_token` sees the whole answer before the token is used:
    where a vendor rotates refresh tokens it stores the new one, where it names another host it checks that.
    """

    path: str
    form: Mapping[str, str] = field(repr=False)
    as_query: bool = False
    on_token: Callable[[Client, Mapping[str, object]], None] | None = None
    token: str = field(default="", repr=False)
    settings: tuple[str, ...] = ("client_id", "client_secret")

    def headers(self, client: Client) -> Mapping[str, str]:
        if not self.token:
            self._ask(client)
        return {"Authorization": f"Bearer {self.token}"}

    def renew(self, client: Client) -> bool:
        self.token = ""
        return True

    def _ask(self, client: Client) -> None:
        if self.as_query:
            answer = client.get(self.path, _granted, params=self.form, with_auth=False, judge=judge_token)
        else:
            answer = client.post(self.path, _granted, form=self.form, with_auth=False, judge=judge_token)
        if self.on_token is not None:
            self.on_token(client, answer)
        self.token = str(answer["access_token"])


def judge_token(reply: Reply) -> None:
    """Judge the answer to a token request: what OAuth calls an error is a refusal of our credentials."""
    if reply.status in (400, 401, 403):
        raise CredentialsRefused(f"refuses our credentials ({_oauth_error(reply)})")
    judge_status(reply)


def _granted(reply: Reply) -> Mapping[str, object]:
    """Read an answer that holds a token; one without is a refusal, whatever its status."""
    answer = _object(reply)
    token = answer.get("access_token")
    if not isinstance(token, str) or not token:
        raise CredentialsRefused(f"gave no access token ({_oauth_error(reply)})")
    return answer


def _oauth_error(reply: Reply) -> str:
    """Return the OAuth error code, which holds no secret; descriptions may, so they are left out."""
    try:
        code = _object(reply).get("error", "")
    except Broken:
        code = ""
    return str(code)[:40] if isinstance(code, str) and code.replace("_", "").isalnum() else f"status {reply.status}"


def _object(reply: Reply) -> Mapping[str, object]:
    found = reply.json()
    if not isinstance(found, dict):
        raise Broken("the answer is no JSON object")
    return found
