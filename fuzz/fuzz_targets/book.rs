//! Any bytes as a book: an answer, and no other. What loads is compiled and costed; what does not is shown and put right.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/support/fuzzed.rs"]
mod fuzzed;

fuzz_target!(|bytes: &[u8]| fuzzed::book(bytes));
