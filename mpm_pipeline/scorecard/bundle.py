"""The charts' script: Vega, Vega-Lite and Vega-Embed as one piece that needs nothing else.

Bundling it takes two seconds, so the script is kept in the user's cache folder under the bundler's version. What is kept there
counts only with its own hash in its first line; a cache that cannot be read or written costs the two seconds and nothing else.
"""

import hashlib
import os
import tempfile
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path


@cache
def javascript() -> str:
    """Return the script, from the cache or made anew."""
    kept = _kept()
    return kept if kept is not None else _keep(_bundled())


def file() -> Path:
    """Return where the script is kept: `$XDG_CACHE_HOME/mpm_pipeline`, else `~/.cache/mpm_pipeline`."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    folder = Path(given) if given.startswith("/") else Path("~/.cache").expanduser()
    return folder / "mpm_pipeline" / f"charts-{version('vl-convert-python')}.js"


def _kept() -> str | None:
    try:
        digest, _, script = file().read_bytes().partition(b"\n")
    except (OSError, RuntimeError):
        return None
    return script.decode() if digest == _digest(script) else None


def _keep(script: str) -> str:
    with suppress(OSError, RuntimeError):
        place = file()
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent)
        try:
            with os.fdopen(handle, "wb") as fresh:
                fresh.write(_digest(script.encode()) + b"\n" + script.encode())
            Path(name).replace(place)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    return script


def _digest(script: bytes) -> bytes:
    return hashlib.sha256(script).hexdigest().encode()


def _bundled() -> str:
    import vl_convert

    return str(vl_convert.javascript_bundle())  # type: ignore[call-arg]  # the stub forgets the default
