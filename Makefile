# Two commands: `make demo` and `make test`. Both set up all they need beyond Rust, gcc, make and Python 3.11.
# Each part of the project adds its own line; see docs/DEVELOPING.md.

CARGO ?= cargo
PYTHON ?= python3
BUILD := build
VENV := $(BUILD)/venv
VENV_PYTHON := $(VENV)/bin/python

.PHONY: demo test test-full clean

include mk/*.mk

clean:
	rm -rf $(BUILD) target
