//! Evaluates the headlines of the leadforge funnel, as a service would: compile once, feed files, read cells.
//!
//! `cargo run --example evaluate`

use ripplemark::read::{ReadOptions, open};
use ripplemark::{Evaluation, Program, book};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/leadforge");
    let loaded = book::load_path(folder.join("funnel.yaml"))?;
    let name = std::env::args().nth(1).unwrap_or_else(|| "headlines".to_owned());
    let query =
        loaded.book.saved_queries.iter().find(|(own, _)| *own == name).ok_or("no such saved query")?;
    let program = Program::compile(&loaded.book, &query.1)?;

    let mut evaluation = Evaluation::new(&program)?;
    for table in program.tables() {
        let file = if table.name == "activities" { "sales_activities" } else { &table.name };
        let path = folder.join("data").join(format!("{file}.parquet"));
        evaluation.feed_reader(&table.name, open(&path, &ReadOptions::for_table(&table))?)?;
    }
    let result = evaluation.finish()?;

    for cell in &result.cells {
        let metric = &result.metrics[cell.metric];
        match cell.value {
            Some(value) => println!(
                "{:<24} {:>20}  {:016x}  n {:<6} {}",
                metric.label,
                cell.exact.as_deref().unwrap_or(&value.to_string()),
                value.to_bits(),
                cell.n,
                metric.owner
            ),
            None => println!("{:<24} {:>20}  {}", metric.label, cell.reasons.to_string(), metric.owner),
        }
    }
    println!("result {}", result.receipt.result);
    Ok(())
}
