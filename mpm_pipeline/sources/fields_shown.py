"""Which fields of a stream a source shows, against what it showed before: one that is gone is hidden from our credentials, or dropped.

A record without it would take the place of one that has it, as if the value had been cleared. So a stream that lacks a field which every
customer of the vendor has is not landed until it is shown again. What a customer made the customer may drop: that is said once.
"""

import json
from collections.abc import Collection

from mpm_pipeline.sources.connector import Connector, Page
from mpm_pipeline.warehouse.ledger import Ledger

NAME = "fields of "


class FieldsShown:
    """The fields of one source by stream, as they were shown when each was read last."""

    def __init__(self, connector: Connector, ledger: Ledger) -> None:
        self.connector, self.ledger = connector, ledger
        told = ledger.state(connector.source)
        self.before = {name.removeprefix(NAME): set(json.loads(told[name])) for name in told if name.startswith(NAME)}
        self.now: dict[str, set[str]] = {}
        self.gone: list[str] = []

    def is_hidden(self, page: Page) -> bool:
        """Say whether the stream of a page lacks a vendor's own field that it had; note what is gone."""
        stream = page.stream.name
        if not page.asked or stream not in self.before:
            self.now |= {stream: set(page.asked)} if page.asked else {}
            return False
        lost = sorted(one for one in self.before[stream] - set(page.asked) if self.connector.wants(stream, one))
        if stream not in self.now:
            self.gone += [f"{stream}.{name}" for name in lost]
        is_hidden = not all(map(self.connector.is_custom, lost))
        self.now[stream] = self.before[stream] | set(page.asked) if is_hidden else set(page.asked)
        return is_hidden

    def keep(self) -> None:
        """Remember what was shown."""
        changed = {stream: names for stream, names in self.now.items() if names != self.before.get(stream)}
        self.ledger.put_state(self.connector.source, **{NAME + one: _text(names) for one, names in changed.items()})


def _text(names: Collection[str]) -> str:
    return json.dumps(sorted(names))
