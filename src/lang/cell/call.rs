//! Typing of function calls and powers in cell formulas.

use super::{CellTyper, Typed, number};
use crate::lang::codes;
use crate::lang::functions::{self, Function, Level, Lookup, Meaning};
use crate::lang::names::Scope;
use crate::lang::problem::Problem;
use crate::lang::row::resolve;
use crate::lang::syntax::{Kind, Node};
use crate::model::{ArithOp, Cell, CellFn, CellKind};
use std::ops::Range;

/// Up to this exponent a power is written out as a product, which is exact.
const LARGEST_EXACT_POWER: i128 = 8;

fn level(name: &str, arguments: usize) -> Option<Level> {
    match functions::find(name, arguments) {
        Lookup::Found(function) => Some(function.level),
        _ => None,
    }
}

pub(super) fn is_aggregate(name: &str, arguments: usize) -> bool {
    level(name, arguments) == Some(Level::Aggregate)
}

pub(super) fn is_of_rows(name: &str, arguments: usize) -> bool {
    level(name, arguments) == Some(Level::Row)
}

impl CellTyper<'_, '_> {
    pub(super) fn call<'n>(
        &mut self,
        name: &str,
        arguments: &'n [Node],
        at: &Range<usize>,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Typed> {
        let Function { meaning, level, .. } = *resolve(name, arguments.len(), at, self.session)?;
        match level {
            Level::Aggregate => return self.aggregate(meaning, arguments, at, scope, depth),
            Level::Row => {
                let message = format!("`{name}` exists only for the values of a row");
                let problem = Problem::new(codes::LEVEL, at, message);
                return self
                    .fail(problem.hint(format!("use it inside an aggregate, for example sum({name}(..))")));
            }
            Level::Both => {}
        }
        match (meaning, arguments) {
            (Meaning::IsNull, [a]) => {
                let a = self.typed(a, scope, depth)?.0;
                Some((Cell::IsNull(Box::new(a)), CellKind::Bool))
            }
            (Meaning::Pow, [a, b]) => self.power(a, b, at, scope, depth),
            (_, arguments) => {
                let function = match meaning {
                    Meaning::Abs => CellFn::Abs,
                    Meaning::Min => CellFn::Min,
                    Meaning::Max => CellFn::Max,
                    Meaning::Sqrt => CellFn::Sqrt,
                    Meaning::Ln => CellFn::Ln,
                    Meaning::Exp => CellFn::Exp,
                    _ => return None,
                };
                let numbers: Vec<_> = arguments.iter().map(|a| self.number(a, scope, depth)).collect();
                let numbers = numbers.into_iter().collect::<Option<Vec<_>>>()?;
                Some((Cell::Call(function, numbers), CellKind::Number))
            }
        }
    }

    /// `a ** b` and `pow(a, b)`: exact for small whole exponents, rounded otherwise.
    pub(super) fn power<'n>(
        &mut self,
        base: &'n Node,
        exponent: &'n Node,
        at: &Range<usize>,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Typed> {
        let before = self.session.used();
        let value = self.number(base, scope, depth);
        let size = self.session.used() - before;
        let exponent_value = self.number(exponent, scope, depth);
        let (value, exponent_value) = (value?, exponent_value?);
        let is_literal = matches!(exponent.kind, Kind::Int(_) | Kind::Fraction(_));
        let times = match exponent_value {
            Cell::Number { mantissa, scale: 0 }
                if is_literal && (0..=LARGEST_EXACT_POWER).contains(&mantissa) =>
            {
                mantissa
            }
            other => return Some((Cell::Call(CellFn::Pow, vec![value, other]), CellKind::Number)),
        };
        let multiply = |a: Cell, b: Cell| Cell::Arith(ArithOp::Mul, Box::new(a), Box::new(b));
        if times == 0 {
            // Missing ** 0 is missing like every other formula over a missing operand, so the base stays in.
            let (zero, one) = (number(0, 0)?.0, number(1, 0)?.0);
            let cell = Cell::Arith(ArithOp::Add, Box::new(multiply(value, zero)), Box::new(one));
            return Some((cell, CellKind::Number));
        }
        let mut product = value.clone();
        for _ in 1..times {
            self.session.take(size.saturating_add(1), depth, at)?;
            product = multiply(product, value.clone());
        }
        Some((product, CellKind::Number))
    }
}
