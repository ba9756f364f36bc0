# Fairseat from a checkout. A machine with Python 3.13, git and make is enough: uv is fetched into .tools/ if there is none.
# `make ARGS="-k seat" test` hands arguments on to the program behind a target.

UV      := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)
UV_WANT := uv>=0.13.9,<0.14
BIN     := .venv/bin
STAMP   := .venv/.installed
PLOTS   := .venv/.plots-installed
MUTANTS := .cache/mutants
ARGS    ?=
# Each has servers of its own.
WORKERS ?= 2

# pyright brings its own node (a locked wheel), and must not ask the network whether there is a newer one.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
# Where the system keeps trusted certificates (a company's own among them), uv uses those, as git and pip do.
export UV_SYSTEM_CERTS ?= $(if $(wildcard /etc/ssl/certs/ca-certificates.crt /etc/ssl/cert.pem),true,false)
# Locks name no package host, so the same file serves every mirror; the virtualenv of the caller is not ours to change.
unexport VIRTUAL_ENV
# The tests start Fairseat dozens of times: without kept bytecode each start compiles it anew, for a second or two.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install run test check bench plots mutants fire crash test-split fuzz lock openapi asyncapi protos rulebook image-check fmt clean format lint types types-src imports dependencies

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' | while IFS='|' read -r name what; do printf '  make %-11s %s\n' "$$name" "$$what"; done

install: $(STAMP) ## Make .venv with everything that the locked requirements name

run: $(STAMP) ## Start everything on this machine with the demo loaded (http://127.0.0.1:8000)
	@$(BIN)/fairseat up --demo $(ARGS)

test: $(STAMP) ## Run every test but the benchmarks
	@$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

# Side by side, those that take longest first; each says what it has to say in one piece, where make can do that.
check: $(STAMP) ## Run every check that CI runs, changing nothing
	@$(MAKE) --no-print-directory --keep-going --jobs=$(WORKERS) $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) types types-src imports lint format dependencies

bench: $(PLOTS) ## Measure holds beside the limits of this machine, in ten minutes (ARGS=--quick: in four)
	@$(BIN)/python tests/benchmarks/run.py $(ARGS)

plots: $(PLOTS) ## Draw the plots and write the tables of docs/performance.md anew, from the saved figures
	@$(BIN)/python tests/benchmarks/run.py --draw $(ARGS)

fire: $(STAMP) ## Let 200 buyers fight for 20 seats in four processes, a thousand rounds of each kind (half an hour)
	@FAIRSEAT_TEST_FIRE_ROUNDS=$(or $(ROUNDS),1000) $(BIN)/pytest -s tests/processes/test_seats_in_four_processes.py tests/processes/test_seats_while_redis_is_in_trouble.py $(ARGS)

crash: $(STAMP) ## Kill API and worker 20 times under 200 purchases, then let everybody at 500 orders at once (ten minutes)
	@FAIRSEAT_TEST_CRASH_KILLS=$(or $(KILLS),20) FAIRSEAT_TEST_CONTENDED_ORDERS=$(or $(ORDERS),500) $(BIN)/pytest -s tests/processes/test_purchases_survive_kills.py tests/integration/test_no_deadlock_on_an_order.py $(ARGS)

fuzz: $(STAMP) ## Ask every operation all that the OpenAPI document makes one think of, as everybody (twenty minutes)
	@FAIRSEAT_TEST_FUZZ_CASES=$(or $(CASES),40) FAIRSEAT_TEST_FUZZ_EXAMPLES=$(or $(EXAMPLES),10) FAIRSEAT_TEST_FUZZ_ODD_SHARE=1 $(BIN)/pytest -s tests/integration/test_fuzz_of_the_document.py $(ARGS)

test-split: $(STAMP) ## Run the tests of whole processes with each service in a process of its own, and kill each of them (half an hour)
	@FAIRSEAT_TEST_FORM=split $(BIN)/pytest -o timeout=400 tests/processes $(ARGS)

fmt: $(STAMP) ## Format the code and mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

mutants: $(MUTANTS)/.installed ## Break the core's seating rules one by one, and list what no test noticed (docs/mutants.md)
	@FAIRSEAT_SMALL_WORLD_RESERVATIONS=1 nice $(MUTANTS)/bin/mutmut run --max-children 1 $(or $(ARGS),'core.seating.*')
	@$(MUTANTS)/bin/mutmut results

