//! Any text as a formula, over rows and over metrics.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/support/fuzzed.rs"]
mod fuzzed;

fuzz_target!(|bytes: &[u8]| fuzzed::formula(bytes));
