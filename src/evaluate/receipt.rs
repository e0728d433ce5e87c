//! Receipts: what a result was made of, so that two people can tell why their numbers differ, or that they cannot.

use super::result::{ResultSet, RowErrors, RowReport, hex};
use super::{MetricInfo, Program, Question};
use crate::error::Error;
use crate::lookup::LookupReport;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a result was made of. Equal receipts mean equal numbers.
///
/// Nothing in it depends on the clock, the machine, or the order in which rows came.
///
/// ```
/// # use ripplemark::evaluate::Receipt;
/// let older = r#"{"engine": "0.1.0", "program": "a1", "signature": "b2", "state": "c3", "result": "d4",
///                 "metrics": [["revenue", "e5"]], "rows": []}"#;
/// let receipt = Receipt::from_json(older)?;
/// assert_eq!(receipt.metrics, [("revenue".to_owned(), "e5".to_owned())]);
/// assert_eq!(Receipt::from_json(&receipt.to_json())?, receipt);
/// # Ok::<(), ripplemark::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// How each metric is computed, in the words of the book, and who owns it.
    #[serde(default)]
    pub definitions: Vec<Definition>,
    /// What was asked; `None` if the program does not say.
    #[serde(default)]
    pub question: Option<Question>,
    /// What happened to the rows.
    pub rows: Vec<RowReport>,
    /// Rows that metrics have left out because they failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub row_errors: Vec<RowErrors>,
    /// What was looked up. Counts are 0 where states were merged as bytes, which do not carry them.
    #[serde(default)]
    pub lookups: Vec<LookupCounts>,
}

/// A metric as the book words it. What it means is told by the hash beside its name in [`Receipt::metrics`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// The metric.
    pub metric: String,
    /// How it is computed, in the words of the book; empty if the program does not say.
    pub formula: String,
    /// Names of the owning teams, joined by ", ".
    pub owner: String,
    /// SHA-256 of what no number depends on: label, owner, unit, description and ring.
    pub wording: String,
}

/// How many rows of a table found a row of another. As [`LookupReport`], without what depends on the machine or on the
/// order of rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookupCounts {
    /// The table whose rows look.
    pub table: String,
    /// The name of the lookup.
    pub path: String,
    /// Rows of the table that is looked into.
    pub rows: u64,
    /// Rows that found a row.
    pub matched: u64,
    /// Rows whose own key is missing.
    pub key_missing: u64,
    /// Rows whose key the other table does not have.
    pub unmatched: u64,
    /// Rows that do not say when, while rows of the other table hold for a time.
    pub no_time: u64,
    /// Rows whose key was found, but with no row that holds at their time.
    pub outside: u64,
}

impl From<&LookupReport> for LookupCounts {
    fn from(report: &LookupReport) -> LookupCounts {
        LookupCounts {
            table: report.table.clone(),
            path: report.path.clone(),
            rows: report.rows,
            matched: report.matched,
            key_missing: report.key_missing,
            unmatched: report.unmatched,
            no_time: report.no_time,
            outside: report.outside,
        }
    }
}

impl Receipt {
    pub(super) fn new(program: &Program, state: [u8; 32], set: &ResultSet) -> Receipt {
        let asked = program.plan().asked.as_ref();
        let formula = |i: usize| asked.and_then(|asked| asked.formulas.get(i)).cloned().unwrap_or_default();
        Receipt {
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            program: hex(&program.hash()),
            signature: hex(program.view().signature()),
            state: hex(&state),
            result: hex(&set.hash()),
            metrics: set.metrics.iter().map(|m| (m.name.clone(), m.meaning.clone())).collect(),
            definitions: (set.metrics.iter().enumerate())
                .map(|(i, metric)| Definition {
                    metric: metric.name.clone(),
                    formula: formula(i),
                    owner: metric.owner.clone(),
                    wording: wording(metric),
                })
                .collect(),
            question: asked.map(|asked| asked.question.clone()),
            rows: set.rows.clone(),
            row_errors: set.row_errors.clone(),
            lookups: set.lookups.iter().map(LookupCounts::from).collect(),
        }
    }

    /// The receipt as JSON text, as `.receipt` files have it.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a receipt from JSON text. Receipts of earlier versions have fewer fields; fields of later versions are
    /// left out.
    ///
    /// # Errors
    /// If the text is not JSON or not a receipt, with the place in the text. Never panics.
    pub fn from_json(text: &str) -> Result<Receipt, Error> {
        serde_json::from_str(text).map_err(|error| {
            Error::other(format!(
                "no receipt of ripplemark: {error}; expected what `eval --receipt FILE` writes"
            ))
        })
    }
}

fn wording(metric: &MetricInfo) -> String {
    wording_of([&metric.label, &metric.owner, &metric.unit, &metric.description, metric.ring])
}

/// The hash of label, owner, unit, description and ring. Each part is preceded by its length, so that no two wordings have
/// the same bytes.
pub(crate) fn wording_of(parts: [&str; 5]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hex(&hasher.finalize())
}
