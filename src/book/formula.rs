//! The seam between the loader, which knows where a formula stands and whose it is, and the formula
//! reader, which knows what it means. Tests of the loader put a reader of their own here.

use std::ops::Range;

use crate::model::{Cell, ColumnId, MetricId, Row, Table, TableId};

/// What is wrong with a formula.
pub(crate) struct Problem {
    /// Stable code, `RM02xx`.
    pub(crate) code: &'static str,
    /// Bytes of the formula's text.
    pub(crate) at: Range<usize>,
    /// One sentence.
    pub(crate) message: String,
    /// What was expected.
    pub(crate) expected: Option<String>,
    /// What to do.
    pub(crate) hint: Option<String>,
}

/// A metric that cell formulas may refer to.
pub(crate) struct MetricName<'a> {
    /// Its position in the book.
    pub(crate) id: MetricId,
    /// Its name.
    pub(crate) name: &'a str,
}

/// What a cell formula may refer to.
pub(crate) struct CellScope<'a> {
    /// All tables of the book.
    pub(crate) tables: &'a [Table],
    /// The table that aggregates read.
    pub(crate) table: Option<TableId>,
    /// The column that places a row in time.
    pub(crate) at: Option<ColumnId>,
    /// The metrics of the book.
    pub(crate) metrics: &'a [MetricName<'a>],
    /// And-ed into every aggregate.
    pub(crate) filter: Option<&'a Row>,
}

/// Reads formulas.
pub(crate) trait FormulaReader {
    /// A formula over one row of a table, of any type.
    fn row(&self, text: &str, table: &Table) -> Result<Row, Vec<Problem>>;
    /// A formula over aggregates and metrics.
    fn cell(&self, text: &str, scope: &CellScope<'_>) -> Result<Cell, Vec<Problem>>;
}
