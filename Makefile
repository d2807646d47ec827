# Each goal does its own set-up: a virtual environment in .venv, updated when pyproject.toml or the lock file changes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LOCK := requirements-dev.lock
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
# One more than there are processors: many tests wait for processes of their own.
WORKERS ?= $(shell expr $$(nproc 2>/dev/null || echo 2) + 1)

.PHONY: demo test test-dates lint coverage bench soak mutants lock clean

demo: $(READY)
	$(BIN)/bt-autotask-sync demo

test: $(READY) lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not soak" $(ARGS)

# At other dates, in other zones and orders, by libfaketime (apt-get install faketime); ARGS=--fast: the quick part.
test-dates: $(READY)
	$(BIN)/python -m tests.dates $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The lines that the unit tests run. Not a part of `make test`: with Python 3.11 they take nearly twice the CPU time so.
coverage: $(READY)
	COVERAGE_CORE=$$($(BIN)/python -c 'import sys; print("sysmon" if sys.version_info >= (3, 12) else "ctrace")') \
	  $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not soak" tests/unit --cov --cov-report=term $(ARGS)

bench: $(READY)
	$(BIN)/python -m benchmarks $(ARGS)

soak: $(READY)
	$(BIN)/python -m pytest -n auto -m soak $(ARGS)

mutants: $(READY)
	$(BIN)/python -m tests.crash.mutants $(ARGS)

clean:
	rm -rf $(VENV) .coverage build dist .mypy_cache .pytest_cache .ruff_cache

# The versions that were tested together, for every Python and system that the program runs on. Renewed by hand.
lock:
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.8"
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --upgrade --quiet \
	  --no-emit-index-url --custom-compile-command "make lock" --output-file $(LOCK)

# pip 25.1 is the first that reads dependency groups. Where a locked version is not to be had, any permitted one serves.
$(READY): pyproject.toml $(LOCK)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(INSTALL) --constraint $(LOCK) \
	  || { echo "$(LOCK) cannot be had here as a whole; installing what pyproject.toml permits." >&2; $(INSTALL); }
	touch $(READY)
