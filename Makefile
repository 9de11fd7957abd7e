# `make demo` shows it working, `make test` proves it; both set up what they need.
# Only Python 3.11 or later, make and git must be there.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test nightly check bench bench-card screenshots lock clean
.DELETE_ON_ERROR:

demo: $(VENV)/.installed
	@$(BIN)/cti-bridge demo

test: $(VENV)/.installed-dev
	@tests/setup_system.sh || { test $$? -eq 3 && test -z "$$CTI_TEST_NOTHING_SKIPPED"; }
	$(BIN)/python -m pytest $(PYTEST_ARGS)

# The laws of the call model under 20,000 disturbed streams, where `make test` tries 500.
nightly: $(VENV)/.installed-dev
	CTI_TEST_LAW_EXAMPLES=20000 $(BIN)/python -m pytest tests/calls --timeout 3600 $(PYTEST_ARGS)

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m cti_bridge.push.typescript --check
	$(BIN)/python -m cti_bridge.lookup.schema --check
	$(BIN)/python -m cti_bridge.push.asyncapi --check
	$(BIN)/python -m cti_bridge.openapi --check
	$(BIN)/python -m cti_bridge.calls.diagram --check
	$(BIN)/python hatch_build.py check

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks

# The customer card in houses of up to a million customers: half an hour, 30 GB of disk.
bench-card: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks card

screenshots: $(VENV)/.installed-dev
	$(BIN)/python -m tests.screenshots docs/screenshots

# The interpreter must be new enough before anything is made with it.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "CTI Bridge needs Python 3.11 or later; name one with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml hatch_build.py web/package-lock.json $(shell find web/src -type f) | $(VENV)/bin/python
	@echo "Installing (a minute or two the first time) ..."
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

lock: $(VENV)/bin/python
	$(PIP) install uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group build --group dev pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) .demo cti_bridge/pages web/node_modules
