//! The unit of a formula over metrics, as far as it follows from the units of the metrics.

use crate::model::{ArithOp, Book, Cell, CellFn};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Unit {
    /// A written number: of whatever unit its neighbour has.
    Any,
    /// A count or a share.
    Plain,
    Of(String),
    /// Not to be told.
    Unclear,
}

/// The unit of a formula, `money[EUR]`; empty where it has none, or where it is not clear.
pub(super) fn of(book: &Book, cell: &Cell) -> String {
    match unit(book, cell) {
        Unit::Of(unit) => unit,
        Unit::Any | Unit::Plain | Unit::Unclear => String::new(),
    }
}

/// A unit as results show it: with its currency.
pub(super) fn written(book: &Book, unit: &str) -> String {
    match (unit, &book.currency) {
        ("money", Some(currency)) => format!("money[{currency}]"),
        _ => unit.to_owned(),
    }
}

fn unit(book: &Book, cell: &Cell) -> Unit {
    match cell {
        Cell::Number { .. } => Unit::Any,
        Cell::Metric(id) => match book.metrics.get(id.0).and_then(|metric| metric.unit.as_deref()) {
            None | Some("share") => Unit::Plain,
            Some(own) => Unit::Of(written(book, own)),
        },
        Cell::Neg(a) => unit(book, a),
        Cell::Arith(ArithOp::Mul, a, b) => match (unit(book, a), unit(book, b)) {
            (Unit::Any | Unit::Plain, other) | (other, Unit::Any | Unit::Plain) => other,
            _ => Unit::Unclear,
        },
        Cell::Arith(ArithOp::Div, a, b) => match (unit(book, a), unit(book, b)) {
            (own, Unit::Any | Unit::Plain) => own,
            (own, other) if own == other && own != Unit::Unclear => Unit::Plain,
            _ => Unit::Unclear,
        },
        Cell::Arith(_, a, b) | Cell::Coalesce(a, b) | Cell::If(_, a, b) => same(unit(book, a), unit(book, b)),
        Cell::Call(CellFn::Abs | CellFn::Min | CellFn::Max, args) => {
            args.iter().map(|arg| unit(book, arg)).reduce(same).unwrap_or(Unit::Unclear)
        }
        Cell::Call(..) | Cell::Aggregate(_) => Unit::Unclear,
        Cell::Bool(_) | Cell::Not(_) | Cell::Compare(..) | Cell::And(..) | Cell::Or(..) | Cell::IsNull(_) => {
            Unit::Plain
        }
    }
}

fn same(a: Unit, b: Unit) -> Unit {
    match (a, b) {
        (Unit::Any, other) | (other, Unit::Any) => other,
        (a, b) if a == b => a,
        _ => Unit::Unclear,
    }
}
