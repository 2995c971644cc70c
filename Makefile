# `make` lists its targets.
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test test-long spark bench backtest browser check types style docs licences audit site up status lock clean

PYTHON ?= python3
BIN := .venv/bin
AS_ROOT := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
# A file of tests stays in one process, which builds what they share; one process more than cores, since builds wait for disks.
# In the order of their files, which ends with many quick ones, so that all processes end together.
IN_PARALLEL = -n $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --dist loadfile --no-loadscope-reorder
export DO_NOT_TRACK := 1

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/complete ## create .venv and install what running needs (nothing to do when it is there)
setup-dev: .venv/complete-dev ## and what testing needs

.venv/complete: requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --require-hashes --compile-bytecode -r requirements.lock
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --offline --editable .
	@touch $@

.venv/complete-dev: .venv/complete requirements-dev.lock
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --require-hashes --compile-bytecode -r requirements-dev.lock
	@touch $@

run: setup ## build a release from the shipped data, as of their last day
	$(BIN)/arsplan build --as-of 2026-10-31

test: setup-dev ## run the tests; installs what testing needs
	$(BIN)/pytest $(IN_PARALLEL) -m "not long"

test-long: setup-dev ## run all tests, also those that take minutes
	$(BIN)/pytest $(IN_PARALLEL)

spark: .venv/complete-spark ## install what `arsplan build --engine spark` needs (docs/scale.md)
	@command -v java > /dev/null || { $(AS_ROOT) apt-get update -q && $(AS_ROOT) apt-get install -y -q openjdk-17-jre-headless; }

.venv/complete-spark: .venv/complete requirements-spark.lock
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --require-hashes --compile-bytecode -r requirements-spark.lock
	@touch $@

bench: setup-dev ## measure, and write docs/performance.md (PARTS="overhead size spark others answers readers"; minutes)
	$(BIN)/python tests/bench/bench.py $(PARTS)

backtest: setup-dev ## try the forecast on past and simulated years, and write data/reference/forecast_backtests.csv (long)
	$(BIN)/python tests/bench/backtest.py

browser: ## install the browser that tests/browser/ drives (Debian's chromium)
	@command -v chromium > /dev/null || { $(AS_ROOT) apt-get update -q && $(AS_ROOT) apt-get install -y -q chromium; }

check: setup-dev ## ruff, mypy, sqlfluff, djlint and the conventions of this project
	$(MAKE) --no-print-directory --jobs=2 --output-sync=target types style

types: # takes as long as all the rest
	$(BIN)/mypy

style:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests dbt_project/macros
	$(BIN)/djlint --quiet --lint --check dagster_project/publish/site/templates
	$(BIN)/pytest tests/conventions

docs: setup ## renew docs/feeds.md after a change of the feeds
	$(BIN)/python -m dagster_project.ingest.feeds_page docs/feeds.md

site: setup ## the web pages of the current release, at http://localhost:8000
	$(BIN)/arsplan site

up: setup ## run the nightly schedule and watch for deliveries; Dagster's pages at http://localhost:3000
	$(BIN)/arsplan up

status: setup ## how things stand
	$(BIN)/arsplan status

lock: setup ## renew the locks after a change of pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --extra spark -c requirements.lock pyproject.toml -o requirements-spark.lock

licences: setup-dev spark ## renew docs/licences.md after a change of the lock
	{ printf '# Licences of dependencies\n\nMade by `make licences` from what the installed packages say of themselves. This project: EUPL-1.2.\n\n'; \
	$(BIN)/uv tool run pip-licenses --python $(BIN)/python --from=mixed --format=markdown --with-system --ignore-packages arsplan uv pip \
	| sed 's/  *|/ |/g; s/--*|/---|/g'; } > docs/licences.md

audit: setup ## look the locked versions up among known vulnerabilities (asks the package registry)
	$(BIN)/uv tool run pip-audit --disable-pip --require-hashes --requirement requirements.lock

clean: ## remove .venv and everything that was built
	rm -rf .venv data/output dbt_project/target
