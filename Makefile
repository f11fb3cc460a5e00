# `make demo` and `make test` are the two commands; everything they need installs itself.
# Stamps in .venv tell whether the environment fits the lock.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
PASSED := .pytest_cache/passed

.PHONY: help demo demo-down test check lint types docs bench lock clean venv
help: ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: $(STAMP) ## the virtual environment, from the hashed lock

$(STAMP): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "$(PYTHON) is too old: Python 3.11 or newer is needed; try make PYTHON=python3.12" >&2; exit 1; }
	@echo "installing the locked Python packages into .venv (about 2 minutes, once)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## bring up the demo hub in the lab on this machine
	@$(BIN)/python -m lab.demo up $(if $(CHARTS),--charts $(CHARTS))

demo-down: $(STAMP) ## take the demo down and end everything that it started
	@$(BIN)/python -m lab.demo down

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --config pyproject.toml --no-cache

types: $(STAMP)
	$(BIN)/mypy

check: lint types ## lint, types and every test that needs no engine (under 2 minutes)
	@rm -rf $(PASSED)
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not (lab or engine or hub or last)" --passed $(PASSED)/check.txt

test: check ## everything, with the real engine in the lab
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "lab or engine or hub" --passed $(PASSED)/lab.txt
	$(BIN)/python -m pytest -m last

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header
docs: $(STAMP) ## build the site into site/
	$(BIN)/mkdocs build --strict

bench: $(STAMP) ## time hubctl, the program and a rehearsal; prints ratios
	$(BIN)/python benchmarks/hubctl_bench.py
	$(BIN)/python benchmarks/program_bench.py
	$(BIN)/python -m benchmarks.rehearsal_bench

lock: $(STAMP) ## compile the hashed locks after a change of dependencies
	$(COMPILE) pyproject.toml -o requirements.txt
	$(COMPILE) pyproject.toml --group dev -o requirements-dev.txt
	$(COMPILE) requirements-hub.in -o requirements-hub.txt

clean: ## remove what the checkout's own runs left (the cache stays)
	rm -rf .venv .lab .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
