//! What changed between two results, or between their receipts: engine, definitions, question, rows, values; and which
//! of the first four explains a value that changed.
//!
//! ```text
//! receipt or result (JSON, Arrow, ResultSet) ─► Side ─┬─ receipts ─► engine, definitions, question, rows, data
//!                                                     └─ values ──► cells added, removed, changed, each with causes
//! ```

mod receipts;
mod side;
#[cfg(all(test, feature = "compile"))]
mod tests;
#[cfg(feature = "compile")]
mod text;
mod values;

pub use side::{Cell, Side};
pub use values::{CellChange, Values};

use serde::Serialize;

/// What changed from one result to another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diff {
    /// True if nothing that is compared differs: the same numbers, for the same reasons.
    pub same: bool,
    /// Whether the numbers differ, by the hashes of the results. `changed` also where other cells were asked for.
    pub numbers: Known,
    /// Whether the programs differ in what nothing below tells, such as the name of a column in the data.
    pub program: Known,
    /// The versions of ripplemark, if they differ.
    pub engine: Option<Change>,
    /// Metrics whose definitions differ, in the order of the older result, then those that only the newer one has.
    pub definitions: Vec<DefinitionChange>,
    /// The parts of the question that differ.
    pub question: Vec<PartChange>,
    /// Whether both receipts say what was asked.
    pub question_known: bool,
    /// Counts of rows that differ, and latest times.
    pub rows: Vec<RowChange>,
    /// Whether the data differ as far as the metrics can see them.
    pub data: Known,
    /// Cells that differ; `None` where one side is only a receipt.
    pub values: Option<Values>,
}

/// Whether something differs, as far as two receipts tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    /// It is the same.
    Same,
    /// It differs.
    Changed,
    /// The receipts do not tell.
    Unknown,
}

/// Two texts; `None` where there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// In the older result.
    pub from: Option<String>,
    /// In the newer one.
    pub to: Option<String>,
}

/// What happened to the definition of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DefinitionKind {
    /// Only the newer result has the metric.
    Added,
    /// Only the older result has the metric.
    Removed,
    /// It means something else.
    Meaning,
    /// It means the same and is written, named, described or owned differently.
    Wording,
}

/// A metric whose definition differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DefinitionChange {
    /// The metric.
    pub metric: String,
    /// What happened to it.
    pub kind: DefinitionKind,
    /// How it is computed in the words of the books, where the receipts say so.
    pub formula: Change,
    /// Who owns it, where the receipts say so.
    pub owner: Change,
}

/// A part of the question that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartChange {
    /// `book`, `timezone`, `metrics`, `by`, `grain`, `from`, `to`, `filter`, `as_of`, `totals` …
    pub part: &'static str,
    /// What was asked, and what is asked now.
    #[serde(flatten)]
    pub change: Change,
}

/// A number of rows, or a latest time, that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowChange {
    /// The table.
    pub table: String,
    /// The column that placed rows in time, or the name of a lookup.
    pub at: Option<String>,
    /// `read`, `used`, `rejected` with a reason, `latest`; of a lookup its counts.
    pub what: String,
    /// The count or time; `None` where the table was not read, or not placed so.
    #[serde(flatten)]
    pub change: Change,
}

/// Why a value changed, or may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The metric means something else.
    Definition,
    /// Something else was asked.
    Question,
    /// The data differ.
    Data,
    /// Another version of ripplemark computed it.
    Engine,
}

/// Compares two results or receipts, the older one first.
///
/// Takes time and memory linear in their cells, but for sorting.
///
/// ```
/// # use ripplemark::diff::{Side, diff};
/// let result = |value: f64, state: &str| Side::from_json(&format!(
///     r#"{{"cells": [{{"metric": "won", "level": "total", "value": {value}, "n": 2}}],
///         "receipt": {{"engine": "0.1.0", "program": "p", "signature": "s", "state": "{state}",
///                      "result": "{value}", "metrics": [["won", "m"]], "rows": []}}}}"#
/// ));
/// let found = diff(&result(2.0, "a")?, &result(3.0, "b")?);
/// let values = found.values.expect("both are results");
/// assert_eq!(values.changed[0].difference, Some(1.0));
/// assert_eq!(values.changed[0].causes, [ripplemark::diff::Cause::Data]);
/// # Ok::<(), ripplemark::Error>(())
/// ```
#[must_use]
pub fn diff(old: &Side, new: &Side) -> Diff {
    let mut found = receipts::compare(&old.receipt, &new.receipt);
    if let (Some(before), Some(after)) = (&old.cells, &new.cells) {
        values::compare(&mut found, before, after);
    }
    let silent = found.engine.is_none()
        && found.definitions.is_empty()
        && found.question.is_empty()
        && found.rows.is_empty();
    let equal = found.values.as_ref().is_none_or(Values::is_empty);
    found.same = silent && equal && found.numbers == Known::Same && found.data != Known::Changed;
    found
}
