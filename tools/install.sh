#!/bin/sh
# Makes .venv from the lock file: uv from PyPI, or plain pip from the exported locks where uv cannot be had. Prints how long it took.
set -eu
python=$1
what=${2:-all}
[ -n "$python" ] || { echo "install: no python3.11 or python3 was found; install Python 3.11 or newer with venv" >&2; exit 2; }
start=$(date +%s)
echo "installing into .venv (once; a minute or two)" >&2
[ -x .venv/bin/python ] || "$python" -m venv .venv
pip="env PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install --quiet"
groups=""
locks=requirements-dev.lock
if [ "$what" = "--no-dev" ]; then
    groups="--no-dev"
    locks=requirements.lock
fi
if $pip uv && { .venv/bin/uv sync --frozen --quiet --inexact $groups 2>/dev/null || .venv/bin/uv sync --frozen --quiet --inexact --system-certs $groups; }; then
    :
else
    echo "install: uv is not to be had or failed, trying plain pip (slower)" >&2
    $pip --no-deps --require-hashes -r "$locks"
    $pip --no-deps -e .
fi
# What a run imports is compiled once and for all here; where PYTHONDONTWRITEBYTECODE is set every command would do it again.
env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -c "import mpm_pipeline.orchestration.runner, mpm_pipeline.simulator.server, vl_convert" || true
echo "The installation took $(($(date +%s) - start)) s." >&2
