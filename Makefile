# What a person types and what CI runs: the same targets, so that a green one here is green there.

PYTHON ?= python3
JOBS ?= 2
BIN := .venv/bin
READY := .venv/.ready
PEERS := .venv/.peers
PIP := $(BIN)/python -m pip --disable-pip-version-check
CHECKED := install --quiet --require-hashes --no-build-isolation
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header \
	--no-emit-options --no-emit-index-url --no-emit-find-links --no-emit-trusted-host
PAGES := $(shell grep -rl --include=*.md '\[\[\[cog' docs README.md)
COG := $(BIN)/cog -I docs -U --verbosity=1

.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help setup demo fmt lint type test golden bench bench-full docs docs-check size check lock

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

setup: $(READY) ## Make .venv with the locked, hash-checked packages and this package in it

# The tools that build come first, so that what has no wheel is built with what the lock holds too.
$(READY): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	awk '/^[a-z]/ {on = /^(packaging|pip|setuptools|wheel)==/} on' $< > .venv/first.txt
	$(PIP) $(CHECKED) -r .venv/first.txt
	$(PIP) $(CHECKED) -r $<
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(PEERS): requirements-peers.lock $(READY)
	$(PIP) $(CHECKED) -r $<
	@touch $@

demo: setup ## The main job on the case that comes with it; no network needed
	@$(BIN)/overblock demo

fmt: setup ## Format the code and sort its imports
	$(BIN)/ruff check --select I --fix --quiet
	$(BIN)/ruff format

lint: setup ## Style, layers, spelling, docstrings, project file
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports --no-logo
	$(BIN)/codespell
	$(BIN)/validate-pyproject pyproject.toml
	$(BIN)/interrogate --quiet src

type: setup ## Types, strictly, tests too
	$(BIN)/mypy

test: setup ## Every test; the last line counts them
	$(BIN)/pytest -n $(JOBS) --dist loadscope

golden: setup ## Rewrite what is expected of the readers' samples; then read the diff
	$(BIN)/python tests/source_cases.py
	git --no-pager diff --stat -- tests

bench: $(PEERS) ## Each benchmark once, small, so that none rots
	@set -e; for file in benchmarks/bench_*.py; do $(BIN)/python $$file --small; done

bench-full: $(PEERS) ## Each benchmark in full: the rows that docs/explanation quotes
	@set -e; for file in benchmarks/bench_*.py; do $(BIN)/python $$file; done

docs: setup ## Make the generated parts of the pages anew
	$(COG) -r $(PAGES)

docs-check: setup ## Are the generated parts what the code says now?
	$(COG) --check --check-fail-msg='run make docs' $(PAGES)

size: ## Lines of Python, folder by folder
	@find src tests benchmarks docs -name '*.py' -exec wc -l {} + | awk '$$2 != "total" { \
		sub("/[^/]*$$", "", $$2); lines[$$2] += $$1; files[$$2]++; all += $$1 } \
		END { for (name in lines) printf "%6d lines %4d files  %s\n", lines[name], files[name], name | "sort -k5"; \
		close("sort -k5"); printf "%6d lines in all\n", all }'

check: lint type docs-check size bench test ## All that CI asks; the counts come last

lock: setup ## Resolve the locks anew (slow: every hash is fetched)
	$(BIN)/python -c 'import tomllib; groups = tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]; \
		print(*groups["dev"], *groups["build"], sep="\n")' > .venv/groups.in
	$(COMPILE) -o requirements.lock pyproject.toml .venv/groups.in
	sed -i 's#-r .venv/groups.in#overblock (dependency groups)#' requirements.lock
	$(BIN)/python -c 'import tomllib; \
		print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["peers"], sep="\n")' \
		| $(COMPILE) -o requirements-peers.lock -
