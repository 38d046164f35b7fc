# Every target makes what it needs first: on a bare machine `make demo` or `make test` is enough.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
PEERS  := .venv-bench/.installed
SERVE  ?= 1
TELL   ?= 1
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
	$(BIN)/uv pip compile --group pyproject.toml:bench --universal --generate-hashes --upgrade --no-emit-index-url --no-emit-find-links --no-header --no-annotate -o bench-requirements.lock

demo: $(STAMP)  ## fill a whole demo province, plan it, publish it, serve it (SERVE=0: end after the summary; TELL=0: tell nobody yet)
	@$(BIN)/flask --app wsgi demo --port $(PORT) $(if $(filter 0,$(SERVE)),--no-serve,--serve) $(if $(filter 0,$(TELL)),--no-tell,--tell)

serve: $(STAMP)  ## migrate, then run the web server and a worker side by side
	@$(BIN)/flask --app wsgi serve --port $(PORT)

work: $(STAMP)  ## run a worker alone
	@$(BIN)/flask --app wsgi work

browser:  # a Chromium for the browser tests
	@command -v chromium chromium-browser google-chrome >/dev/null 2>&1 || { \
	  if command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then \
	    echo "Installing Chromium for the browser tests …"; \
	    apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	  elif command -v apt-get >/dev/null 2>&1 && sudo -n true 2>/dev/null; then \
	    sudo apt-get update -qq >/dev/null && sudo DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	  else \
	    echo "The browser tests need Chromium: please install the package «chromium» and run make test again."; exit 1; \
	  fi; }

check: $(STAMP)  ## lint, layout and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy --no-error-summary

test: $(STAMP) browser check  ## everything: lint, types, all tests, browser tests included
	@$(BIN)/pytest -n 3 --dist worksteal

$(PEERS): bench-requirements.lock $(STAMP)  # fairpyx pins an old NumPy: an environment of its own
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv-bench
	@$(BIN)/uv pip sync --quiet --python .venv-bench/bin/python --require-hashes bench-requirements.lock
	@touch $@

bench: $(STAMP)  ## the optimizer beside its peers, its growth with the size, and the pages' times (half an hour)
	@$(MAKE) --no-print-directory $(PEERS) || echo "fairpyx could not be installed: the tables say so."
	@$(BIN)/python -m tests.load.bench

clean:  ## remove what was made (the embedded database too)
	rm -rf $(VENV) .venv-bench instance .pytest_cache .mypy_cache .ruff_cache
