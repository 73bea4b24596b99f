# Two commands on a fresh machine: make demo, make test. Both work without network after the first time.
# Paths here are relative on purpose: the checkout may lie in a folder with spaces in its name.

PYTHON ?=
DIR ?= demo-clinic
TESTS ?= tests
WORKERS ?= 3
export PYTHON
# Some machines set it; then each process started here would compile the program anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test bench lint docs lock clean
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

help: ## Say what can be made here
	@echo "hat-clinic: supervised dosing, the controlled-drug register and its proof"
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16
	@echo
	@echo "  PYTHON=/path/to/python  another Python 3.11 or newer (now: the first one found)"
	@echo "  DIR=folder              where make demo puts its clinic (now: $(DIR))"
	@echo "  TESTS=tests/ledger      which tests make test runs (now: $(TESTS))"

demo: ## Play five clinic days in a fresh encrypted clinic, then show its board
	@sh requirements/install.sh demo
	@PYTHONUTF8=1 .venv-demo/bin/hat-clinic demo "$(DIR)"

test: ## Run the whole suite, on SQLCipher and on PostgreSQL
	@sh requirements/install.sh test
	@PYTHONUTF8=1 .venv-test/bin/python -m pytest -n $(WORKERS) --dist worksteal $(TESTS)

bench: ## Measure, one line a figure, and write benchmarks/results.json
	@sh requirements/install.sh test
	@PYTHONUTF8=1 .venv-test/bin/python -m benchmarks

lint: ## Check style, types and who imports whom
	@sh requirements/install.sh test
	@.venv-test/bin/ruff check .
	@.venv-test/bin/python -m mypy
	@.venv-test/bin/lint-imports --no-logo

docs: ## Write the pages of docs/ that the code writes itself
	@sh requirements/install.sh test
	@PYTHONUTF8=1 .venv-test/bin/python -m tests.docs

lock: ## Write requirements/*.txt anew after editing an .in file (UPGRADE=1: newest versions)
	@sh requirements/install.sh test
	@UPGRADE="$(UPGRADE)" sh requirements/lock.sh

clean: ## Remove what the other commands made, the demo clinic excepted
	@rm -rf .venv-demo .venv-test .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
