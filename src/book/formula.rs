//! The seam between the loader, which knows where a formula stands and whose it is, and the formula
//! reader, which knows what it means. Tests of the loader put a reader of their own here.

use crate::lang;
use crate::model::{Cell, Row, Table};

pub(crate) use crate::lang::{CellScope, MetricName, Problem};

/// Reads formulas.
pub(crate) trait FormulaReader {
    /// A formula over one row of a table, of any type.
    fn row(&self, text: &str, table: &Table) -> Result<Row, Vec<Problem>>;
    /// A formula over aggregates and metrics.
    fn cell(&self, text: &str, scope: &CellScope<'_>) -> Result<Cell, Vec<Problem>>;
}

/// The formula language of [`crate::lang`].
pub(crate) struct Language;

impl FormulaReader for Language {
    fn row(&self, text: &str, table: &Table) -> Result<Row, Vec<Problem>> {
        lang::row_formula(text, table)
    }

    fn cell(&self, text: &str, scope: &CellScope<'_>) -> Result<Cell, Vec<Problem>> {
        lang::cell_formula(text, scope)
    }
}
