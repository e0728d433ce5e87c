//! The seam between the loader, which knows where a formula stands and whose it is, and the formula
//! reader, which knows what it means. Tests of the loader put a reader of their own here.

pub(crate) use crate::lang::{CellScope, Library, MetricName, Problem};
use crate::model::{AggFunc, Cell, Quantity, Row, Table};

/// Reads formulas.
pub(crate) trait FormulaReader {
    /// A formula over one row of a table, of any type.
    fn row(&self, text: &str, table: &Table, functions: &Library) -> Result<Row, Vec<Problem>>;
    /// The condition that a value of a row lies below an edge.
    fn below(&self, value: &Row, edge: &str, table: &Table) -> Result<Row, Vec<Problem>>;
    /// A formula over aggregates and metrics.
    fn cell(&self, text: &str, scope: &CellScope<'_>) -> Result<Cell, Vec<Problem>>;
    /// The unit of an aggregate over a sound formula of one row, or of a count.
    fn aggregate_quantity(
        &self,
        func: AggFunc,
        text: Option<&str>,
        table: &Table,
        functions: &Library,
    ) -> Result<Quantity, Vec<Problem>>;
    /// The unit of a sound formula over aggregates and metrics.
    fn cell_quantity(
        &self,
        text: &str,
        scope: &CellScope<'_>,
        metrics: &[Quantity],
    ) -> Result<Quantity, Vec<Problem>>;
}

/// The formula language.
pub(crate) struct Lang;

impl FormulaReader for Lang {
    fn row(&self, text: &str, table: &Table, functions: &Library) -> Result<Row, Vec<Problem>> {
        crate::lang::row_formula(text, table, functions)
    }

    fn below(&self, value: &Row, edge: &str, table: &Table) -> Result<Row, Vec<Problem>> {
        crate::lang::row_below(value, edge, table)
    }

    fn cell(&self, text: &str, scope: &CellScope<'_>) -> Result<Cell, Vec<Problem>> {
        crate::lang::cell_formula(text, scope)
    }

    fn aggregate_quantity(
        &self,
        func: AggFunc,
        text: Option<&str>,
        table: &Table,
        functions: &Library,
    ) -> Result<Quantity, Vec<Problem>> {
        crate::lang::aggregate_quantity(func, text, table, functions)
    }

    fn cell_quantity(
        &self,
        text: &str,
        scope: &CellScope<'_>,
        metrics: &[Quantity],
    ) -> Result<Quantity, Vec<Problem>> {
        crate::lang::cell_quantity(text, scope, metrics)
    }
}
