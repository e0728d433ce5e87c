//! Typing of cell formulas: what a metric is, over aggregates and other metrics.
//!
//! Every number is an exact rational, so there is one kind of number and no conversion. Literals are the
//! decimals that were written.

mod aggregate;
pub(crate) use aggregate::value_of;

mod call;

use super::codes;
use super::functions::FUNCTIONS;
use super::literal::Fraction;
use super::names::{self, Binding, Scope};
use super::problem::Problem;
use super::session::Session;
use super::syntax::{BitOp, Kind, Let, Node};
use super::{CellScope, row_size};
use crate::model::{ArithOp, Cell, CellKind, CmpOp, Table};
use std::ops::Range;
use std::rc::Rc;

/// A typed cell expression.
type Typed = (Cell, CellKind);

/// Types cell expressions.
pub(super) struct CellTyper<'a, 's> {
    scope: &'s CellScope<'a>,
    session: &'s mut Session,
    /// Parts of the filter that every aggregate carries a copy of.
    filter_size: usize,
}

impl<'a, 's> CellTyper<'a, 's> {
    pub(super) fn new(scope: &'s CellScope<'a>, session: &'s mut Session) -> Self {
        Self { scope, session, filter_size: scope.filter.map_or(0, |filter| row_size(filter).0) }
    }

    /// Types a whole formula, which has to be a number.
    pub(super) fn metric(&mut self, node: &Node) -> Option<Cell> {
        match self.typed(node, &None, 0)? {
            (cell, CellKind::Number) => Some(cell),
            (_, CellKind::Bool) => {
                let problem = Problem::new(codes::NOT_A_NUMBER, &node.at, "the formula is true or false");
                self.fail(
                    problem
                        .expected("a number")
                        .hint("write if condition { 1 } else { 0 }, or count_if(condition)"),
                )
            }
        }
    }

    fn fail<T>(&mut self, problem: Problem) -> Option<T> {
        self.session.report(problem);
        None
    }

