# Field Visits. `make run` and `make test` need nothing but Python 3.11 or newer and make.
PYTHON ?= python3
PORT ?= 8080
DATA ?= .data
VENV := .venv
BIN := $(VENV)/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet --require-hashes --only-binary :all:

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --extra notify --extra oidc --extra embedded --extra tracing pyproject.toml

.PHONY: setup run test check fmt bench soak docs shots lock
.DEFAULT_GOAL := run

setup: $(VENV)/.installed ## .venv/ with the command field-visits in it

run: setup ## everything on this machine: http://127.0.0.1:8080, data in .data/
	@$(BIN)/field-visits up --port $(PORT) --data-dir $(DATA)

test: $(VENV)/.installed-dev ## all tests, as .ci/run calls them
	@$(MAKE) --no-print-directory check
	@$(BIN)/python -m tests.prerequisites
	@$(BIN)/python -m pytest -m "not soak" -n 2 --dist loadgroup

check: $(VENV)/.installed-dev ## format, lint, types, directions, documents
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/field-visits docs --check

fmt: $(VENV)/.installed-dev ## format and mend what can be mended
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

bench: $(VENV)/.installed-dev ## the figures of the README, each beside its peer; a few minutes
	@$(BIN)/python -m benchmarks

soak: $(VENV)/.installed-dev ## the long checks: an hour of faults, a power cut, a country's evening
	@$(BIN)/python -m pytest -m soak

docs: $(VENV)/.installed-dev ## write docs/openapi and docs/asyncapi from the code
	@$(BIN)/field-visits docs

shots: $(VENV)/.installed-dev ## take the pictures of docs/screens.md again
	@$(BIN)/python -m tests.prerequisites
	@$(BIN)/python -m tests.web.shots

lock: $(VENV)/.installed-dev ## resolve the dependencies again into the two lock files
	@$(LOCK) --group run --output-file requirements.lock
	@$(LOCK) --group bench --constraint requirements.lock --output-file requirements-dev.lock

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Field Visits needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) -r requirements.lock
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	@$(PIP) -r requirements-dev.lock
	@touch $@
