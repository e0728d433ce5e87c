# The C library: built, linked and tested as a C programmer would.

.PHONY: test-c first-c install-c

C_BUILD := $(BUILD)/c
# What a static library needs beside itself.
C_STATIC_LIBS := -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc
C_WARNINGS := -Wall -Wextra -Wpedantic -Werror
# Where cargo puts the library; a target directory of the environment wins.
C_TARGET = $(or $(CARGO_TARGET_DIR),target)/debug
PREFIX ?= /usr/local

$(C_BUILD)/.library: FORCE
	@mkdir -p $(C_BUILD)
	$(CARGO) build -p ripplemark-c
	@touch $@

FORCE:

# Prints one line; used by the demo.
first-c: $(C_BUILD)/.library
	@$(CC) -std=c99 $(C_WARNINGS) -Iffi-c/include examples/first/first.c $(C_TARGET)/libripplemark.a $(C_STATIC_LIBS) -o $(C_BUILD)/first
	@$(C_BUILD)/first examples/first/book.yaml

test-c: $(C_BUILD)/.library
	$(CARGO) test -p ripplemark-c
	$(CC) -std=c99 $(C_WARNINGS) -Iffi-c/include -fsyntax-only -x c ffi-c/include/ripplemark.h
	$(CXX) -std=c++11 $(C_WARNINGS) -Iffi-c/include -fsyntax-only -x c++ ffi-c/include/ripplemark.h
	$(CC) -std=c11 -g $(C_WARNINGS) -Iffi-c/include ffi-c/tests/api.c $(C_TARGET)/libripplemark.a $(C_STATIC_LIBS) -o $(C_BUILD)/api-static
	$(C_BUILD)/api-static
	ln -sf libripplemark.so $(C_TARGET)/libripplemark.so.0
	$(CC) -std=c11 -g $(C_WARNINGS) -Iffi-c/include ffi-c/tests/api.c -L$(C_TARGET) -lripplemark -o $(C_BUILD)/api-shared
	LD_LIBRARY_PATH=$(C_TARGET) $(C_BUILD)/api-shared
	$(CC) -std=gnu11 -g -O1 $(C_WARNINGS) -Iffi-c/include ffi-c/tests/determinism.c $(C_TARGET)/libripplemark.a $(C_STATIC_LIBS) -o $(C_BUILD)/determinism
	$(CC) -std=gnu11 -g -O2 -ffast-math $(C_WARNINGS) -Iffi-c/include ffi-c/tests/determinism.c $(C_TARGET)/libripplemark.a $(C_STATIC_LIBS) -o $(C_BUILD)/determinism-fast-math
	$(C_BUILD)/determinism tests/determinism.yaml tests/data/determinism.csv tests/determinism.sha256
	$(C_BUILD)/determinism tests/determinism.yaml tests/data/determinism.csv tests/determinism.sha256 upward
	$(C_BUILD)/determinism-fast-math tests/determinism.yaml tests/data/determinism.csv tests/determinism.sha256
	$(MAKE) --no-print-directory --silent first-c | grep -F '0x1.48c3e586e0176p-3 owner Finance'

test:: test-c

# Header, both libraries, pkg-config file.
install-c:
	$(CARGO) build --release -p ripplemark-c
	PREFIX="$(PREFIX)" TARGET="$(or $(CARGO_TARGET_DIR),target)/release" sh ffi-c/install.sh
