//! Receipts: what a result was made of, so that two people can tell why their numbers differ, or that they cannot.

use super::Program;
use super::result::{ResultSet, RowReport, hex};
use serde::Serialize;

/// What a result was made of. Equal receipts mean equal numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// Version of ripplemark that computed the result.
    pub engine: String,
    /// SHA-256 of the program: book, query, and their compilation.
    pub program: String,
    /// SHA-256 of what two states must share to be merged.
    pub signature: String,
    /// SHA-256 of the canonical state: the data, as far as they matter.
    pub state: String,
    /// SHA-256 of the result's cells.
    pub result: String,
    /// (metric, SHA-256 of what it means).
    pub metrics: Vec<(String, String)>,
    /// What happened to the rows.
    pub rows: Vec<RowReport>,
}

impl Receipt {
    pub(super) fn new(program: &Program, state: [u8; 32], set: &ResultSet) -> Receipt {
        Receipt {
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            program: hex(&program.hash()),
            signature: hex(program.view().signature()),
            state: hex(&state),
            result: hex(&set.hash()),
            metrics: set.metrics.iter().map(|m| (m.name.clone(), m.meaning.clone())).collect(),
            rows: set.rows.clone(),
        }
    }
}
