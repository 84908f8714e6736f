# make demo   run the tour on the embedded model and print it
# make lab    open the tour in JupyterLab
# make build  build the JupyterLab extension and put it into .venv
# make test   lint, types, layers and tests, of Python and TypeScript
# make bench  print what the tables cost, against pandas and numpy
# make clean  remove what the others set up

PYTHON ?= python3
BIN := .venv/bin
TOUR := build/tour
NODE_MODULES := labextension/node_modules/.package-lock.json
BUILT := chat_magic/_labextension/package.json
INSTALLED := .venv/share/jupyter/labextensions/chat-magic
TYPESCRIPT := $(shell find labextension/src labextension/schema labextension/style -type f) \
  $(wildcard labextension/*.json)

.PHONY: demo lab build test bench tour clean

demo: tour
	@echo
	@echo "Rendered: $(TOUR).html. To try it yourself: make lab"

tour: .venv/ready
	@$(BIN)/python -m chat_magic prepare
	@$(BIN)/python notebooks/run.py notebooks/tour.ipynb $(TOUR)

lab: build
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) notebooks/tour.ipynb

build: $(BUILT)
	@mkdir -p $(INSTALLED) && rm -rf $(INSTALLED)/static
	@cp -R chat_magic/_labextension/. labextension/install.json $(INSTALLED)

test: build
	cd labextension && npm run --silent check && npm test --silent
	@command -v chromium > /dev/null || (apt-get update -qq && apt-get install -qq --yes chromium)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m chat_magic prepare
	$(BIN)/pytest

bench: .venv/ready
	$(BIN)/python tests/benchmarks/tables.py

.venv/ready: pyproject.toml
	@echo "Setting up .venv (once; two minutes or so)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --upgrade pip
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[local,lab,dev]'
	@touch $@

$(NODE_MODULES): labextension/package-lock.json
	@# not npm ci, which refuses a lock that lacks packages for other platforms
	cd labextension && npm install --no-save --silent

$(BUILT): .venv/ready $(NODE_MODULES) $(TYPESCRIPT)
	cd labextension && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent build:prod
	@touch $@

clean:
	rm -rf .venv build chat_magic/_labextension labextension/node_modules labextension/lib
