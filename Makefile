# make run   – install, build the synthetic demo if there is no workspace, serve on 127.0.0.1:8501
# make test  – install, then lint, types and the tests
# make fuzz – ten minutes of damaged and strange files for every source; what escapes is kept
# make test-thorough – the same, with every look, seed and example
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKSPACE ?= workspace
PORT ?= 8501

.PHONY: run test test-thorough fuzz install lint types bench docs clean

$(VENV)/.installed: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements-spark.txt requirements-postgres.txt $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

install: $(VENV)/.installed

run: $(VENV)/.installed
	@test -f $(WORKSPACE)/manifest.json || $(BIN)/python -m hotspots demo --workspace $(WORKSPACE)
	HOTSPOTS_WORKSPACE=$(WORKSPACE) $(BIN)/python -m streamlit run app.py --server.port $(PORT)

test: $(VENV)/.installed-dev lint types
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

fuzz: $(VENV)/.installed-dev
	$(BIN)/python -m tests.fuzz --seconds 600

test-thorough: $(VENV)/.installed-dev lint types
	HOTSPOTS_TESTS=thorough $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy hotspots

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks

docs: $(VENV)/.installed
	$(BIN)/python -m hotspots.cli.reference dictionary > docs/data_dictionary.md
	$(BIN)/python -m hotspots.cli.reference commands > docs/commands.md

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
