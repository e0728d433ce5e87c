# The C library: built, linked and tested as a C programmer would; with C++ where there is a compiler for it.

.PHONY: test-c test-c-memory test-cxx test-install-c first-c install-c

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

test-c: $(C_BUILD)/.library test-cxx
	$(CARGO) test -p ripplemark-c
	$(CC) -std=c99 $(C_WARNINGS) -Iffi-c/include -fsyntax-only -x c ffi-c/include/ripplemark.h
	$(CC) -std=c11 -g $(C_WARNINGS) -Iffi-c/include ffi-c/tests/api.c $(C_TARGET)/libripplemark.a $(C_STATIC_LIBS) -o $(C_BUILD)/api-static
	$(C_BUILD)/api-static
	ln -sf libripplemark.so $(C_TARGET)/libripplemark.so.0
	$(CC) -std=c11 -g $(C_WARNINGS) -Iffi-c/include ffi-c/tests/api.c -L$(C_TARGET) -lripplemark -o $(C_BUILD)/api-shared
	LD_LIBRARY_PATH=$(C_TARGET) $(C_BUILD)/api-shared
	$(CC) -std=c11 -g $(C_WARNINGS) -Iffi-c/include ffi-c/tests/hostile_arrow.c $(C_TARGET)/libripplemark.a $(C_STATIC_LIBS) -o $(C_BUILD)/hostile-arrow
	$(C_BUILD)/hostile-arrow
	$(CC) -std=gnu11 -g -O1 $(C_WARNINGS) -Iffi-c/include ffi-c/tests/determinism.c $(C_TARGET)/libripplemark.a $(C_STATIC_LIBS) -o $(C_BUILD)/determinism
	$(CC) -std=gnu11 -g -O2 -ffast-math $(C_WARNINGS) -Iffi-c/include ffi-c/tests/determinism.c $(C_TARGET)/libripplemark.a $(C_STATIC_LIBS) -o $(C_BUILD)/determinism-fast-math
	$(C_BUILD)/determinism tests/determinism.yaml tests/data/determinism.csv tests/determinism.sha256
	$(C_BUILD)/determinism tests/determinism.yaml tests/data/determinism.csv tests/determinism.sha256 upward
	$(C_BUILD)/determinism-fast-math tests/determinism.yaml tests/data/determinism.csv tests/determinism.sha256
	$(MAKE) --no-print-directory --silent first-c | grep -F '0x1.48c3e586e0176p-3 owner Finance'

# What a C++ compiler is needed for; a machine may have one for C alone.
test-cxx: $(C_BUILD)/.library
	@if command -v $(CXX) >/dev/null 2>&1; then \
		$(MAKE) --no-print-directory test-cxx-compiled; \
	else \
		echo "test-cxx: skipped, there is no C++ compiler ($(CXX))"; \
	fi

.PHONY: test-cxx-compiled
test-cxx-compiled:
	$(CXX) -std=c++11 $(C_WARNINGS) -Iffi-c/include -fsyntax-only -x c++ ffi-c/include/ripplemark.h
	$(CXX) -std=c++17 -g $(C_WARNINGS) -Iffi-c/include ffi-c/tests/api.cpp $(C_TARGET)/libripplemark.a $(C_STATIC_LIBS) -o $(C_BUILD)/api-cxx17
	$(C_BUILD)/api-cxx17 $(C_BUILD)
	$(CXX) -std=c++20 -g $(C_WARNINGS) -Wshadow -Wconversion -Iffi-c/include ffi-c/tests/api.cpp $(C_TARGET)/libripplemark.a $(C_STATIC_LIBS) -o $(C_BUILD)/api-cxx20
	$(C_BUILD)/api-cxx20 $(C_BUILD)

test:: test-c

