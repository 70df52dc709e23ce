# `make demo` runs the whole journey on made-up people; `make test` proves it. Both set themselves up.
PYTHON ?= python3
PEOPLE ?= 30000
VENV ?= .venv
BIN := $(VENV)/bin
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
  --no-annotate --no-emit-index-url --no-emit-find-links
# A mirror of the package index is named by UV_DEFAULT_INDEX.
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes
# What Python compiles is kept, so that no other process does it again.
unexport PYTHONDONTWRITEBYTECODE
WORKERS ?= 2
# In which order tests run, and what they draw: another number, another run.
SEED ?= 1
UNIT ?= tests/unit

.PHONY: help demo ready browser test unit lint fix bench soak exercise docs lock clean
help: ## what there is
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 8

$(VENV)/packages: requirements/build.txt requirements/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Amends needs Python 3.11 or later; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "setting up $(VENV) (once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
	@$(INSTALL) -r requirements/run.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/run: $(VENV)/packages
	@$(BIN)/python -m amends.kernels
	@touch $@

$(VENV)/unit: $(VENV)/packages requirements/test.txt
	@$(INSTALL) -r requirements/test.txt
	@touch $@

$(VENV)/test: $(VENV)/unit requirements/bench.txt
	@$(INSTALL) -r requirements/bench.txt
	@touch $@

demo: $(VENV)/run ## the model case from leaked files to reconciled payments (PEOPLE=30000, FRESH=1)
	@$(BIN)/python bench/demo.py demo --people $(PEOPLE) $(if $(FRESH),--fresh)

ready: $(VENV)/run $(VENV)/unit ## set up, with every kernel compiled

browser: ## a Chromium with Chinese fonts, which prints the pages that tests read
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
	  { apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk; } >/dev/null 2>&1 || \
	  echo "printed pages need a browser and cannot be tested: install chromium and fonts-noto-cjk"

test: $(VENV)/run $(VENV)/test browser ## every test but soak and full-size benchmarks
	@$(BIN)/python -m pytest --randomly-seed=$(SEED) -n $(WORKERS) --dist loadfile --no-loadscope-reorder

unit: $(VENV)/unit ## the unit tests alone; kernels are compiled as they are needed
	@$(BIN)/python -m pytest -q --randomly-seed=$(SEED) -n $(WORKERS) --dist loadfile $(UNIT)

lint: $(VENV)/test ## style, types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

fix: $(VENV)/test ## let ruff mend what it can
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

bench: $(VENV)/run $(VENV)/test ## headline figures, each beside its limit in the same run
	@$(BIN)/python bench/all.py

soak: $(VENV)/run $(VENV)/test ## long runs: many seeds, many kills
	@$(BIN)/python bench/soak.py
	@$(BIN)/python bench/soak_worlds.py
	@AMENDS_SOAK=1 $(BIN)/python -m pytest -q -n 0 tests/simulation -k broken_protocol
	@$(BIN)/python bench/soak_receipts.py

exercise: $(VENV)/run $(VENV)/test ## a company that cheats is played, and strangers look; writes the page of what they find
	@$(BIN)/python bench/cheating/page.py

docs: $(VENV)/test ## write the pages of commands and categories anew; check that the docs say what there is
	@$(BIN)/python docs/reference/write_commands.py
	@$(BIN)/python docs/reference/write_categories.py
	@$(BIN)/python docs/reference/write_pinyin.py
	@$(BIN)/python docs/reference/write_payee_states.py
	@$(BIN)/python docs/sample/write_sample.py
	@$(BIN)/python docs/formats/write_receipts.py
	@$(BIN)/python -m pytest -q tests/tidy

lock: $(VENV)/test ## resolve the dependencies anew, with hashes and without addresses
	@$(COMPILE) --group build -o requirements/build.txt
	@$(COMPILE) pyproject.toml -o requirements/run.txt
	@$(COMPILE) --group test -c requirements/run.txt -o requirements/test.txt
	@$(COMPILE) --group bench -c requirements/run.txt -c requirements/test.txt -o requirements/bench.txt

clean: ## remove the demo's case, with its database
	@test ! -e demo || $(BIN)/amends remove demo --yes
