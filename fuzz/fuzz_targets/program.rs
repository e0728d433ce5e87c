//! Any bytes as a program: refused, or evaluated over rows that do not fit.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/support/fuzzed.rs"]
mod fuzzed;

fuzz_target!(|bytes: &[u8]| fuzzed::program(bytes));
