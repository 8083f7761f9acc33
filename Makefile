# make demo   set up and open the explorer
# make test   set up and run every check and test, the browser's included
# make lint   ruff and mypy alone
# make coverage   every test with the lines and branches that it runs counted; the table is at the end, pages in htmlcov/
# make screenshots   pictures of every panel anew, in assets/screenshots

PYTHON ?= python3
BIN := .venv/bin
.PHONY: setup demo test lint coverage browser screenshots clean

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

test: lint browser
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

coverage: .venv/.test browser
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report=term --cov-report=html

# What the tests in a browser need: Chromium and the accessibility checker.
browser:
	@sh tests/browser/install_chromium.sh
	@sh tests/browser/install_axe.sh

screenshots: .venv/.test
	@sh tests/browser/install_chromium.sh
	PYTHONPATH=.:tests/helpers $(BIN)/python -m screenshots

clean:
	rm -rf build .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* htmlcov dist
