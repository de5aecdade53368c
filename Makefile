# Nothing but Python 3.11 or newer (with venv) is needed. PYTHON=python3.12 chooses another one.
# What follows ARGS= is passed on: make serve ARGS=--insecure-http, make test ARGS="-k wizard".
PYTHON ?= python3
RUN := .venv/bin/python

.PHONY: help serve test check bench tamper offline-cases broken-protocols setup setup-dev

help:
	@echo "make serve   set everything up and serve on http://127.0.0.1:8000 (PORT=, HOST=, ARGS=)"
	@echo "make test    set everything up and run all tests (ARGS= for pytest)"
	@echo "make check   lint and types"
	@echo "make bench   measure against plain SQL and string formatting"
	@echo "make tamper  change 1,000 things that never change, and see each found (ARGS=\"NUMBER SEED\")"
	@echo "make offline-cases   what working offline has to stand: 30 cases, one line each"
	@echo "make broken-protocols  break the rules of offline work one by one; a test must notice each"

serve: setup
	@exec $(RUN) manage.py serve $(ARGS)

test: setup-dev
	@exec $(RUN) tools/test.py $(ARGS)

check: setup-dev
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	SECRET_KEY=none-needed-for-types $(RUN) -m mypy

bench: setup-dev
	@exec $(RUN) -m benchmarks $(ARGS)

tamper: setup-dev
	@exec $(RUN) -m tests.tamper $(ARGS)

offline-cases: setup-dev
	@exec $(RUN) tools/offline_cases.py $(ARGS)

broken-protocols: setup-dev
	@exec $(RUN) -m tests.broken_protocols $(ARGS)

setup setup-dev:
	@command -v "$(PYTHON)" >/dev/null || { \
	  echo "Python is missing: \"$(PYTHON)\" is no command here. Install Python 3.11 or newer, or name it: make PYTHON=/path/to/python3" >&2; \
	  echo "Python が見つかりません。Python 3.11 以降をインストールするか、make PYTHON=/path/to/python3 のように指定してください。" >&2; \
	  exit 1; }
	@"$(PYTHON)" tools/setup.py $(if $(filter setup-dev,$@),--dev)
