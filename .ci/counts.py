"""Adds up what the test runners say of themselves, and ends with one line: N passed, N failed, N skipped."""

import re
import sys

CARGO = re.compile(r"^test result: .*? (\d+) passed; (\d+) failed; (\d+) ignored")
PYTEST = re.compile(r"^(?:=+ )?(?:\d+ [a-z]+,? ?)+ in [\d.:]+s.*$")
PLAIN = re.compile(r"^(?:[\w-]+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$")
# A test that found no data says so; cargo counts it as passed.
SKIPPED = re.compile(r"\bSKIPPED: ")


def count(lines):
    passed = failed = skipped = 0
    for line in lines:
        line = line.rstrip("\n")
        if found := CARGO.match(line) or PLAIN.match(line):
            a, b, c = (int(part or 0) for part in found.groups())
            passed, failed, skipped = passed + a, failed + b, skipped + c
        elif PYTEST.match(line):
            for number, word in re.findall(r"(\d+) (passed|failed|skipped|errors?)", line):
                if word == "passed":
                    passed += int(number)
                elif word == "skipped":
                    skipped += int(number)
                else:
                    failed += int(number)
        elif SKIPPED.search(line):
            passed, skipped = passed - 1, skipped + 1
    return passed, failed, skipped


def main():
    with open(sys.argv[1], encoding="utf-8", errors="replace") as log:
        passed, failed, skipped = count(log)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
