# The freestanding C library: `core-c` builds it, `test-core-c` links it without libc and compares its cells.

.PHONY: core-c core-header test-core-c

# As it is shipped: build/core-c/release/libripplemark_core.a, with its header in ffi-c/core/include.
core-c:
	$(CARGO) build --release --locked --manifest-path ffi-c/core/Cargo.toml --target-dir $(BUILD)/core-c

# Writes ffi-c/core/include/ripplemark_core.h from the sources.
core-header:
	RIPPLEMARK_WRITE_HEADER=1 $(CARGO) test -p ripplemark-c --test core_header

test-core-c:
	$(CARGO) test -p ripplemark-c --test core_header --test core_freestanding -- --nocapture

test:: test-core-c
