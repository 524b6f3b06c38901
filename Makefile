# Two commands: `make demo` shows everything on a made-up company, `make test` proves it. Only python3.11 (with venv) and make are needed.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
HOME_DIR ?= mpm-home

.PHONY: demo test test-long lint lock docs clean

demo: .venv/.runs
	$(BIN)/mpm demo --home $(HOME_DIR)

test: .venv/.tests
	$(BIN)/lint-imports --config pyproject.toml
	$(BIN)/ruff check .
	$(BIN)/mypy
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder --max-worker-restart=0

test-long: .venv/.tests .venv/.spark
	$(BIN)/pytest -m long -s

lint: .venv/.tests
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports --config pyproject.toml

lock: .venv/.tests
	$(BIN)/uv lock
	$(BIN)/uv export --frozen --no-emit-project --no-dev -o requirements.lock -q
	$(BIN)/uv export --frozen --no-emit-project --group dev -o requirements-dev.lock -q

docs: .venv/.tests
	$(BIN)/python tools/generate_docs.py
	$(BIN)/python tools/generate_lineage.py

clean:
	rm -rf .venv mpm-home

.venv/.runs: pyproject.toml uv.lock
	@sh tools/install.sh "$(PYTHON)" --no-dev
	@touch $@

.venv/.tests: pyproject.toml uv.lock
	@sh tools/install.sh "$(PYTHON)"
	@touch $@ .venv/.runs

.venv/.spark: .venv/.tests
	$(BIN)/uv sync --frozen --quiet --inexact --group spark || $(BIN)/python -m pip install --quiet "pyspark>=4.0,<4.1"
	@touch $@
