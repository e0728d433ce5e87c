# The program `ripplemark`.

.PHONY: test-cli

test:: test-cli

test-cli:
	$(CARGO) test -p ripplemark-cli
