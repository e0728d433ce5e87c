# One funnel in four languages: the lines that they print must be the same, byte by byte.

.PHONY: test-funnel

FUNNEL := $(BUILD)/funnel

test-funnel: $(C_BUILD)/.library venv-ready
	@mkdir -p $(FUNNEL)
	$(CC) -std=c11 -g $(C_WARNINGS) -Iffi-c/include examples/leadforge/funnel.c $(C_TARGET)/libripplemark.a $(C_STATIC_LIBS) -o $(FUNNEL)/funnel-c
	$(FUNNEL)/funnel-c examples/leadforge >$(FUNNEL)/c.txt
	$(CARGO) run --quiet --example funnel >$(FUNNEL)/rust.txt
	$(VENV_PYTHON) examples/leadforge/funnel.py >$(FUNNEL)/python.txt
	cmp $(FUNNEL)/c.txt $(FUNNEL)/rust.txt
	cmp $(FUNNEL)/c.txt $(FUNNEL)/python.txt
	@# A number that is known from elsewhere, so that empty files do not pass.
	grep -Fx 'won 1049.000000 4090640000000000' $(FUNNEL)/c.txt
	@set -e; if command -v $(CXX) >/dev/null 2>&1; then \
		$(CXX) -std=c++17 -g $(C_WARNINGS) -Iffi-c/include examples/leadforge/funnel.cpp \
			$(C_TARGET)/libripplemark.a $(C_STATIC_LIBS) -o $(FUNNEL)/funnel-cxx; \
		$(FUNNEL)/funnel-cxx examples/leadforge >$(FUNNEL)/cxx.txt; \
		cmp $(FUNNEL)/c.txt $(FUNNEL)/cxx.txt; \
		echo "funnel: 4 passed, 0 failed"; \
	else \
		echo "test-funnel: C++ skipped, there is no compiler ($(CXX))"; \
		echo "funnel: 3 passed, 0 failed, 1 skipped"; \
	fi

test:: test-funnel
