//! The unit of a formula over metrics, as far as it follows from the units of the metrics.

use crate::model::{ArithOp, Book, Cell, CellFn, Quantity, Unit};

/// The unit of what is lost: of a formula, by the row. `None` where it has none, or where it is not clear.
pub(super) fn of(book: &Book, cell: &Cell) -> Option<Unit> {
    match quantity(book, cell) {
        // By the row means by what is counted in it: so many rows are then worth money, not money by something.
        Quantity::Is(unit) => Some(unit.by_nothing()).filter(Unit::is_worth_showing),
        _ => None,
    }
}

fn quantity(book: &Book, cell: &Cell) -> Quantity {
    let joined = |a: Quantity, b: Quantity| a.joined(b).unwrap_or_default();
    match cell {
        Cell::Number { .. } => Quantity::Written,
        Cell::Metric(id) => match book.metrics.get(id.0) {
            Some(metric) => Quantity::Is(metric.unit.clone().unwrap_or_default()),
            None => Quantity::Unknown,
        },
        Cell::Neg(a) => quantity(book, a),
        Cell::Arith(op @ (ArithOp::Mul | ArithOp::Div), a, b) => {
            quantity(book, a).multiplied(quantity(book, b), if *op == ArithOp::Mul { 1 } else { -1 })
        }
        Cell::Arith(_, a, b) | Cell::Coalesce(a, b) | Cell::If(_, a, b) => {
            joined(quantity(book, a), quantity(book, b))
        }
        Cell::Call(
            CellFn::Abs | CellFn::Min | CellFn::Max | CellFn::Round(_) | CellFn::Floor | CellFn::Ceil,
            args,
        ) => args.iter().map(|arg| quantity(book, arg)).reduce(joined).unwrap_or_default(),
        _ => Quantity::Unknown,
    }
}