# Broken Arrow structs once more, with every access to memory watched: by valgrind, which sees the library's, too, or
# else by AddressSanitizer, which sees what is freed twice, after its end, or never.
test-c-memory: test-cxx
	$(CC) -std=c11 -g $(C_WARNINGS) -Iffi-c/include ffi-c/tests/hostile_arrow.c $(C_TARGET)/libripplemark.a $(C_STATIC_LIBS) -o $(C_BUILD)/hostile-arrow
	$(CC) -std=c11 -g $(C_WARNINGS) -Iffi-c/include ffi-c/tests/api.c $(C_TARGET)/libripplemark.a $(C_STATIC_LIBS) -o $(C_BUILD)/api-static
	@set -e; if command -v valgrind >/dev/null 2>&1; then \
		for program in hostile-arrow api-static api-cxx17; do \
			if [ -x $(C_BUILD)/$$program ]; then \
				valgrind --quiet --error-exitcode=9 --leak-check=full \
					--errors-for-leak-kinds=definite,indirect,possible $(C_BUILD)/$$program $(C_BUILD); \
			fi; \
		done; \
	elif echo 'int main(void){return 0;}' | $(CC) -fsanitize=address -x c - -o $(C_BUILD)/sanitized 2>/dev/null; then \
		for program in hostile_arrow api; do \
			$(CC) -std=c11 -g -fsanitize=address $(C_WARNINGS) -Iffi-c/include ffi-c/tests/$$program.c \
				$(C_TARGET)/libripplemark.a $(C_STATIC_LIBS) -o $(C_BUILD)/sanitized; \
			$(C_BUILD)/sanitized; \
		done; \
	else \
		echo "test-c-memory: skipped, there is neither valgrind nor AddressSanitizer"; \
	fi

test-full:: test-c-memory

# Headers, both libraries, files for pkg-config and CMake.
install-c:
	$(CARGO) build --release -p ripplemark-c
	PREFIX="$(PREFIX)" TARGET="$(or $(CARGO_TARGET_DIR),target)/release" STATIC_LIBS="$(C_STATIC_LIBS)" sh ffi-c/install.sh

# The library that is there anyway, installed, moved, and used as its users would: by pkg-config and by CMake.
C_PREFIX := $(C_BUILD)/prefix
C_MOVED = $(abspath $(C_BUILD))/moved prefix
FIRST_NUMBER := discount 0.16052989309174465 0x1.48c3e586e0176p-3 owner Finance

test-install-c: $(C_BUILD)/.library
	rm -rf $(C_PREFIX) "$(C_MOVED)" $(C_BUILD)/cmake
	PREFIX="$(abspath $(C_PREFIX))" TARGET="$(C_TARGET)" STATIC_LIBS="$(C_STATIC_LIBS)" sh ffi-c/install.sh
	mv $(C_PREFIX) "$(C_MOVED)"
	@set -e; passed=0; skipped=0; \
	skip() { echo "test-install-c: $$1 skipped, it is not installed"; skipped=$$((skipped + 1)); }; \
	is() { grep -Fx "$$1"; passed=$$((passed + 1)); }; \
	if command -v pkg-config >/dev/null 2>&1; then \
		export PKG_CONFIG_PATH="$(C_MOVED)/lib/pkgconfig"; \
		pkg-config --atleast-version=0.1 ripplemark; \
		flags=$$(pkg-config --cflags --libs ripplemark); \
		eval "$(CC) -std=c99 $(C_WARNINGS) examples/first/first.c $$flags -o $(C_BUILD)/first-shared"; \
		LD_LIBRARY_PATH="$(C_MOVED)/lib" $(C_BUILD)/first-shared examples/first/book.yaml >$(C_BUILD)/installed.txt; \
		is '$(FIRST_NUMBER)' <$(C_BUILD)/installed.txt; \
		if command -v $(CXX) >/dev/null 2>&1; then \
			eval "$(CXX) -std=c++17 $(C_WARNINGS) examples/leadforge/funnel.cpp $$flags -o $(C_BUILD)/funnel-shared"; \
			LD_LIBRARY_PATH="$(C_MOVED)/lib" $(C_BUILD)/funnel-shared examples/leadforge >$(C_BUILD)/installed.txt; \
			is 'won 1049.000000 4090640000000000' <$(C_BUILD)/installed.txt; \
		else \
			skip "a C++ compiler ($(CXX))"; \
		fi; \
	else \
		skip pkg-config; \
	fi; \
	if command -v cmake >/dev/null 2>&1; then \
		cmake -S ffi-c/tests/cmake -B $(C_BUILD)/cmake -DCMAKE_PREFIX_PATH="$(C_MOVED)" >$(C_BUILD)/cmake.log; \
		cmake --build $(C_BUILD)/cmake >>$(C_BUILD)/cmake.log; \
		for program in first-shared first-static; do \
			$(C_BUILD)/cmake/$$program examples/first/book.yaml >$(C_BUILD)/installed.txt; \
			is '$(FIRST_NUMBER)' <$(C_BUILD)/installed.txt; \
		done; \
	else \
		skip CMake; \
	fi; \
	rm -rf "$(C_MOVED)"; \
	echo "install-c: $$passed passed, 0 failed, $$skipped skipped"

test:: test-install-c