    fn table(&self) -> Option<&'a Table> {
        self.scope.tables.get(self.scope.table?.0)
    }

    /// Types an expression. As in rows, its frame is kept small because it calls itself.
    fn typed<'n>(&mut self, node: &'n Node, scope: &Scope<'n>, depth: usize) -> Option<Typed> {
        self.session.take(1, depth, &node.at)?;
        let depth = depth + 1;
        match &node.kind {
            Kind::Name(name) => self.name(name, &node.at, scope, depth),
            Kind::Neg(a) => {
                let a = self.number(a, scope, depth)?;
                Some((Cell::Neg(Box::new(a)), CellKind::Number))
            }
            Kind::Plus(a) => Some((self.number(a, scope, depth)?, CellKind::Number)),
            Kind::Not(a) => {
                let a = self.condition(a, scope, depth)?;
                Some((Cell::Not(Box::new(a)), CellKind::Bool))
            }
            Kind::Arith(ArithOp::Pow, a, b) => self.power(a, b, &node.at, scope, depth),
            Kind::Arith(op, a, b) => self.arith(*op, [a, b], &node.at, scope, depth),
            Kind::Compare(op, a, b) => self.compare(*op, a, b, &node.at, scope, depth),
            Kind::And(a, b) => self.both(a, b, Cell::And, scope, depth),
            Kind::Or(a, b) => self.both(a, b, Cell::Or, scope, depth),
            Kind::Coalesce(a, b) => {
                let (a, b) = (self.typed(a, scope, depth), self.typed(b, scope, depth));
                self.join(a?, b?, &node.at, Cell::Coalesce)
            }
            Kind::If(condition, a, b) => self.choice([condition, a, b], &node.at, scope, depth),
            Kind::Call(name, arguments) => self.call(name, arguments, &node.at, scope, depth),
            Kind::Block(lets, value) => {
                let scope = self.lets(lets, scope, depth);
                self.typed(value, &scope, depth)
            }
            Kind::Apply(lets, body) => {
                let scope = self.parameters(lets, scope, depth);
                self.typed(body, &scope, depth)
            }
            Kind::Bits(op, a, b) => self.bits(*op, a, b, scope, depth),
            Kind::Subject(value) => self.typed(value, scope, depth),
            Kind::Guarded(pattern, guard) => {
                let never = Box::new(Cell::Bool(false));
                self.both(pattern, guard, |pattern, guard| Cell::If(pattern, guard, never), scope, depth)
            }
            Kind::In(value, items) => self.membership(value, items, &node.at, scope, depth),
            _ => self.literal(node),
        }
    }

    /// A literal, or why there is none of its kind between metrics.
    fn literal(&mut self, node: &Node) -> Option<Typed> {
        let level = |message: &str| Problem::new(codes::LEVEL, &node.at, message);
        let problem = match &node.kind {
            Kind::Int(value) => return number(i128::from(*value), 0),
            Kind::Fraction(Fraction { exact: Some((mantissa, scale)), .. }) => {
                return number(*mantissa, *scale);
            }
            Kind::Bool(value) => return Some((Cell::Bool(*value), CellKind::Bool)),
            Kind::Fraction(_) => {
                let message = "the number has more digits than an exact decimal can hold";
                Problem::new(codes::NUMBER, &node.at, message)
                    .expected("at most 37 digits after the point and 38 in all")
            }
            Kind::Text(_) => level("text outside an aggregate")
                .hint("compare a column with it inside: count_if(column == \"..\")"),
            Kind::Missing => Problem::new(codes::ALWAYS_MISSING, &node.at, "this is always missing")
                .hint("a metric can be compared with (): x == ()"),
            _ => return None,
        };
        self.fail(problem)
    }

    fn arith<'n>(
        &mut self,
        op: ArithOp,
        [a, b]: [&'n Node; 2],
        at: &Range<usize>,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Typed> {
        let (a, b) = (self.number(a, scope, depth), self.number(b, scope, depth));
        if op == ArithOp::Rem {
            let problem = Problem::new(codes::LEVEL, at, "`%` exists only for the values of a row");
            return self.fail(problem.hint("use it inside an aggregate"));
        }
        Some((Cell::Arith(op, Box::new(a?), Box::new(b?)), CellKind::Number))
    }

    fn choice<'n>(
        &mut self,
        [condition, a, b]: [&'n Node; 3],
        at: &Range<usize>,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Typed> {
        let condition = self.condition(condition, scope, depth).map(Box::new);
        let (a, b) = (self.typed(a, scope, depth), self.typed(b, scope, depth));
        let condition = condition?;
        self.join(a?, b?, at, |a, b| Cell::If(condition, a, b))
    }

    fn number<'n>(&mut self, node: &'n Node, scope: &Scope<'n>, depth: usize) -> Option<Cell> {
        match self.typed(node, scope, depth)? {
            (cell, CellKind::Number) => Some(cell),
            (_, CellKind::Bool) => {
                let problem =
                    Problem::new(codes::TYPE, &node.at, "this is a truth value").expected("a number");
                self.fail(problem.hint("write if condition { 1 } else { 0 }"))
            }
        }
    }

    fn condition<'n>(&mut self, node: &'n Node, scope: &Scope<'n>, depth: usize) -> Option<Cell> {
        match self.typed(node, scope, depth)? {
            (cell, CellKind::Bool) => Some(cell),
            (_, CellKind::Number) => {
                let problem = Problem::new(codes::CONDITION, &node.at, "the condition is a number");
                self.fail(problem.expected("true or false").hint("compare it, for example x != 0"))
            }
        }
    }

    fn both<'n>(
        &mut self,
        a: &'n Node,
        b: &'n Node,
        join: impl FnOnce(Box<Cell>, Box<Cell>) -> Cell,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Typed> {
        let (a, b) = (self.condition(a, scope, depth), self.condition(b, scope, depth));
        Some((join(Box::new(a?), Box::new(b?)), CellKind::Bool))
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
        let before = self.session.used();
        let place = &b.at;
        let (a, b) = (self.condition(a, scope, depth), self.condition(b, scope, depth));
        let size = self.session.used() - before;
        let (a, b) = (Box::new(a?), Box::new(b?));
        self.session.take(size, depth, place)?;
        // Decides nothing, but is missing where b is.
        let known =
            |value| Box::new(Cell::If(b.clone(), Box::new(Cell::Bool(value)), Box::new(Cell::Bool(value))));
        let cell = match op {
            BitOp::And => Cell::If(a, b.clone(), known(false)),
            BitOp::Or => Cell::If(a, known(true), b.clone()),
            BitOp::Xor => Cell::If(a, Box::new(Cell::Not(b.clone())), b.clone()),
        };
        Some((cell, CellKind::Bool))
    }

    /// `x in [1, 2]` of numbers.
    fn membership<'n>(
        &mut self,
        value: &'n Node,
        items: &'n [Node],
        at: &Range<usize>,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Typed> {
        let before = self.session.used();
        let value = self.number(value, scope, depth);
        let size = self.session.used() - before;
        let mut found: Option<Cell> = None;
        let mut sound = true;
        for item in items {
            let is_constant = matches!(item.kind, Kind::Int(_) | Kind::Fraction(_))
                || matches!(&item.kind, Kind::Neg(a) if matches!(a.kind, Kind::Int(_) | Kind::Fraction(_)));
            if !is_constant {
                let problem =
                    Problem::new(codes::LIST, &item.at, "a list between metrics holds numbers only");
                self.session.report(problem.hint("text and columns belong inside: count_if(x in [..])"));
                sound = false;
                continue;
            }
            let item = self.number(item, scope, depth);
            self.session.take(size, depth, at)?;
            let (Some(value), Some(item)) = (&value, item) else { continue };
            let equal = Cell::Compare(CmpOp::Eq, Box::new(value.clone()), Box::new(item));
            found = Some(match found {
                Some(before) => Cell::Or(Box::new(before), Box::new(equal)),
                None => equal,
            });
        }
        if items.is_empty() {
            let problem = Problem::new(codes::LIST, at, "the list behind `in` is empty");
            return self.fail(problem.hint("x in [1, 2, 3]"));
        }
        value?;
        found.filter(|_| sound).map(|found| (found, CellKind::Bool))
    }

    fn join(
        &mut self,
        (a, left): Typed,
        (b, right): Typed,
        at: &Range<usize>,
        build: impl FnOnce(Box<Cell>, Box<Cell>) -> Cell,
    ) -> Option<Typed> {
        if left == right {
            return Some((build(Box::new(a), Box::new(b)), left));
        }
        let message = "one side is a number, the other a truth value";
        self.fail(Problem::new(codes::TYPE, at, message).expected("two numbers or two truth values"))
    }

    fn compare<'n>(
        &mut self,
        op: CmpOp,
        a: &'n Node,
        b: &'n Node,
        at: &Range<usize>,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Typed> {
        let value = match (&a.kind, &b.kind) {
            (Kind::Missing, _) => Some(b),
            (_, Kind::Missing) => Some(a),
            _ => None,
        };
        if let (Some(value), CmpOp::Eq | CmpOp::Ne) = (value, op) {
            let is_null = Cell::IsNull(Box::new(self.typed(value, scope, depth)?.0));
            let cell = if op == CmpOp::Eq { is_null } else { Cell::Not(Box::new(is_null)) };
            return Some((cell, CellKind::Bool));
        }
        let (a, b) = (self.typed(a, scope, depth), self.typed(b, scope, depth));
        match (a?, b?) {
            ((a, CellKind::Number), (b, CellKind::Number)) => {
                Some((Cell::Compare(op, Box::new(a), Box::new(b)), CellKind::Bool))
            }
            _ => {
                let problem =
                    Problem::new(codes::TYPE, at, "a truth value is compared").expected("two numbers");
                self.fail(problem.hint("join conditions by && and ||; a < b < c is written a < b && b < c"))
            }
        }
    }

    /// Binds the names of a block. A value is typed once for its problems, as what it can be: of columns
    /// for use inside aggregates, otherwise between them.
    fn lets<'n>(&mut self, lets: &'n [Let], scope: &Scope<'n>, depth: usize) -> Scope<'n> {
        let mut scope = scope.clone();
        for binding in lets {
            let bound = self.binding(binding, &scope, &scope, depth);
            scope = Some(Rc::new(bound));
        }
        scope
    }

    /// Binds the parameters of a function to arguments, which see what the call sees.
    fn parameters<'n>(&mut self, lets: &'n [Let], sees: &Scope<'n>, depth: usize) -> Scope<'n> {
        let mut scope = None;
        for binding in lets {
            let bound = self.binding(binding, &scope, sees, depth);
            scope = Some(Rc::new(bound));
        }
        scope
    }

    fn binding<'n>(
        &mut self,
        binding: &'n Let,
        outer: &Scope<'n>,
        sees: &Scope<'n>,
        depth: usize,
    ) -> Binding<'n> {
        let of_rows = self.is_of_rows(&binding.value, sees);
        let refused = if of_rows {
            let before = self.session.count();
            let _ = self.row(&binding.value, sees, depth);
            self.session.count() > before
        } else {
            self.typed(&binding.value, sees, depth).is_none()
        };
        Binding { refused, of_rows, sees: sees.clone(), ..Binding::new(binding, outer) }
    }

    /// Whether an expression reads a column outside every aggregate, or has another part that exists for
    /// rows only.
    fn is_of_rows<'n>(&self, node: &'n Node, scope: &Scope<'n>) -> bool {
        let of = |node: &'n Node| self.is_of_rows(node, scope);
        match &node.kind {
            Kind::Name(name) => match names::look_up(scope, name) {
                Some(binding) => binding.of_rows,
                None => {
                    !self.scope.metrics.iter().any(|metric| metric.name == name)
                        && (matches!(name.as_str(), "as_of" | "never")
                            || self
                                .table()
                                .is_some_and(|table| table.columns.iter().any(|c| &c.name == name)))
                }
            },
            Kind::Text(_) => true,
            Kind::In(value, items) => of(value) || items.iter().any(of),
            Kind::Neg(a) | Kind::Plus(a) | Kind::Not(a) | Kind::Subject(a) => of(a),
            Kind::Arith(_, a, b)
            | Kind::Compare(_, a, b)
            | Kind::Bits(_, a, b)
            | Kind::Guarded(a, b)
            | Kind::And(a, b)
            | Kind::Or(a, b)
            | Kind::Coalesce(a, b) => of(a) || of(b),
            Kind::If(a, b, c) => of(a) || of(b) || of(c),
            Kind::Call(name, arguments) => {
                call::is_of_rows(name, arguments.len()) || {
                    !call::is_aggregate(name, arguments.len()) && arguments.iter().any(of)
                }
            }
            Kind::Block(lets, value) => {
                let mut scope = scope.clone();
                for binding in lets {
                    let of_rows = self.is_of_rows(&binding.value, &scope);
                    scope = Some(Rc::new(Binding { of_rows, ..Binding::new(binding, &scope) }));
                }
                self.is_of_rows(value, &scope)
            }
            Kind::Apply(lets, body) => {
                let mut inner = None;
                for binding in lets {
                    let of_rows = self.is_of_rows(&binding.value, scope);
                    let own = Binding { of_rows, sees: scope.clone(), ..Binding::new(binding, &inner) };
                    inner = Some(Rc::new(own));
                }
                self.is_of_rows(body, &inner)
            }
            Kind::Int(_) | Kind::Fraction(_) | Kind::Bool(_) | Kind::Missing | Kind::Refused => false,
        }
    }

    fn name<'n>(&mut self, name: &str, at: &Range<usize>, scope: &Scope<'n>, depth: usize) -> Option<Typed> {
        if let Some(binding) = names::look_up(scope, name) {
            if binding.refused {
                return None;
            }
            return self.typed(binding.value, &binding.sees, depth);
        }
        if let Some(metric) = self.scope.metrics.iter().find(|metric| metric.name == name) {
            return Some((Cell::Metric(metric.id), CellKind::Number));
        }
        let problem = self.unknown(name, at, scope);
        self.fail(problem)
    }

    fn unknown(&self, name: &str, at: &Range<usize>, scope: &Scope<'_>) -> Problem {
        let has_column = |table: &&Table| table.columns.iter().any(|column| column.name == name);
        let bare = |table: &Table| {
            let message = format!("the column `{name}` of table `{}` outside an aggregate", table.name);
            Problem::new(codes::BARE_COLUMN, at, message)
        };
        if let Some(table) = self.table().filter(has_column) {
            return bare(table).hint(format!("say what is done with its rows, for example sum({name})"));
        }
        if matches!(name, "as_of" | "never") {
            return Problem::new(codes::LEVEL, at, format!("`{name}` outside an aggregate"))
                .hint("compare a timestamp with it inside: count_if(t < as_of)");
        }
        if let Some(table) = self.scope.tables.iter().find(has_column) {
            let hint = format!("write `of: {}` and, for example, sum({name})", table.name);
            return bare(table).hint(hint);
        }
        if let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) {
            return Problem::new(
                codes::UNKNOWN_NAME,
                at,
                format!("`{name}` is a function, and is not called"),
            )
            .hint(format!("write {}", function.usage));
        }
        let metrics = || self.scope.metrics.iter().map(|metric| metric.name);
        let columns =
            self.table().into_iter().flat_map(|table| table.columns.iter().map(|c| c.name.as_str()));
        let problem = Problem::new(codes::UNKNOWN_NAME, at, format!("there is no metric `{name}`"));
        match names::guess(name, metrics().chain(names::bound(scope)).chain(columns)) {
            Some(guess) => problem.meant(guess),
            None if self.scope.metrics.is_empty() => problem,
            None => problem.expected(format!("one of {}", names::few(metrics()))),
        }
    }
}

fn number(mantissa: i128, scale: u8) -> Option<Typed> {
    Some((Cell::Number { mantissa, scale }, CellKind::Number))
}
