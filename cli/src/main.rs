//! The `ripplemark` program.
fn main() {}
