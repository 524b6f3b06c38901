"""Loaders that can be put to the test, by name: ours, a plain loop, dlt's rest_api source, and loaders kept wrong on purpose."""

import importlib

from mpm_pipeline.errors import ConfigError
from mpm_pipeline.faults.loader import Loader

LOADERS = {
    "ours": "mpm_pipeline.faults.loaders.ours:loader",
    "httpx": "mpm_pipeline.faults.loaders.plain:loader",
    "dlt": "mpm_pipeline.faults.loaders.dlt_rest:loader",
}
"""Loaders that come along, by name; mutants are named `mutant:<name>`."""


def find(name: str) -> Loader:
    """Return a loader by its name or `module:attribute`; ConfigError when there is none."""
    if name.startswith("mutant:"):
        from mpm_pipeline.faults.loaders.mutants import mutant

        return mutant(name.partition(":")[2])
    place = LOADERS.get(name, name)
    module, _, attribute = place.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute or "loader")
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"the loader {name} cannot be had ({error}); known are {', '.join(LOADERS)}, mutant:NAME, or module:attribute; "
            "dlt needs the extra `faults`"
        ) from None
    if not isinstance(found, Loader):
        raise ConfigError(f"{name} is no loader: it needs name, streams, load and held")
    return found
