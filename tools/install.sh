#!/bin/sh
# Makes .venv from the lock file: uv from PyPI, or plain pip from the exported lock where uv cannot be had. Prints how long it took.
set -eu
python=$1
shift
[ -n "$python" ] || { echo "install: no python3.11 or python3 was found; install Python 3.11 or newer with venv" >&2; exit 2; }
start=$(date +%s)
echo "installing into .venv (once; a few minutes on a slow line)" >&2
[ -x .venv/bin/python ] || "$python" -m venv .venv
if .venv/bin/python -m pip install --quiet --disable-pip-version-check uv && .venv/bin/uv sync --frozen --quiet --inexact "$@"; then
    :
else
    echo "install: uv is not to be had, trying plain pip" >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ||
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
fi
echo "The installation took $(($(date +%s) - start)) s." >&2
