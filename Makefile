# Every target makes what it needs first: on a bare machine `make demo` or `make test` is enough.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
SERVE  ?= 1
PORT   ?= 5000

.DEFAULT_GOAL := help
.PHONY: help setup demo serve work test check lock browser bench clean

help:  ## show this help
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(STAMP)  ## make .venv with the locked packages

$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing: install it (Debian: apt-get install python3-venv)"; exit 1; }
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@touch $@

lock:  ## resolve pyproject.toml again into requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --upgrade --no-emit-index-url --no-emit-find-links --no-header --no-annotate -o requirements.lock

