# The Python package: a virtual environment, the wheel in it, and its tests.
#
# Others depend on `venv-ready` (a phony name) or on `$(VENV)/.installed` (a file) and then call `$(VENV_PYTHON)`.

# The wheel that tests use is built without optimisation unless asked otherwise (`make PY_PROFILE=release test-py`):
# optimised code takes minutes longer to compile than all tests take to run.
PY_PROFILE ?= dev
PY_WHEELS := $(BUILD)/wheels
PY_SOURCES = $(shell find py/src py/python src core/src float-env/src -name '*.rs' -o -name '*.py' -o -name '*.pyi') \
	Cargo.toml Cargo.lock py/Cargo.toml py/pyproject.toml py/README.md

.PHONY: test-py venv-ready wheel

$(VENV)/.tools: py/requirements-dev.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check -r py/requirements-dev.txt
	touch $@

$(VENV)/.installed: $(VENV)/.tools $(PY_SOURCES)
	rm -rf $(PY_WHEELS)
	CARGO="$(CARGO)" $(VENV)/bin/maturin build --quiet --manifest-path py/Cargo.toml --profile $(PY_PROFILE) \
		--interpreter $(VENV_PYTHON) --compatibility linux --out $(PY_WHEELS)
	$(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall $(PY_WHEELS)/*.whl
	touch $@

venv-ready: $(VENV)/.installed

# A wheel for others, optimised.
wheel: $(VENV)/.tools
	CARGO="$(CARGO)" $(VENV)/bin/maturin build --manifest-path py/Cargo.toml --release --out $(BUILD)/dist

# Outside `py`, so that the installed package is tested and not the folder of its sources.
test-py: $(VENV)/.installed
	$(VENV_PYTHON) -m pytest -c py/pyproject.toml --rootdir py py/tests
	$(VENV_PYTHON) -m mypy --config-file py/pyproject.toml py/python/ripplemark
	$(VENV_PYTHON) -m mypy.stubtest --mypy-config-file py/pyproject.toml ripplemark

test:: test-py