COMPILE := pip compile --quiet --universal --python-version 3.13 --generate-hashes --no-emit-index-url --no-header
lock: $(UV) ## Write requirements/ anew from pyproject.toml (ARGS=--upgrade for newer versions)
	@$(UV) $(COMPILE) $(ARGS) pyproject.toml -o requirements/runtime.txt
	@$(UV) $(COMPILE) $(ARGS) pyproject.toml --extra embedded --group build --group test --group lint -o requirements/dev.txt
	@$(UV) $(COMPILE) $(ARGS) --constraints requirements/dev.txt --group build -o requirements/build.txt
	@$(UV) $(COMPILE) $(ARGS) --constraints requirements/dev.txt --group plots -o requirements/plots.txt
	@$(UV) $(COMPILE) $(ARGS) -c requirements/dev.txt pyproject.toml --extra embedded --group test --group mutants -o requirements/mutants.txt

openapi: $(STAMP) ## Write docs/openapi.json anew, after a change of the API
	@$(BIN)/fairseat openapi > docs/openapi.json

asyncapi: $(STAMP) ## Write docs/asyncapi.json anew, after a change of the events
	@$(BIN)/fairseat asyncapi > docs/asyncapi.json

protos: $(STAMP) ## Write the messages of links anew, after a change of src/adapters/grpc/protos/*.proto
	@$(BIN)/python -m grpc_tools.protoc -I src --python_out=src src/adapters/grpc/protos/*.proto
	@$(BIN)/python -m tests.architecture.link_numbers

rulebook: $(STAMP) ## Write docs/rulebook.md anew, after a change of the rules of law
	@$(BIN)/fairseat rulebook page > docs/rulebook.md

image-check: $(STAMP) | $(UV) ## See that the wheel, as the image has it, migrates and serves without the sources (a minute)
	@PYTHONPATH=. $(BIN)/python tests/deployment/image_check.py $(abspath $(UV))

clean: ## Remove the virtualenv, the tools and all caches; the data in .fairseat/ stays
	@rm -rf .venv .tools .cache mutants build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .benchmarks
	@find src tests -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# ---- the parts of `check` ----

format: $(STAMP)
	@$(BIN)/ruff format --check --quiet .

lint: $(STAMP)
	@$(BIN)/ruff check --quiet .

types: $(STAMP)
	@$(BIN)/mypy --no-error-summary

types-src: $(STAMP)
	@$(BIN)/pyright --warnings

imports: $(STAMP)
	@$(BIN)/lint-imports --no-logo

dependencies: $(STAMP)
	@$(BIN)/deptry src

# ---- the virtualenv ----

# What makes mutants has a virtualenv of its own: nothing else needs it.
$(MUTANTS)/.installed: requirements/mutants.txt .python-version | $(STAMP) $(UV)
	@$(VENV) --python $(BIN)/python $(MUTANTS)
	@$(UV) pip sync --compile-bytecode --quiet --python $(MUTANTS)/bin/python --require-hashes requirements/mutants.txt
	@touch $@

# Remade when what it holds has changed; the backend that builds Fairseat is one of the locked requirements.
$(STAMP): requirements/dev.txt pyproject.toml .python-version | $(UV)
	@$(BIN)/python -c '' 2>/dev/null || { echo 'Making .venv (about a minute the first time) ...'; $(MAKE_VENV); }
	@$(UV) pip sync --compile-bytecode --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# What draws plots goes on top; a virtualenv that was made anew has lost it.
$(PLOTS): requirements/plots.txt $(STAMP) | $(UV)
	@$(UV) pip install --compile-bytecode --quiet --python $(BIN)/python --require-hashes -r requirements/plots.txt
	@touch $@

# A Python 3.13 on PATH, else one of pyenv's, else one that uv downloads.
PYENV_PYTHON := $(lastword $(wildcard $(HOME)/.pyenv/versions/3.13*/bin/python3.13))
VENV = $(UV) venv --quiet --clear
MAKE_VENV = $(VENV) --no-python-downloads --python 3.13 .venv 2>/dev/null || $(VENV) --python $(or $(PYENV_PYTHON),3.13) .venv || \
  { echo 'Fairseat needs Python 3.13; none was found, and uv could not fetch one.' >&2; exit 1; }

# A Python without ensurepip (Debian's, unless python3-venv is there) makes no virtualenv; a pip of its own serves as well.
.tools/bin/uv:
	@for python in python3.13 python3 python; do \
	  "$$python" -c '' 2>/dev/null || continue; \
	  rm -rf .tools; \
	  if "$$python" -m venv .tools 2>/dev/null >&2; then .tools/bin/python -m pip install -qq --disable-pip-version-check '$(UV_WANT)' && exit 0; fi; \
	  rm -rf .tools; \
	  "$$python" -m pip --version >/dev/null 2>&1 && "$$python" -m pip install -qq --disable-pip-version-check --target .tools '$(UV_WANT)' && exit 0; \
	done; \
	rm -rf .tools; \
	echo 'Fairseat needs uv, and found no Python that can install it. Install uv, or a Python 3.13 with venv and pip.' >&2; exit 1
