//! What a metric costs, before anything runs: instructions for each row and each cell, and how wide its numbers are.

use crate::Program;
use crate::model::{AggFunc, Book, Cell, CellFn, MetricId, RowType};
use std::collections::BTreeSet;

/// The static cost of a metric that is asked for alone, over everything. Programs have no jumps, so these are exact: every
/// row and every cell takes all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Instructions for a row of the table that takes most, and one for each slot that the row may enter.
    pub per_row: usize,
    /// Instructions for a cell.
    pub per_cell: usize,
    /// 64-bit words of the widest number, numerator and denominator together.
    pub words: usize,
}

/// What each metric costs, in the order of the book; `None` where no program can be made of it alone (a constant, or one
/// that reads `as_of`).
///
/// ```
/// let book = "ripplemark: 1\nbook: {id: acme}\nteams: {sales: Sales}\n\
///     tables: {deals: {columns: {won: bool}}}\n\
///     metrics: [{name: win_rate, owner: sales, expr: count_if(won) / count()}]";
/// let book = ripplemark::book::load_str(book, "acme.yaml").unwrap().book;
/// let cost = ripplemark::check::costs(&book)[0].unwrap();
/// // The column is loaded, and two slots are fed; two slots are read and divided.
/// assert_eq!((cost.per_row, cost.per_cell), (3, 3));
/// ```
#[must_use]
pub fn costs(book: &Book) -> Vec<Option<Cost>> {
    let of_bytes = |bytes: Option<Vec<u8>>| Some(of_program(&Program::from_bytes(bytes?).ok()?));
    crate::lower::each_alone(book).map(of_bytes).collect()
}

/// The cost of everything that a program asks.
fn of_program(program: &Program) -> Cost {
    let view = program.view();
    let mut per_table: Vec<usize> = (0..view.table_count()).map(|i| view.table(i).code_count).collect();
    for slot in 0..view.slot_count() {
        if let Some(count) = per_table.get_mut(view.placement_table(view.slot(slot).placement)) {
            *count += 1;
        }
    }
    let width = |register| {
        let (numerator, denominator, _) = view.cell_width(register);
        numerator + denominator
    };
    Cost {
        per_row: per_table.into_iter().max().unwrap_or_default(),
        per_cell: view.cell_count(),
        words: (0..view.cell_count()).map(width).max().unwrap_or_default(),
    }
}

/// Why a metric's number is not exact arithmetic over exact values: the functions that round, the metrics that are rounded,
/// the aggregates that go over floats. Empty where it is exact.
#[must_use]
pub fn inexact(book: &Book, metric: MetricId) -> Vec<String> {
    let mut found = BTreeSet::new();
    if let Some(metric) = book.metrics.get(metric.0) {
        look(book, &metric.value, &mut found);
    }
    found.into_iter().collect()
}

fn look(book: &Book, cell: &Cell, found: &mut BTreeSet<String>) {
    match cell {
        Cell::Metric(id) => {
            let named = book.metrics.get(id.0);
            if let Some(metric) =
                named.filter(|_| crate::lower::exactness(book, *id) != crate::lower::Exactness::Exact)
            {
                found.insert(metric.name.clone());
            }
        }
        Cell::Aggregate(aggregate) => {
            let over_floats = aggregate.arg.as_ref().is_some_and(|row| row.ty == RowType::Float);
            if over_floats && aggregate.func != AggFunc::Count {
                found.insert("floats".to_owned());
            }
        }
        Cell::Neg(a) | Cell::Not(a) | Cell::IsNull(a) => look(book, a, found),
        Cell::Arith(_, a, b)
        | Cell::Compare(_, a, b)
        | Cell::And(a, b)
        | Cell::Or(a, b)
        | Cell::Coalesce(a, b) => [a, b].into_iter().for_each(|part| look(book, part, found)),
        Cell::If(a, b, c) => [a, b, c].into_iter().for_each(|part| look(book, part, found)),
        Cell::Call(function, args) => {
            let word = match function {
                CellFn::Sqrt => "sqrt",
                CellFn::Ln => "ln",
                CellFn::Log10 => "log10",
                CellFn::Log2 => "log2",
                CellFn::Exp => "exp",
                CellFn::Pow => "pow",
                _ => "",
            };
            if !word.is_empty() {
                found.insert(word.to_owned());
            }
            args.iter().for_each(|part| look(book, part, found));
        }
        _ => {}
    }
}
