//! The first number in Rust: `cargo run --example first`

use ripplemark::read::{ReadOptions, open};
use ripplemark::{Evaluation, Program, book, model::Query};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/first");
    let book = book::load_path(here.join("book.yaml"))?.book;
    let program = Program::compile(&book, &Query::default())?;
    let mut evaluation = Evaluation::new(&program)?;
    evaluation.feed_reader("deals", open(here.join("deals.csv"), &ReadOptions::default())?)?;
    let result = evaluation.finish()?;
    let value = result.total("discount").and_then(|cell| cell.value).ok_or("no value")?;
    println!("discount {value:?} {} owner {}", hex_float(value), result.metrics[2].owner);
    Ok(())
}

/// C's `%a`, for a normal number.
fn hex_float(value: f64) -> String {
    let bits = value.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1023;
    format!("0x1.{:013x}p{exponent:+}", bits & ((1 << 52) - 1))
}
