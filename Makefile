# make demo   run the tour on the local model and print it
# make lab    open the tour in JupyterLab
# make build  build the JupyterLab extension and put it into .venv
# make unit   run the tests that need no browser, model, kernel or other process
# make test   run the linters, type checks, import contracts and tests of Python and TypeScript
# make docs   build the documentation in build/docs, its notebooks executed
# make stress run the tests of the shell repeatedly on a busy machine
# make site   read the built documentation without a network, in Chromium
# make links  look whether the external links of the documentation lead somewhere
# make dist   build the sdist and the wheel, install both and run the first cells of the README
# make version VERSION=0.2.0  write the version wherever it stands
# make bench  measure answers, their display and their tables, beside other libraries
# make fuzz   search for a minute for streams that break the decoder
# make servers  compare with openai-python on real servers, which are installed first
# make pictures  make the pictures of the README and the documentation again
# make generated  rewrite the files that are generated from the package
# make clean  remove .venv, the builds and the npm packages

PYTHON ?= python3
PYTHONS ?= $(PYTHON)
BIN := .venv/bin
TOUR := build/tour
BENCH := build/bench-venv
NODE_MODULES := labextension/node_modules/.package-lock.json
BUILT := chat_magic/_labextension/package.json
INSTALLED := .venv/share/jupyter/labextensions/chat-magic
TYPESCRIPT := $(shell find labextension/src labextension/schema labextension/style -type f) \
  $(wildcard labextension/*.json)

EXECUTED := $(patsubst notebooks/%,build/notebooks/%,$(wildcard notebooks/*.ipynb))

.PHONY: demo lab build unit test docs links site stress dist version bench servers pictures fuzz tour generated clean

# Files stay on one worker, so that each starts its kernel once. Compiled tests are kept, although
# some machines say otherwise: to compile them takes longer than to run many of them.
PYTEST := $(BIN)/pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder
unexport PYTHONDONTWRITEBYTECODE

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

unit: .venv/ready
	$(PYTEST) -m unit --ignore tests/browser --hypothesis-profile quick

test: build
	cd labextension && npm run --silent check && npm test --silent
	@command -v chromium > /dev/null || (apt-get update -qq && apt-get install -qq --yes chromium)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m chat_magic prepare
	$(PYTEST)

stress: .venv/ready
	$(BIN)/python -m chat_magic prepare
	PATH="$(CURDIR)/$(BIN):$$PATH" tests/stress.sh

dist: build
	@rm -rf dist build/dist-venv
	SKIP_JUPYTER_BUILDER=1 $(BIN)/python -m hatchling build
	@$(PYTHON) -m venv build/dist-venv
	@build/dist-venv/bin/pip install --quiet --disable-pip-version-check twine
	build/dist-venv/bin/twine check --strict dist/*
	$(BIN)/python -m tests.installed $(PYTHONS)

version: .venv/ready
	$(BIN)/hatchling version $(VERSION)
	npm --prefix labextension version --no-git-tag-version --allow-same-version $(VERSION)
	npm --prefix labextension/vscode version --no-git-tag-version --allow-same-version $(VERSION)

bench: build $(BENCH)/ready
	$(BENCH)/bin/python -m tests.benchmarks.wire
	$(BENCH)/bin/python -m tests.benchmarks.display
	$(BENCH)/bin/python -m tests.benchmarks.same_text
	$(BENCH)/bin/python -m tests.benchmarks.tables
	$(BIN)/python -m tests.benchmarks.inspector
	$(BIN)/python -m tests.benchmarks.opening

pictures: build
	PYTHONPATH=. $(BIN)/python notebooks/pictures.py

servers: $(BENCH)/ready
	$(BENCH)/bin/python -m tests.servers

$(BENCH)/ready: pyproject.toml
	@echo "Setting up $(BENCH) (once; a minute or so)"
	@test -x $(BENCH)/bin/python || $(PYTHON) -m venv $(BENCH)
	@$(BENCH)/bin/pip install --quiet --disable-pip-version-check --upgrade pip
	@$(BENCH)/bin/pip install --quiet --disable-pip-version-check --editable '.[local,lab]' openai
	@touch $@

fuzz: build/fuzz/ready
	@mkdir -p build/fuzz/corpus
	@build/fuzz/bin/python -m tests.fuzz.corpus build/fuzz/corpus
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
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[local,lab,plots,docs,dev]'
	@touch $@

$(NODE_MODULES): labextension/package-lock.json
	@# not npm ci, which refuses a lock that lacks packages for other platforms
	cd labextension && npm install --no-save --silent

$(BUILT): .venv/ready $(NODE_MODULES) $(TYPESCRIPT)
	cd labextension && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent build:prod
	@touch $@

docs: $(EXECUTED)
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet --doctree-dir build/doctrees docs build/docs
	@echo "build/docs/index.html"

site: docs
	$(BIN)/python -m tests.site

links: docs
	$(BIN)/python -m sphinx -b linkcheck --keep-going --quiet --doctree-dir build/doctrees docs build/links

build/notebooks/%.ipynb: notebooks/%.ipynb notebooks/run.py | .venv/ready
	$(BIN)/python -m chat_magic prepare
	$(BIN)/python notebooks/run.py $< build/notebooks/$* > build/notebooks.log 2>&1 || (cat build/notebooks.log; exit 1)

generated: .venv/ready
	$(BIN)/python -m tests.generated

clean:
	rm -rf .venv build chat_magic/_labextension labextension/node_modules labextension/lib
