//! Row formulas written by hand: the few shapes that the classes of a hand-off are made of.

use crate::model::{ArithOp, CmpOp, Const, Row, RowFn, RowNode, RowType};

pub(super) fn constant(ty: RowType, value: Const) -> Row {
    Row { ty, node: RowNode::Const(value) }
}

pub(super) fn truth(value: bool) -> Row {
    constant(RowType::Bool, Const::Bool(value))
}

fn boolean(node: RowNode) -> Row {
    Row { ty: RowType::Bool, node }
}

pub(super) fn not(a: Row) -> Row {
    boolean(RowNode::Not(Box::new(a)))
}

/// All of them; true where there are none.
pub(super) fn all(parts: impl IntoIterator<Item = Row>) -> Row {
    parts
        .into_iter()
        .reduce(|a, b| boolean(RowNode::And(Box::new(a), Box::new(b))))
        .unwrap_or_else(|| truth(true))
}

pub(super) fn either(a: Row, b: Row) -> Row {
    boolean(RowNode::Or(Box::new(a), Box::new(b)))
}

pub(super) fn compare(op: CmpOp, a: Row, b: Row) -> Row {
    boolean(RowNode::Compare(op, Box::new(a), Box::new(b)))
}

/// A condition that is false where it is missing, and has failed where it failed.
pub(super) fn surely(condition: Row) -> Row {
    boolean(RowNode::Coalesce(Box::new(condition), Box::new(truth(false))))
}

/// `later - earlier`: days of dates, a duration of timestamps.
pub(super) fn between(earlier: Row, later: Row) -> Row {
    let ty = if earlier.ty == RowType::Date { RowType::Int } else { RowType::Duration };
    Row { ty, node: RowNode::Arith(ArithOp::Sub, Box::new(later), Box::new(earlier)) }
}

/// The instant at which so much business time has passed since another.
pub(super) fn business_later(start: Row, micros: i64) -> Row {
    let amount = constant(RowType::BusinessDuration, Const::Duration(micros));
    Row { ty: RowType::Timestamp, node: RowNode::Call(RowFn::AddBusiness, vec![start, amount]) }
}

/// Business time from one instant to another.
pub(super) fn business_between(earlier: Row, later: Row) -> Row {
    Row { ty: RowType::BusinessDuration, node: RowNode::Call(RowFn::BusinessBetween, vec![earlier, later]) }
}

/// `value` where a condition is true, otherwise missing.
pub(super) fn value_if(condition: Row, value: Row) -> Row {
    let ty = value.ty;
    let missing = Row { ty, node: RowNode::Missing };
    Row { ty, node: RowNode::If(Box::new(condition), Box::new(value), Box::new(missing)) }
}
