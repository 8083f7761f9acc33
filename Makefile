# make demo   set up and open the explorer
# make test   set up and run every check and test, the browser's included
# make lint   ruff and mypy alone
# make screenshots   pictures of every panel anew, in assets/screenshots

PYTHON ?= python3
BIN := .venv/bin
.PHONY: setup demo test lint screenshots clean

setup: .venv/.app

.venv/.app: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -r requirements.txt
	@touch $@

.venv/.test: .venv/.app requirements-test.txt
	$(BIN)/python -m pip install --quiet -r requirements-test.txt
	@touch $@

demo: setup
	$(BIN)/python app.py

lint: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	@sh tests/browser/install_chromium.sh
	@sh tests/browser/install_axe.sh
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

screenshots: .venv/.test
	@sh tests/browser/install_chromium.sh
	PYTHONPATH=.:tests/helpers $(BIN)/python -m screenshots

clean:
	rm -rf build .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
