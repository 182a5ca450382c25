# Two commands do everything on a fresh Debian machine with Python >= 3.11:  make demo   and   make test
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO ?= demo
MISSIONS := line live-fire live-fire-pulses array

# Debian packages: pango draws the PDF's text; the rest is for the tests that look at pages in a browser.
APT_RUN := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core
APT_TEST := chromium poppler-utils

# A virtual environment that could not be made whole is not left behind to be taken for one.
.DELETE_ON_ERROR:
.PHONY: help demo serve test check bench docs format clean apt-run apt-test missions

help: ## say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.run apt-run ## set up, run the demonstration missions on real input, say what was found
	@$(BIN)/trucewatch demo --to $(DEMO)

serve: $(VENV)/.run ## show the demonstration's map (after make demo)
	$(BIN)/trucewatch serve $(DEMO)/line

test: $(VENV)/.dev apt-run apt-test check ## everything that CI needs
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

check: $(VENV)/.dev ## style, types, walls
	$(BIN)/ruff format --check src tests benchmarks scripts
	$(BIN)/ruff check src tests benchmarks scripts
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev ## measure; results go to benchmarks/RESULTS.md by hand, with machine and date
	$(BIN)/python benchmarks/run.py

docs: $(VENV)/.dev ## check that the documentation's links and commands hold
	$(BIN)/python -m pytest -q tests/docs

missions: $(VENV)/.dev ## make the demonstration missions again from the data sets (maintainers): DATA=folder
	$(BIN)/python scripts/make_missions.py $(DATA)

format: $(VENV)/.dev ## format the code
	$(BIN)/ruff format src tests benchmarks scripts
	$(BIN)/ruff check --fix src tests benchmarks scripts

clean: ## remove what was made
	rm -rf $(VENV) $(DEMO) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Trucewatch needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	@$(PYTHON) -m venv $(VENV) || { echo "python3-venv is missing: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.run: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.run
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

# Installs what is missing where it can (as root or by sudo), says what to do where it cannot.
define install_debian
	@missing=$$(for p in $(1); do dpkg -s $$p >/dev/null 2>&1 || echo $$p; done); \
	[ -z "$$missing" ] && exit 0; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	command -v apt-get >/dev/null && { [ -z "$$sudo" ] || command -v sudo >/dev/null; } \
	&& echo "installing Debian packages:" $$missing \
	&& $$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null \
	|| { echo "please install these Debian packages, or what your system calls them:" $$missing; exit 1; }
endef

apt-run:
	$(call install_debian,$(APT_RUN))

apt-test:
	$(call install_debian,$(APT_TEST))
