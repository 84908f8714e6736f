# make demo   run the tour on the embedded model and print it
# make lab    open the tour in JupyterLab
# make test   lint, types, layers and tests
# make bench  print what answers, their display and their tables cost, against others
# make fuzz   search a minute for streams that break the decoder
# make clean  remove what the others set up

PYTHON ?= python3
BIN := .venv/bin
TOUR := build/tour
BENCH := build/bench-venv

.PHONY: demo lab test bench fuzz tour clean

demo: tour
	@echo
	@echo "Rendered: $(TOUR).html. To try it yourself: make lab"

tour: .venv/ready
	@$(BIN)/python -m chat_magic prepare
	@$(BIN)/python notebooks/run.py notebooks/tour.ipynb $(TOUR)

lab: .venv/ready
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) notebooks/tour.ipynb

test: .venv/ready
	@command -v chromium > /dev/null || (apt-get update -qq && apt-get install -qq --yes chromium)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m chat_magic prepare
	$(BIN)/pytest

bench: $(BENCH)/ready
	$(BENCH)/bin/python -m tests.benchmarks.wire
	$(BENCH)/bin/python -m tests.benchmarks.display
	$(BENCH)/bin/python -m tests.benchmarks.same_text
	$(BENCH)/bin/python -m tests.benchmarks.tables

$(BENCH)/ready: pyproject.toml
	@echo "Setting up $(BENCH) (once; a minute or so)"
	@test -x $(BENCH)/bin/python || $(PYTHON) -m venv $(BENCH)
	@$(BENCH)/bin/pip install --quiet --disable-pip-version-check --upgrade pip
	@$(BENCH)/bin/pip install --quiet --disable-pip-version-check --editable '.[httpx2,lab]' \
		openai httpx-aiohttp
	@touch $@

fuzz: build/fuzz/ready
	@mkdir -p build/fuzz/corpus
	@build/fuzz/bin/python tests/fuzz/corpus.py build/fuzz/corpus
	build/fuzz/bin/python tests/fuzz/stream.py -max_total_time=60 -max_len=6000 -timeout=10 \
		-artifact_prefix=build/fuzz/ build/fuzz/corpus

build/fuzz/ready: pyproject.toml
	@test -x build/fuzz/bin/python || $(PYTHON) -m venv build/fuzz
	@build/fuzz/bin/pip install --quiet --disable-pip-version-check --editable . atheris
	@touch $@

.venv/ready: pyproject.toml
	@echo "Setting up .venv (once; two minutes or so)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --upgrade pip
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[local,lab,dev]'
	@touch $@

clean:
	rm -rf .venv build
