//! Typing of aggregates: the place where a cell formula goes over the rows of a table.

use super::{CellTyper, Typed};
use crate::lang::codes;
use crate::lang::functions::Meaning;
use crate::lang::names::Scope;
use crate::lang::problem::Problem;
use crate::lang::row::RowTyper;
use crate::lang::syntax::Node;
use crate::model::{AggFunc, Aggregate, ArithOp, Cell, CellKind, Row, RowNode, RowType};
use std::ops::Range;

impl CellTyper<'_, '_> {
    pub(super) fn aggregate<'n>(
        &mut self,
        meaning: Meaning,
        arguments: &'n [Node],
        at: &Range<usize>,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Typed> {
        let Some(table) = self.scope.table.filter(|_| self.table().is_some()) else {
            let problem =
                Problem::new(codes::NO_TABLE, at, "the aggregate has no table whose rows it could go over");
            return self.fail(problem.hint("name the table in the metric: `of: table`"));
        };
        self.session.take(self.filter_size, depth, at)?;
        let (func, value, condition) = match (meaning, arguments) {
            (Meaning::Count, []) => (AggFunc::Count, None, None),
            (Meaning::Count, [value]) => (AggFunc::Count, Some(value), None),
            (Meaning::CountIf, [condition]) => (AggFunc::Count, None, Some(condition)),
            (Meaning::Sum, [value]) => (AggFunc::Sum, Some(value), None),
            (Meaning::Average, [value]) => (AggFunc::Average, Some(value), None),
            (Meaning::Min, [value]) => (AggFunc::Min, Some(value), None),
            (Meaning::Max, [value]) => (AggFunc::Max, Some(value), None),
            (Meaning::SumIf, [value, condition]) => (AggFunc::Sum, Some(value), Some(condition)),
            (Meaning::AverageIf, [value, condition]) => (AggFunc::Average, Some(value), Some(condition)),
            (Meaning::MinIf, [value, condition]) => (AggFunc::Min, Some(value), Some(condition)),
            (Meaning::MaxIf, [value, condition]) => (AggFunc::Max, Some(value), Some(condition)),
            _ => return None,
        };
        let arg = value.map(|value| {
            let row = self.row(value, scope, depth)?;
            if func == AggFunc::Count { Some(row) } else { self.number_row(row, &value.at) }
        });
        let condition = condition.map(|condition| self.row_typer()?.condition(condition, scope, depth));
        // Both have been typed before either can end this, so that the problems of both show.
        let (arg, condition) = (transpose(arg)?, transpose(condition)?);
        let filter = match (self.scope.filter.cloned(), condition) {
            (Some(filter), Some(condition)) => {
                Some(Row { ty: RowType::Bool, node: RowNode::And(Box::new(filter), Box::new(condition)) })
            }
            (filter, condition) => filter.or(condition),
        };
        let (at, on_row_error) = (self.scope.at, self.scope.on_row_error);
        let aggregate = Aggregate { table, at, func, arg, filter, on_row_error };
        Some((value_of(aggregate), CellKind::Number))
    }

    /// Types an expression over the rows of the table.
    pub(super) fn row<'n>(&mut self, node: &'n Node, scope: &Scope<'n>, depth: usize) -> Option<Row> {
        self.row_typer()?.row(node, scope, depth)
    }

    fn row_typer(&mut self) -> Option<RowTyper<'_, '_>> {
        let (table, metrics) = (self.table()?, self.scope.metrics);
        Some(RowTyper { table, metrics, aggregated: true, session: self.session })
    }

    fn number_row(&mut self, row: Row, at: &Range<usize>) -> Option<Row> {
        let (what, hint) = match row.ty {
            RowType::Int | RowType::Decimal(_) | RowType::Float | RowType::Duration => return Some(row),
            RowType::Bool => {
                ("a truth value", "count the rows for which it is true with count_if(condition)")
            }
            RowType::Text => ("text", "count the rows that have it with count(x)"),
            RowType::BusinessDuration => {
                ("a number of business hours", "use business_hours(a, b), which is a number")
            }
            RowType::Date | RowType::Timestamp => {
                ("a date or a timestamp", "use days_between(a, b) or hours_between(a, b), which are numbers")
            }
        };
        let problem = Problem::new(codes::TYPE, at, format!("the aggregate goes over {what}"));
        self.fail(problem.expected("integers, decimals, floats or durations").hint(hint))
    }
}

/// An aggregate as a number: of durations in hours, which is exact.
pub(crate) fn value_of(aggregate: Aggregate) -> Cell {
    const HOUR_MICROS: i128 = 3_600_000_000;
    let in_hours = aggregate.func != AggFunc::Count
        && aggregate.arg.as_ref().is_some_and(|row| row.ty == RowType::Duration);
    let value = Cell::Aggregate(Box::new(aggregate));
    if !in_hours {
        return value;
    }
    let hour = Cell::Number { mantissa: HOUR_MICROS, scale: 0 };
    Cell::Arith(ArithOp::Div, Box::new(value), Box::new(hour))
}

/// `Some(None)` is a part that was refused.
#[allow(clippy::option_option)]
fn transpose<T>(part: Option<Option<T>>) -> Option<Option<T>> {
    match part {
        Some(None) => None,
        Some(part) => Some(part),
        None => Some(None),
    }
}
