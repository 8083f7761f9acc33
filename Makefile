# make demo   set up and serve the explorer
# make test   set up and run every check and test, browser tests included
# make lint   only ruff and mypy
# make coverage   run every test and measure line and branch coverage: a table at the end, pages in htmlcov/
# make lock   pin everything that requirements.txt installs, with hashes, in requirements.lock (needs uv)
# make notices   list the licences of these packages in THIRD_PARTY.md (needs uv; after make setup)
# make space OUT=folder [HARDWARE=cpu|gpu|zero-gpu] [SPACE=owner/name]   write a folder to push as a Hugging Face Space
# make screenshots   take all pictures in assets/screenshots again

PYTHON ?= python3
BIN := .venv/bin
.PHONY: setup demo test lint coverage browser screenshots lock notices space clean

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

# Two workers take whole files, the longest first (tests/conftest.py); a third gains nothing on two cores.  Bytecode is always written,
# because the tests start many processes.
PYTEST := OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test:
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target lint browser
	$(PYTEST)

coverage: .venv/.test browser
	$(PYTEST) --cov --cov-report=term --cov-report=html

# Chromium, for the browser tests.
browser:
	@sh tests/browser/install_chromium.sh

screenshots: .venv/.test
	@sh tests/browser/install_chromium.sh
	PYTHONPATH=.:tests/helpers $(BIN)/python -m screenshots

HARDWARE ?= cpu
space: setup
	$(BIN)/python -m rdrec space --out "$(OUT)" --hardware $(HARDWARE) $(if $(SPACE),--space "$(SPACE)")

# Not torch and the CUDA libraries of its default build: the right build depends on the machine.
NOT_LOCKED := torch triton cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cupti nvidia-cuda-nvrtc nvidia-cuda-runtime \
	nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile nvidia-curand nvidia-cusolver nvidia-cusparse nvidia-cusparselt-cu13 nvidia-nccl-cu13 \
	nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx

lock:
	uv pip compile requirements.txt --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		--no-emit-find-links $(addprefix --no-emit-package ,$(NOT_LOCKED)) --quiet --output-file requirements.lock

notices:
	{ sed '/^|/,$$d' THIRD_PARTY.md; uvx pip-licenses --python=$(BIN)/python --from=mixed --format=markdown --with-urls --with-system \
		--packages torch $$(sed -n 's/^\([a-z0-9._-]*\)==.*/\1/p' requirements.lock); } > THIRD_PARTY.md.new
	mv THIRD_PARTY.md.new THIRD_PARTY.md

clean:
	rm -rf build .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* htmlcov dist
