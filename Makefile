# `make demo` runs the whole journey on made-up people; `make test` proves it. Both set themselves up.
PYTHON ?= python3
PEOPLE ?= 30000
VENV ?= .venv
BIN := $(VENV)/bin
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
  --no-annotate --no-emit-index-url --no-emit-find-links
# A mirror of the package index is named by UV_DEFAULT_INDEX.
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes

.PHONY: help demo test unit lint fix bench soak docs lock clean
help: ## what there is
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 8

$(VENV)/run: requirements/build.txt requirements/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Amends needs Python 3.11 or later; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "setting up $(VENV) (once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
	@$(INSTALL) --compile-bytecode -r requirements/run.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps -e .
	@$(BIN)/python -m compileall -q src
	@$(BIN)/python -m amends.kernels
	@touch $@

$(VENV)/unit: $(VENV)/run requirements/test.txt
	@$(INSTALL) -r requirements/test.txt
	@touch $@

$(VENV)/test: $(VENV)/unit requirements/bench.txt
	@$(INSTALL) --compile-bytecode -r requirements/bench.txt
	@touch $@

demo: $(VENV)/run ## the model case from leaked files to reconciled payments (PEOPLE=30000, FRESH=1)
	@$(BIN)/python bench/demo.py demo --people $(PEOPLE) $(if $(FRESH),--fresh)

test: $(VENV)/test ## every test but soak and full-size benchmarks
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

unit: $(VENV)/unit ## the unit tests alone
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile tests/unit

lint: $(VENV)/test ## style, types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

fix: $(VENV)/test ## let ruff mend what it can
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

bench: $(VENV)/test ## headline figures, each beside its limit in the same run
	@$(BIN)/python bench/all.py

soak: $(VENV)/test ## long runs: many seeds, many kills
	@$(BIN)/python bench/soak.py

docs: $(VENV)/test ## write the pages of commands and categories anew; check that the docs say what there is
	@$(BIN)/python docs/reference/write_commands.py
	@$(BIN)/python docs/reference/write_categories.py
	@$(BIN)/python docs/reference/write_pinyin.py
	@$(BIN)/python -m pytest -q tests/tidy

lock: $(VENV)/test ## resolve the dependencies anew, with hashes and without addresses
	@$(COMPILE) --group build -o requirements/build.txt
	@$(COMPILE) pyproject.toml -o requirements/run.txt
	@$(COMPILE) --group test -c requirements/run.txt -o requirements/test.txt
	@$(COMPILE) --group bench -c requirements/run.txt -c requirements/test.txt -o requirements/bench.txt

clean: ## remove the demo's case, with its database
	@test ! -e demo || $(BIN)/amends remove demo --yes
