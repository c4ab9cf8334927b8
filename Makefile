# Two commands do everything on a machine with Python 3.11 or newer and make:
#   make serve   the service on 127.0.0.1 (PORT=8000)
#   make test    lint, types and the tests that need Python only
# Beside them: make test-clients, the outer ring of the tests (LibreOffice, Chromium, Node, Java, nginx), and
#   make bundle  dist/: everything for a machine without network (PYTHON_VERSION=3.13 MACHINE=aarch64 for another one)
#   make sbom    dist/: the bill of materials
# and the harnesses of tests/load, bounded and on loopback: make bench, soak, faults, mutation (ARGS=--short).

PYTHON ?= python3
PORT ?= 8000
MINUTES ?= 10
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
# Tests of the core run with branch coverage, which pyproject.toml requires to be complete. Tracing makes tests slow,
# so the others run without it, and so do those of the core that take long and reach no branch that the rest does not.
CORE := rules calendar calculators input batch conformance
UNTRACED := tests/calculators/test_properties.py tests/calculators/test_brackets.py tests/calendar/test_sources.py tests/batch/test_files.py
CORE_TESTS := tests/test_errors.py $(filter-out $(UNTRACED),$(wildcard $(CORE:%=tests/%/test_*.py)))
# One test of the document takes 40 s: it comes first, so that the other workers are busy meanwhile.
SLOWEST := tests/openapi/test_schemathesis.py
OTHER_TESTS := $(SLOWEST) $(filter-out $(SLOWEST) $(CORE_TESTS) tests/clients/% tests/load/%,$(wildcard tests/test_*.py tests/*/test_*.py))
# The tests of the page take more than half the time of the outer ring: they come first, on a worker of their own.
CLIENT_TESTS := tests/clients/test_page_browser.py $(filter-out %/test_page_browser.py,$(wildcard tests/clients/test_*.py))
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: serve test test-clients lint format bench faults soak mutation mutation-short compare bundle sbom golden openapi lock clean

serve: $(BIN)/penaltycalc
	$(BIN)/penaltycalc serve --port $(PORT)

test: $(VENV)/.dev lint
	$(BIN)/pytest -n auto --dist worksteal --cov --cov-report=term $(CORE_TESTS)
	$(BIN)/pytest -n auto --dist worksteal $(OTHER_TESTS)

test-clients: $(VENV)/.clients $(VENV)/.tools
	$(BIN)/pytest -n auto --dist loadfile $(CLIENT_TESTS)

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/.dev # needs wrk, from the distribution's packages
	PYTHONPATH=tests $(BIN)/python tests/load/bench.py $(ARGS)
	PYTHONPATH=tests $(BIN)/python tests/load/bench_batch.py $(ARGS)

faults: $(BIN)/penaltycalc
	PYTHONPATH=tests $(BIN)/python tests/load/faults.py $(ARGS)

soak: $(BIN)/penaltycalc
	PYTHONPATH=tests $(BIN)/python tests/load/soak.py --minutes $(MINUTES) $(ARGS)

bundle: $(VENV)/.tools
	$(BIN)/python deploy/bundle.py $(if $(PYTHON_VERSION),--python-version $(PYTHON_VERSION)) $(if $(MACHINE),--machine $(MACHINE))

sbom: $(VENV)/.tools
	@mkdir -p dist
	$(BIN)/python deploy/sbom.py > dist/sbom.cdx.json

# Every mutant of the core must be killed by a test or explained; the short form is for CI.
mutation: $(VENV)/.tools
	$(BIN)/python tests/load/mutation.py

mutation-short: $(VENV)/.tools
	$(BIN)/python tests/load/mutation.py money periods

# What a change did to answers besides their texts: make compare OLD=../another-checkout
compare: $(VENV)/.dev
	$(BIN)/python tests/compare.py $(OLD)

golden: $(VENV)/.dev
	$(BIN)/python tests/golden.py
	$(BIN)/python tests/kit.py

# The document that the service serves, and the examples on its pages of problems; both are committed.
openapi: $(BIN)/penaltycalc
	$(BIN)/python -m penaltycalc.openapi

# The locks hold exact versions with hashes; `make lock` renews them (needs uv).
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras \
	  --group build pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras \
	  --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras \
	  --group dev --group clients -c requirements-dev.lock pyproject.toml -o requirements-clients.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-strip-extras \
	  --group dev --group mutation --group bundle -c requirements-clients.lock pyproject.toml \
	  -o requirements-tools.lock

clean:
	rm -rf $(VENV)

$(VENV)/.runtime: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes -r requirements.lock
	@touch $@

$(BIN)/penaltycalc: $(VENV)/.runtime pyproject.toml
	$(PIP) --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(BIN)/penaltycalc
	$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.clients: requirements-clients.lock $(VENV)/.dev
	$(PIP) --require-hashes -r requirements-clients.lock
	@touch $@

$(VENV)/.tools: requirements-tools.lock $(VENV)/.dev
	$(PIP) --require-hashes -r requirements-tools.lock
	@touch $@
