# Two commands matter: `make demo` and `make test`. Both work on a fresh clone that has Python 3.11 and nothing else.

VENV := .venv
PYTHON := $(VENV)/bin/python
ARGS ?=
TARGET ?= local
PYTEST_ARGS ?=
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test check lock local-packages dev-packages

help:
	@echo "make demo    the portal with sample data (ARGS=--once: end after the sample job; ARGS=\"--once --json\")"
	@echo "make demo TARGET=aws   the same, its jobs on stand-ins for EMR Serverless and Lambda"
	@echo "make test    all tests (PYTEST_ARGS=... is handed to pytest)"
	@echo "make check   lint, format, types, templates, migrations, import rules"
	@echo "make lock    compile requirements/*.txt from pyproject.toml anew"
	@echo "make bench-NAME   one benchmark of bench/"

demo: local-packages
	@exec $(PYTHON) -m pgspark_site.local_stack demo --target $(TARGET) $(ARGS)

test: dev-packages
	@$(PYTHON) -m tests.machine
	@exec $(PYTHON) -m pytest -n 2 --dist loadgroup $(PYTEST_ARGS)

check: dev-packages
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	git ls-files -z 'templates/*.html' | xargs -0r $(VENV)/bin/djade --target-version 5.2 --check
	$(PYTHON) -m tests.settings_check
	$(VENV)/bin/lint-imports --no-cache

# requirements/install does nothing when exactly these packages are there; dev.txt holds all of local.txt.
local-packages:
	@requirements/install local

dev-packages:
	@requirements/install dev

lock:
	python3 -m venv var/lock
	var/lock/bin/pip install --quiet uv
	for set in base: local:--extra=local "dev:--extra=local --extra=dev"; do \
	  var/lock/bin/uv pip compile pyproject.toml $${set#*:} --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-emit-find-links --no-annotate --no-header --quiet --output-file requirements/$${set%%:*}.txt; done

bench-%: dev-packages
	@exec $(PYTHON) -m bench.$* $(ARGS)
