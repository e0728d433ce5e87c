//! Typing of function calls and powers in cell formulas.

use super::{CellTyper, Typed, number};
use crate::lang::codes;
use crate::lang::functions::{self, Function, Level, Lookup, Meaning};
use crate::lang::names::Scope;
use crate::lang::problem::Problem;
use crate::lang::row::{MAX_DIGITS, resolve};
use crate::lang::syntax::{Kind, Node};
use crate::model::{ArithOp, Cell, CellFn, CellKind, CmpOp};
use std::ops::Range;

/// Up to this exponent a power is written out as a product, which is exact.
const LARGEST_EXACT_POWER: i128 = 8;

/// A whole number that is written out.
fn whole(cell: Option<&Cell>) -> Option<i128> {
    match cell? {
        Cell::Number { mantissa, scale: 0 } => Some(*mantissa),
        _ => None,
    }
}

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
                if let (Meaning::Round, [value, digits]) = (meaning, arguments) {
                    return self.round(value, digits, scope, depth);
                }
                let function = match meaning {
                    Meaning::Sign => return self.sign(arguments.first()?, at, scope, depth),
                    Meaning::Clamp => CellFn::Max,
                    Meaning::Floor => CellFn::Floor,
                    Meaning::Ceil => CellFn::Ceil,
                    Meaning::Round => CellFn::Round(0),
                    Meaning::Log10 => CellFn::Log10,
                    Meaning::Log2 => CellFn::Log2,
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
                let [first, rest @ ..] = numbers.as_slice() else { return None };
                let [_, _, ..] = numbers.as_slice() else {
                    return Some((Cell::Call(function, numbers), CellKind::Number));
                };
                if let (Meaning::Clamp, [Some(low), Some(high)]) =
                    (meaning, [1, 2].map(|n| whole(numbers.get(n))))
                    && low > high
                {
                    let problem =
                        Problem::new(codes::ARGUMENTS, at, "the lower bound lies above the upper one");
                    return self.fail(problem.expected("clamp(x, low, high)"));
                }
                // Two at a time; a clamp goes up to the lower bound, then down to the upper one.
                let mut value = first.clone();
                for (n, other) in rest.iter().enumerate() {
                    let step = if meaning == Meaning::Clamp && n == 1 { CellFn::Min } else { function };
                    value = Cell::Call(step, vec![value, other.clone()]);
                }
                Some((value, CellKind::Number))
            }
        }
    }

    /// `round(x, digits)`.
    fn round<'n>(
        &mut self,
        value: &'n Node,
        digits: &'n Node,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Typed> {
        let cell = self.number(value, scope, depth);
        let wanted = match self.number(digits, scope, depth)? {
            Cell::Number { mantissa, scale: 0 } => u8::try_from(mantissa).ok().filter(|n| *n <= MAX_DIGITS),
            _ => None,
        };
        let Some(wanted) = wanted else {
            let problem = Problem::new(codes::ARGUMENTS, &digits.at, "the number of digits is no constant");
            return self.fail(
                problem
                    .expected(format!("a whole number from 0 to {MAX_DIGITS}"))
                    .hint("round(x / 1000) * 1000 rounds to thousands"),
            );
        };
        Some((Cell::Call(CellFn::Round(wanted), vec![cell?]), CellKind::Number))
    }

    /// `if x > 0 { 1 } else if x < 0 { -1 } else { 0 }`.
    fn sign<'n>(
        &mut self,
        value: &'n Node,
        at: &Range<usize>,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Typed> {
        let before = self.session.used();
        let value = self.number(value, scope, depth)?;
        self.session.take(self.session.used() - before + 6, depth, at)?;
        let constant = |mantissa| Box::new(Cell::Number { mantissa, scale: 0 });
        let compare = |op, value| Box::new(Cell::Compare(op, Box::new(value), constant(0)));
        let below = Cell::If(compare(CmpOp::Lt, value.clone()), constant(-1), constant(0));
        let sign = Cell::If(compare(CmpOp::Gt, value), constant(1), Box::new(below));
        Some((sign, CellKind::Number))
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
