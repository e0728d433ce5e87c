//! Latency of ripplemark's core, and of engines that take one row or one cell at a time, on the same formulas.
//!
//! Prints one JSON object for `rivals.latency`. Every engine's answers are compared with Rust's own before they are
//! timed: a wrong number has no speed. The formulas are in `formulas.json`, which `rivals.formulas` writes.

mod cell;
mod ours;
mod row;

use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The formulas, in each engine's words.
pub struct Formulas(Value);

impl Formulas {
    fn read() -> Formulas {
        Formulas(serde_json::from_str(include_str!("../formulas.json")).expect("formulas.json is JSON"))
    }

    /// The row formula of an engine.
    pub fn row(&self, engine: &str) -> &Value {
        &self.0["row"][engine]
    }

    /// The inputs of the cell formulas, by name.
    pub fn inputs(&self) -> Vec<(String, f64)> {
        let inputs = self.0["inputs"].as_object().expect("inputs are an object");
        inputs.iter().map(|(name, value)| (name.clone(), value.as_f64().expect("a number"))).collect()
    }

    /// The cell formulas: infix, JSONLogic, the value.
    pub fn cells(&self) -> impl Iterator<Item = (&str, &Value, f64)> {
        self.0["cell"].as_array().expect("cells are a list").iter().map(|cell| {
            let infix = cell["infix"].as_str().expect("a text");
            (infix, &cell["jsonlogic"], cell["value"].as_f64().expect("a number"))
        })
    }
}

/// Median nanoseconds of a call, over batches that each take some milliseconds.
pub fn nanoseconds(mut call: impl FnMut()) -> f64 {
    let mut calls = 1_u32;
    let each = loop {
        let start = Instant::now();
        for _ in 0..calls {
            call();
        }
        let took = start.elapsed();
        if took > Duration::from_millis(5) {
            break calls;
        }
        calls = calls.saturating_mul(2);
    };
    let mut times: Vec<f64> = (0..31)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..each {
                call();
            }
            start.elapsed().as_nanos() as f64 / f64::from(each)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Stops unless two numbers agree as far as arithmetic in decimals can differ from that in doubles.
pub fn agree(engine: &str, found: f64, expected: f64) {
    let off = (found - expected).abs() / expected.abs().max(1.0);
    assert!(off < 1e-9, "{engine} gives {found} where {expected} is expected");
}

fn main() {
    let formulas = Formulas::read();
    let mut found = Vec::new();
    let mut tell = |engine: &str, what: &str, nanoseconds: f64| {
        found.push(json!({"from": "Rust", "engine": engine, "what": what, "nanoseconds": nanoseconds}));
    };
    ours::measure(&mut tell);
    row::measure(&formulas, &mut tell);
    cell::measure(&formulas, &mut tell);
    println!("{}", json!({"latencies": found}));
}
