# Two commands matter: `make demo` and `make test`. Everything they need, they set up themselves.
.DEFAULT_GOAL := help
.PHONY: help setup check-node setup-python setup-web demo test check interop mutate format bench campaign screenshots openapi lock sbom wheel clean
SHELL := /bin/bash
PY := .venv/bin
PORT ?= 8000
SPEED ?= 12

help: ## Show what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.NOTPARALLEL: # the check of Node comes first, also with -j
setup: check-node setup-python setup-web ## Prepare both sides; leaves .venv/bin/blocklight

check-node: # before anything is installed: what is refused at the end has cost minutes by then
	@scripts/check-node

setup-python: .build/python.stamp
.build/python.stamp: requirements.lock pyproject.toml scripts/setup-python
	@scripts/setup-python
	@mkdir -p .build && touch $@

setup-web: .build/web.stamp
.build/web.stamp: .build/npm.stamp $(shell find web -type f -not -path '*/node_modules/*' -not -name package-lock.json 2>/dev/null)
	@cd web && npm run --silent build
	@touch $@
.build/npm.stamp: web/package.json web/package-lock.json
	@scripts/setup-node
	@mkdir -p .build && touch $@

demo: setup ## Serve the demo city at http://127.0.0.1:8000 (PORT=, SPEED=)
	@exec $(PY)/blocklight demo --port $(PORT) --speed $(SPEED)

test: setup ## Run every check and every test, the browser ones included
	@scripts/test

check: test ## The same as test

interop: setup ## Let real GIS clients read a served city, and compare what they see with what is published
	@scripts/setup-interop
	@$(PY)/python scripts/interop.py

mutate: setup ## Break each privacy promise on purpose, and see that a test notices
	@$(PY)/python scripts/mutate.py

format: setup ## Format and fix what can be fixed
	@$(PY)/ruff format -q . && $(PY)/ruff check -q --fix . && cd web && npm run --silent format

bench: setup ## Measure, and write benchmarks/RESULTS.md
	@$(PY)/python -m compileall -q src/blocklight  # as set-up leaves it, also after a change: a cold start reads it
	@$(PY)/python benchmarks/run.py $(BENCH)

campaign: setup ## Run the campaigns of load and faults (four and a half hours), and write benchmarks/CAMPAIGNS.md
	@$(PY)/python benchmarks/campaigns/run_campaigns.py $(CAMPAIGN)

screenshots: setup ## Take the pictures of the README and docs
	@scripts/chromium && $(PY)/python scripts/screenshots.py

openapi: setup ## Write docs/openapi.json and the web's types from it
	@$(PY)/python scripts/openapi.py && cd web && npm run --silent types

lock: ## Resolve requirements.lock anew
	@UV_PYTHON_DOWNLOADS=never $(PY)/uv pip compile pyproject.toml --group dev --generate-hashes --no-annotate \
	  --no-emit-index-url --universal --quiet --upgrade -o requirements.lock

sbom: setup ## Write dist/blocklight-VERSION.cdx.json: all that a server installs, and all that is in the page
	@$(PY)/python scripts/sbom.py

wheel: sbom ## Build what a server installs, into dist/, with the versions it was tested with and its bill of materials
	@$(PY)/python scripts/pins.py
	@$(PY)/python -m hatchling build -t wheel

clean: ## Remove everything that was set up or built
	rm -rf .venv .build dist src/blocklight/assets web/node_modules tests/artefacts
