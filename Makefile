# MedStation: `make run` starts it, `make test` proves it. Everything else is below.

PYTHON ?= python3
VENV ?= .venv
OUT ?= demo
# Options of every call, for instance --json.
OPTIONS ?=
EXAMPLES ?= 2000

BIN = $(VENV)/bin
INSTALL = $(BIN)/python -m pip --disable-pip-version-check install -c constraints.txt

# Qt has a screen on macOS; on Linux one of these two names it.
SCREEN = $(DISPLAY)$(WAYLAND_DISPLAY)$(filter Darwin,$(shell uname))

.DEFAULT_GOAL := help
.PHONY: help run demo test lint types bench fuzz reference licences install install-dev system clean

help:
	@echo "make run        set up, then start MedStation on a demo vault (without a screen: the demo's report in $(OUT)/)"
	@echo "make test       set up, then run every check and test"
	@echo "make demo       the demo without a window; OUT=FOLDER says where the report goes"
	@echo "make lint       style, types and the rules of who may import whom"
	@echo "make bench      speed beside other programs, as one table of ratios in build/bench.md"
	@echo "make fuzz       changed files to every parser; EXAMPLES=N says how many each gets"
	@echo "make reference  write the settings reference of resources/help anew"
	@echo "make licences   write THIRD_PARTY_LICENSES.md anew"
	@echo "make clean      remove what these targets made, the virtual environment too"

run: install system
ifeq ($(strip $(SCREEN)),)
	@echo "There is no screen here (DISPLAY and WAYLAND_DISPLAY are empty): the demo runs without a window." >&2
	@$(MAKE) --no-print-directory demo
else
	$(BIN)/medstation $(OPTIONS) demo
endif

demo: install system
	QT_QPA_PLATFORM=offscreen $(BIN)/medstation $(OPTIONS) demo --headless --out "$(OUT)"
	@echo "The report with pictures is in $(OUT)/" >&2

test: lint
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest

lint: install-dev system
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install-dev system
	$(INSTALL) -e ".[bench]"
	QT_QPA_PLATFORM=offscreen $(BIN)/python tests/bench

fuzz: install-dev system
	MEDSTATION_FUZZ_EXAMPLES=$(EXAMPLES) QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest tests/fuzz --timeout 3600

reference: install
	$(BIN)/python resources/setup/settings_reference.py

licences: install-dev
	$(INSTALL) -e ".[bench]"
	$(BIN)/python resources/setup/licences.py

# --- the virtual environment: made once, and again when a dependency or its version changes

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

$(BIN)/python:
	@sh resources/setup/make_venv.sh "$(PYTHON)" "$(VENV)"

# torch comes first and alone: whichever build of the pinned version pip finds (CPU or CUDA) is then kept by all others.
$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) torch
	$(INSTALL) -e ".[tasks]"
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(INSTALL) -e ".[tasks,dev]"
	@touch $@

system: install
	@$(BIN)/python resources/setup/system_libraries.py

clean:
	rm -rf "$(VENV)" build dist demo .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
