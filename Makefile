# Mood Mirror. `make run` starts the mirror, `make test` runs every test; both set up what they need.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?= 8760

.DEFAULT_GOAL := help
.PHONY: help run test check format bench build lock clean

help:  ## What can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: .stamp-run .stamp-graphs .stamp-page  ## Start the mirror and open it in the browser
	$(BIN)/moodmirror serve --port $(PORT) --open

test: .stamp-dev .stamp-graphs .stamp-page  ## Run every test
	$(BIN)/python -m pytest

check: .stamp-dev .stamp-graphs .stamp-page  ## Format, lint, types, imports, page
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python hatch_build.py npm run check

format:  ## Put the source into its one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .stamp-dev .stamp-graphs .stamp-page  ## Measure speed, memory and size into benchmarks/results
	$(BIN)/python -m benchmarks

build: .stamp-dev  ## Make the one wheel in dist/
	rm -rf dist
	$(BIN)/python -m build --wheel

lock:  ## Renew the hashed locks (needs uv)
	uv pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements/run.txt
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements/dev.txt

clean:  ## Remove what was built
	rm -rf $(VENV) .stamp-* dist build web/node_modules src/moodmirror/server/static src/moodmirror/vision/models/*.onnx

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; name one with PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

.stamp-run: $(BIN)/python requirements/run.txt pyproject.toml
	@echo "Installing Python packages: a minute or two the first time..."
	@test -e .stamp-dev || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.stamp-dev: $(BIN)/python requirements/dev.txt pyproject.toml
	@echo "Installing Python packages: a minute or two the first time..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@ .stamp-run

web/node_modules/.package-lock.json: web/package.json web/package-lock.json | .stamp-run
	@echo "Installing what the page is built with..."
	$(BIN)/python hatch_build.py npm ci --loglevel=error

.stamp-graphs: web/node_modules/.package-lock.json $(wildcard graphs/*.py) | .stamp-run
	$(BIN)/python hatch_build.py graphs
	@touch $@

.stamp-page: web/node_modules/.package-lock.json $(shell find web/src web/public -type f 2>/dev/null) $(wildcard web/*.ts web/*.html web/*.json)
	$(BIN)/python hatch_build.py page
	@touch $@
