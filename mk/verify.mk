# The proof of the whole path: reference results, row formulas against Rhai, order and memory, broken input, one hash.
# `test` runs it in debug; `test-full` with the long counts, and the hash once more in release and for this very
# processor. RIPPLEMARK_DATA names the folder of the reference data, where it is not ../shared/data.
.PHONY: test-verify test-verify-builds test-verify-full test-chain-shap

DETERMINISM_OUT := $(abspath $(BUILD)/determinism)

test:: test-verify

test-full:: test-verify-builds test-verify-full test-chain-shap

test-verify:
	RIPPLEMARK_DETERMINISM_OUT=$(DETERMINISM_OUT) $(CARGO) test -p ripplemark -p ripplemark-core

# Other builds in folders of their own, so that they neither replace nor wait for the usual one.
test-verify-builds:
	CARGO_TARGET_DIR=$(BUILD)/target-release $(CARGO) test --release -p ripplemark --test determinism --test float_env
	CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
		CARGO_TARGET_DIR=$(BUILD)/target-native RUSTFLAGS="-C target-cpu=native" \
		$(CARGO) test --release -p ripplemark --test determinism --test float_env

test-verify-full:
	RIPPLEMARK_FULL=1 CARGO_TARGET_DIR=$(BUILD)/target-release $(CARGO) test --release -p ripplemark \
		--test row_oracle --test order --test hostile --test reference -- --nocapture

# Contributions against those of another package, in an environment of its own: it brings a compiler and much else.
VENV_SHAP := $(BUILD)/venv-shap

$(VENV_SHAP)/.installed:
	$(PYTHON) -m venv $(VENV_SHAP)
	$(VENV_SHAP)/bin/python -m pip install --quiet --disable-pip-version-check shap==0.51.0
	touch $@

test-chain-shap: $(VENV_SHAP)/.installed
	RIPPLEMARK_SHAP_PYTHON=$(abspath $(VENV_SHAP))/bin/python $(CARGO) test -p ripplemark --test chain shap
