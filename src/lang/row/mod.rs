//! Typing of row formulas: filters, conditions and what aggregates aggregate.
//!
//! One walk over the syntax tree gives every part a type and inserts the conversions. A `let` is written
//! out at each use, so its value can be decimal in one place and float in another, as the same text would.

mod calendar;
mod call;
mod compare;
mod convert;
mod operator;
mod text;
mod typed;

use super::codes;
use super::names::{self, Binding, Scope};
use super::problem::{Problem, Replacement};
use super::session::Session;
use super::syntax::{BitOp, Kind, Let, Node};
use super::{MetricName, functions, row_size};
use crate::model::{CmpOp, ColumnId, ColumnType, Const, Row, RowNode, RowType, Table};
use std::ops::Range;
use std::rc::Rc;
use typed::{Typed, constant, row};

pub(super) use call::{MAX_DIGITS, resolve};
pub(crate) use text::values as text_values;

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
        match self.typed(node, scope, depth)? {
            Typed::Missing => self.fail(always_missing(&node.at)),
            typed => typed.settle(),
        }
    }

    /// Types the comparison of a value with an edge.
    pub(super) fn below(&mut self, value: &Row, edge: &Node) -> Option<Row> {
        let typed = self.typed(edge, &None, 0)?;
        self.compare(CmpOp::Lt, Typed::Row(value.clone()), typed, Places::one(&edge.at))
    }

    /// Types a condition.
    pub(super) fn condition<'n>(&mut self, node: &'n Node, scope: &Scope<'n>, depth: usize) -> Option<Row> {
        match self.row(node, scope, depth)? {
            row if row.ty == RowType::Bool => Some(row),
            row => self.fail(no_condition(row.ty, &node.at)),
        }
    }

    fn fail<T>(&mut self, problem: Problem) -> Option<T> {
        self.session.report(problem);
        None
    }

    /// Types an expression. It calls itself through the methods below, so its own frame, and theirs, are
    /// kept small: what needs room is done after the operands have been typed.
    fn typed<'n>(&mut self, node: &'n Node, scope: &Scope<'n>, depth: usize) -> Option<Typed> {
        self.session.take(1, depth, &node.at)?;
        let depth = depth + 1;
        match &node.kind {
            Kind::Name(name) => self.name(name, &node.at, scope, depth),
            Kind::Neg(a) => {
                let a = self.typed(a, scope, depth)?;
                self.negate(a, &node.at)
            }
            Kind::Plus(a) => {
                let a = self.typed(a, scope, depth)?;
                self.plus(a, &node.at)
            }
            Kind::Not(a) => self.condition(a, scope, depth).map(not),
            Kind::Arith(_, a, b) | Kind::Compare(_, a, b) | Kind::Coalesce(a, b) => {
                self.of_operands(node, a, b, scope, depth)
            }
            Kind::And(a, b) => self.both(a, b, RowNode::And, scope, depth),
            Kind::Or(a, b) => self.both(a, b, RowNode::Or, scope, depth),
            Kind::If(condition, a, b) => self.choice([condition, a, b], &node.at, scope, depth),
            Kind::Bits(op, a, b) => self.bits(*op, a, b, scope, depth),
            Kind::Subject(value) => self.subject(value, scope, depth),
            // Not `&&`, which a false guard would decide where it is unknown whether the pattern fits.
            Kind::Guarded(pattern, guard) => {
                let never = Box::new(constant(Const::Bool(false)));
                self.both(pattern, guard, |pattern, guard| RowNode::If(pattern, guard, never), scope, depth)
            }
            Kind::In(value, items) => self.membership(value, items, &node.at, scope, depth).map(Typed::Row),
            Kind::Call(name, arguments) => self.call(name, arguments, &node.at, scope, depth),
            Kind::Block(lets, value) => {
                let scope = self.lets(lets, scope, depth);
                self.typed(value, &scope, depth)
            }
            Kind::Apply(lets, body) => {
                let scope = self.parameters(lets, scope, depth);
                self.typed(body, &scope, depth)
            }
            literal => literal_row(literal),
        }
    }

    fn of_operands<'n>(
        &mut self,
        node: &'n Node,
        a: &'n Node,
        b: &'n Node,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Typed> {
        let places = Places { at: &node.at, left: &a.at, right: &b.at };
        let (a, b) = (self.typed(a, scope, depth), self.typed(b, scope, depth));
        match &node.kind {
            Kind::Arith(op, ..) => self.arith(*op, a?, b?, places),
            Kind::Compare(op, ..) => self.compare(*op, a?, b?, places).map(Typed::Row),
            _ => self.join(a?, b?, places, RowNode::Coalesce),
        }
    }

    fn choice<'n>(
        &mut self,
        [condition, a, b]: [&'n Node; 3],
        at: &Range<usize>,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Typed> {
        let places = Places { at, left: &a.at, right: &b.at };
        let condition = self.condition(condition, scope, depth).map(Box::new);
        let (a, b) = (self.typed(a, scope, depth), self.typed(b, scope, depth));
        let condition = condition?;
        self.join(a?, b?, places, |a, b| RowNode::If(condition, a, b))
    }

    fn both<'n>(
        &mut self,
        a: &'n Node,
        b: &'n Node,
        join: impl FnOnce(Box<Row>, Box<Row>) -> RowNode,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Typed> {
        let a = self.condition(a, scope, depth).map(Box::new);
        let b = self.condition(b, scope, depth).map(Box::new);
        Some(Typed::Row(row(RowType::Bool, join(a?, b?))))
    }

    /// `a & b`, `a | b`, `a ^ b`: no value where one of the two has none.
    fn bits<'n>(
        &mut self,
        op: BitOp,
        a: &'n Node,
        b: &'n Node,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Typed> {
        let place = &b.at;
        let a = self.condition(a, scope, depth).map(Box::new);
        let b = self.condition(b, scope, depth).map(Box::new);
        let (a, b) = (a?, b?);
        let bool = |node| row(RowType::Bool, node);
        if op == BitOp::Xor {
            return Some(Typed::Row(bool(RowNode::Compare(CmpOp::Ne, a, b))));
        }
        // Where both are alike each is the answer, elsewhere it is false for `&` and true for `|`.
        self.session.take(row_size(&b).0, depth, place)?;
        let differ = bool(RowNode::Compare(CmpOp::Ne, a, b.clone()));
        let mixed = constant(Const::Bool(op == BitOp::Or));
        Some(Typed::Row(bool(RowNode::If(Box::new(differ), Box::new(mixed), b))))
    }

    /// The value of a `switch`, which is compared with constants for equality.
    fn subject<'n>(&mut self, value: &'n Node, scope: &Scope<'n>, depth: usize) -> Option<Typed> {
        let typed = self.typed(value, scope, depth)?;
        match typed.ty() {
            Some(RowType::Float) => {
                let problem = Problem::new(codes::SWITCH, &value.at, "a `switch` on a float");
                self.fail(problem.expected("an integer, text or a truth value").hint("compare it with `if`"))
            }
            None => self.fail(always_missing(&value.at)),
            Some(_) => Some(typed),
        }
    }

    /// Binds the names of a block, typing each value once for its problems.
    fn lets<'n>(&mut self, lets: &'n [Let], scope: &Scope<'n>, depth: usize) -> Scope<'n> {
        let mut scope = scope.clone();
        for binding in lets {
            let refused = self.typed(&binding.value, &scope, depth).is_none();
            scope = Some(Rc::new(Binding { refused, ..Binding::new(binding, &scope) }));
        }
        scope
    }

    /// Binds the parameters of a function to arguments, which see what the call sees.
    fn parameters<'n>(&mut self, lets: &'n [Let], sees: &Scope<'n>, depth: usize) -> Scope<'n> {
        let mut scope = None;
        for binding in lets {
            let refused = self.typed(&binding.value, sees, depth).is_none();
            let own = Binding { sees: sees.clone(), refused, ..Binding::new(binding, &scope) };
            scope = Some(Rc::new(own));
        }
        scope
    }

    fn name(&mut self, name: &str, at: &Range<usize>, scope: &Scope<'_>, depth: usize) -> Option<Typed> {
        if let Some(binding) = names::look_up(scope, name) {
            if binding.refused {
                return None;
            }
            return self.typed(binding.value, &binding.sees, depth);
        }
        self.column(name, at, scope, depth)
    }

    fn column(&mut self, name: &str, at: &Range<usize>, scope: &Scope<'_>, depth: usize) -> Option<Typed> {
        if let Some(position) = self.table.columns.iter().position(|column| column.name == name) {
            let column = self.table.columns.get(position)?;
            if let Some(computed) = &column.computed {
                let (parts, levels) = row_size(&computed.row);
                self.session.take(parts, depth.saturating_add(levels), at)?;
                return Some(Typed::Row(computed.row.clone()));
            }
            let ty = column_type(&column.ty);
            return Some(Typed::Row(row(ty, RowNode::Column(ColumnId(position)))));
        }
        if name == "as_of" {
            return Some(Typed::Row(row(RowType::Timestamp, RowNode::AsOf)));
        }
        if name == "never" {
            return Some(Typed::Row(calendar::never()));
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
        let named = || self.table.columns.iter().filter(|column| column.has_a_name());
        let columns = || named().map(|column| column.name.as_str());
        let problem =
            Problem::new(codes::UNKNOWN_NAME, at, format!("table `{table}` has no column `{name}`"));
        if let Some((head, own)) = name.split_once('.')
            && head == table
        {
            let mut problem = problem.hint(format!(
                "write `{own}`: columns of the formula's own table stand without the table's name"
            ));
            problem.fix = columns().any(|column| column == own).then(|| Replacement::new(own));
            return problem;
        }
        match names::guess(name, columns().chain(names::bound(scope)).chain(["as_of", "never"])) {
            Some(guess) => problem.meant(guess),
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
        ColumnType::Duration => RowType::Duration,
    }
}

/// A literal; what was refused is none.
fn literal_row(kind: &Kind) -> Option<Typed> {
    Some(match kind {
        Kind::Int(value) => Typed::Literal(constant(Const::Int(*value))),
        Kind::Fraction(value) => match value.exact {
            Some((mantissa, scale)) => Typed::Literal(constant(Const::Decimal { mantissa, scale })),
            None => Typed::Row(constant(Const::Float(value.nearest))),
        },
        Kind::Bool(value) => Typed::Row(constant(Const::Bool(*value))),
        Kind::Text(value) => Typed::Row(constant(Const::Text(value.clone()))),
        Kind::Missing => Typed::Missing,
        _ => return None,
    })
}

fn not(a: Row) -> Typed {
    Typed::Row(row(RowType::Bool, RowNode::Not(Box::new(a))))
}

fn no_condition(ty: RowType, at: &Range<usize>) -> Problem {
    let message = format!("the condition is {}", typed::name(ty));
    let problem = Problem::new(codes::CONDITION, at, message).expected("true or false");
    match ty {
        RowType::Int => problem.hint("compare it, for example x != 0"),
        _ => problem.hint("compare it with something"),
    }
}

fn always_missing(at: &Range<usize>) -> Problem {
    Problem::new(codes::ALWAYS_MISSING, at, "this is always missing")
        .hint("() can be compared (x == ()), or be one branch of an `if`")
}
