# The comparison with other engines: `make bench-rivals` runs it quickly, `make bench-rivals BENCH=--full` in earnest.
# Rivals live in an environment of their own; ripplemark is the release build, as a wheel and as the program.

.PHONY: bench-rivals bench-ready bench-tables test-bench

VENV_RIVALS := $(BUILD)/venv-rivals
RIVALS_PYTHON = $(abspath $(VENV_RIVALS))/bin/python
BENCH ?= --quick

$(VENV_RIVALS)/.tools: benches/rivals/requirements.txt
	$(PYTHON) -m venv $(VENV_RIVALS)
	$(VENV_RIVALS)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

$(VENV_RIVALS)/.installed: $(VENV_RIVALS)/.tools $(PY_SOURCES)
	rm -rf $(BUILD)/wheels-release
	CARGO="$(CARGO)" $(VENV_RIVALS)/bin/maturin build --quiet --manifest-path py/Cargo.toml --release \
		--interpreter $(RIVALS_PYTHON) --compatibility linux --out $(BUILD)/wheels-release
	$(VENV_RIVALS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall \
		$(BUILD)/wheels-release/*.whl
	cd benches && $(RIVALS_PYTHON) -m rivals.machine >$(abspath $(VENV_RIVALS))/built.json
	touch $@

# Wheel, program, row engines; and the freestanding core for latency from C.
bench-ready: $(VENV_RIVALS)/.installed core-c
	$(CARGO) build --release -p ripplemark-cli
	$(CARGO) build --release --manifest-path benches/rows/Cargo.toml

bench-rivals: bench-ready
	cd benches && $(RIVALS_PYTHON) -m rivals.run $(BENCH)

# The tables of README.md and docs/BENCHMARKS.md anew from the files they name, or from FILE.
bench-tables:
	cd benches && $(PYTHON) -m rivals.table $(FILE)

# Does all of it still run? Twenty thousand rows, one round; the results of all engines are compared.
test-bench: bench-ready
	cd benches && $(RIVALS_PYTHON) -m rivals.run --test --to $(abspath $(BUILD))/bench-test.json
	cd benches && $(RIVALS_PYTHON) -m rivals.table --print $(abspath $(BUILD))/bench-test.json >/dev/null

test-full:: test-bench
