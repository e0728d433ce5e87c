//! Typing of row formulas: filters, conditions and what aggregates aggregate.
//!
//! One walk over the syntax tree gives every part a type and inserts the conversions. A `let` is written
//! out at each use, so its value can be decimal in one place and float in another, as the same text would.

mod call;
mod compare;
mod operator;
mod typed;

use super::codes;
use super::names::{self, Scope};
use super::problem::Problem;
use super::session::Session;
use super::syntax::{Kind, Let, Node};
use super::{MetricName, functions};
use crate::model::{ColumnId, ColumnType, Const, Row, RowNode, RowType, Table};
use std::ops::Range;
use typed::{Typed, constant, row};

pub(super) use call::resolve;

/// Types row expressions over one table.
pub(super) struct RowTyper<'a, 's> {
    pub(super) table: &'a Table,
    /// The metrics of the book, only to recognise them where they cannot be used.
    pub(super) metrics: &'a [MetricName<'a>],
    /// Whether this is the argument of an aggregate.
    pub(super) aggregated: bool,
    pub(super) session: &'s mut Session,
}

impl RowTyper<'_, '_> {
    /// Types an expression and fixes its type.
    pub(super) fn row<'n>(&mut self, node: &'n Node, scope: &Scope<'n>, depth: usize) -> Option<Row> {
        let typed = self.typed(node, scope, depth)?;
        if matches!(typed, Typed::Missing) {
            return self.fail(always_missing(&node.at));
        }
        typed.settle()
    }

    /// Types a condition.
    pub(super) fn condition<'n>(&mut self, node: &'n Node, scope: &Scope<'n>, depth: usize) -> Option<Row> {
        let row = self.row(node, scope, depth)?;
        if row.ty == RowType::Bool {
            return Some(row);
        }
        let message = format!("the condition is {}", typed::name(row.ty));
        let problem = Problem::new(codes::CONDITION, &node.at, message).expected("true or false");
        self.fail(match row.ty {
            RowType::Int => problem.hint("compare it, for example x != 0"),
            _ => problem.hint("compare it with something"),
        })
    }

    fn fail<T>(&mut self, problem: Problem) -> Option<T> {
        self.session.report(problem);
        None
    }

    fn typed<'n>(&mut self, node: &'n Node, scope: &Scope<'n>, depth: usize) -> Option<Typed> {
        self.session.take(1, depth, &node.at)?;
        let depth = depth + 1;
        match &node.kind {
            Kind::Int(value) => Some(Typed::Literal(constant(Const::Int(*value)))),
            Kind::Fraction(value) => Some(match value.exact {
                Some((mantissa, scale)) => Typed::Literal(constant(Const::Decimal { mantissa, scale })),
                None => Typed::Row(constant(Const::Float(value.nearest))),
            }),
            Kind::Bool(value) => Some(Typed::Row(constant(Const::Bool(*value)))),
            Kind::Text(value) => Some(Typed::Row(constant(Const::Text(value.clone())))),
            Kind::Missing => Some(Typed::Missing),
            Kind::Name(name) => self.name(name, &node.at, scope, depth),
            Kind::Neg(a) => {
                let a = self.typed(a, scope, depth)?;
                self.negate(a, &node.at)
            }
            Kind::Plus(a) => {
                let a = self.typed(a, scope, depth)?;
                self.plus(a, &node.at)
            }
            Kind::Not(a) => {
                let a = self.condition(a, scope, depth)?;
                Some(Typed::Row(row(RowType::Bool, RowNode::Not(Box::new(a)))))
            }
            Kind::Arith(op, a, b) => {
                let places = Places { at: &node.at, left: &a.at, right: &b.at };
                let (a, b) = (self.typed(a, scope, depth), self.typed(b, scope, depth));
                self.arith(*op, a?, b?, places)
            }
            Kind::Compare(op, a, b) => {
                let places = Places { at: &node.at, left: &a.at, right: &b.at };
                let (a, b) = (self.typed(a, scope, depth), self.typed(b, scope, depth));
                self.compare(*op, a?, b?, places).map(Typed::Row)
            }
            Kind::And(a, b) => self.both(a, b, RowNode::And, scope, depth),
            Kind::Or(a, b) => self.both(a, b, RowNode::Or, scope, depth),
            Kind::Coalesce(a, b) => {
                let places = Places { at: &node.at, left: &a.at, right: &b.at };
                let (a, b) = (self.typed(a, scope, depth), self.typed(b, scope, depth));
                self.join(a?, b?, places, RowNode::Coalesce)
            }
            Kind::If(condition, a, b) => {
                let places = Places { at: &node.at, left: &a.at, right: &b.at };
                let condition = self.condition(condition, scope, depth);
                let (a, b) = (self.typed(a, scope, depth), self.typed(b, scope, depth));
                let condition = Box::new(condition?);
                self.join(a?, b?, places, |a, b| RowNode::If(condition, a, b))
            }
            Kind::In(value, items) => self.membership(value, items, &node.at, scope, depth).map(Typed::Row),
            Kind::Call(name, arguments) => self.call(name, arguments, &node.at, scope, depth),
            Kind::Block(lets, value) => {
                let scope = self.lets(lets, scope, depth);
                self.typed(value, &scope, depth)
            }
            Kind::Refused => None,
        }
    }

    fn both<'n>(
        &mut self,
        a: &'n Node,
        b: &'n Node,
        join: fn(Box<Row>, Box<Row>) -> RowNode,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Typed> {
        let (a, b) = (self.condition(a, scope, depth), self.condition(b, scope, depth));
        Some(Typed::Row(row(RowType::Bool, join(Box::new(a?), Box::new(b?)))))
    }

    /// Binds the names of a block, typing each value once for its problems.
    fn lets<'n>(&mut self, lets: &'n [Let], scope: &Scope<'n>, depth: usize) -> Scope<'n> {
        let mut scope = scope.clone();
        for binding in lets {
            let refused = self.typed(&binding.value, &scope, depth).is_none();
            scope = names::bind(&binding.name, &binding.value, refused, &scope);
        }
        scope
    }

    fn name(&mut self, name: &str, at: &Range<usize>, scope: &Scope<'_>, depth: usize) -> Option<Typed> {
        if let Some(binding) = names::look_up(scope, name) {
            if binding.refused {
                return None;
            }
            return self.typed(binding.value, &binding.outer, depth);
        }
        if let Some(position) = self.table.columns.iter().position(|column| column.name == name) {
            let ty = column_type(&self.table.columns.get(position)?.ty);
            return Some(Typed::Row(row(ty, RowNode::Column(ColumnId(position)))));
        }
        if name == "as_of" {
            return Some(Typed::Row(row(RowType::Timestamp, RowNode::AsOf)));
        }
        let problem = self.unknown(name, at, scope);
        self.fail(problem)
    }

    fn unknown(&self, name: &str, at: &Range<usize>, scope: &Scope<'_>) -> Problem {
        let table = &self.table.name;
        if self.metrics.iter().any(|metric| metric.name == name) {
            let message = format!("the metric `{name}` is used inside an aggregate");
            return Problem::new(codes::NESTED_AGGREGATE, at, message)
                .expected(format!("columns of table `{table}`"))
                .hint("a metric has one value per cell, not one per row");
        }
        if let Some(function) = functions::FUNCTIONS.iter().find(|function| function.name == name) {
            return Problem::new(
                codes::UNKNOWN_NAME,
                at,
                format!("`{name}` is a function, and is not called"),
            )
            .hint(format!("write {}", function.usage));
        }
        let columns = || self.table.columns.iter().map(|column| column.name.as_str());
        let problem =
            Problem::new(codes::UNKNOWN_NAME, at, format!("table `{table}` has no column `{name}`"));
        match names::closest(name, columns().chain(names::bound(scope)).chain(["as_of"])) {
            Some(close) => problem.hint(format!("did you mean `{close}`?")),
            None => problem.expected(format!("one of {}", names::few(columns()))),
        }
    }
}

/// Where an operator or function and its two operands are, for messages.
#[derive(Clone, Copy)]
struct Places<'p> {
    at: &'p Range<usize>,
    left: &'p Range<usize>,
    right: &'p Range<usize>,
}

impl<'p> Places<'p> {
    /// Everything at one place.
    fn one(at: &'p Range<usize>) -> Self {
        Self { at, left: at, right: at }
    }
}

/// The type that values of a column have in formulas.
fn column_type(ty: &ColumnType) -> RowType {
    match ty {
        ColumnType::Int => RowType::Int,
        ColumnType::Decimal(scale) => RowType::Decimal(*scale),
        ColumnType::Float => RowType::Float,
        ColumnType::Bool => RowType::Bool,
        ColumnType::Category(_) | ColumnType::Id => RowType::Text,
        ColumnType::Date => RowType::Date,
        ColumnType::Timestamp => RowType::Timestamp,
    }
}

fn always_missing(at: &Range<usize>) -> Problem {
    Problem::new(codes::ALWAYS_MISSING, at, "this is always missing")
        .hint("() can be compared (x == ()), or be one branch of an `if`")
}
