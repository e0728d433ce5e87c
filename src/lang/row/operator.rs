//! Typing of arithmetic, of the branches of `if`, and of `??`.

use super::typed::{self, Clash, Pair, Typed, float_of_int, float_of_literal, row};
use super::{Places, RowTyper, always_missing};
use crate::lang::codes;
use crate::lang::literal::MAX_SCALE;
use crate::lang::problem::Problem;
use crate::model::{ArithOp, Row, RowFn, RowNode, RowType};
use std::ops::Range;

impl RowTyper<'_, '_> {
    pub(super) fn negate(&mut self, a: Typed, at: &Range<usize>) -> Option<Typed> {
        let name = a.name();
        let negated = |value: Row| row(value.ty, RowNode::Neg(Box::new(value)));
        match (a.ty(), a) {
            (Some(RowType::Int | RowType::Decimal(_) | RowType::Float | RowType::Duration), a) => match a {
                Typed::Literal(value) => Some(Typed::Literal(negated(value))),
                Typed::Row(value) => Some(Typed::Row(negated(value))),
                Typed::Missing => None,
            },
            (None, _) => self.fail(always_missing(at)),
            (Some(ty), _) => {
                let problem = Problem::new(codes::TYPE, at, format!("{name} has no negative"));
                self.fail(match ty {
                    RowType::Bool => problem.hint("write ! for `not`"),
                    _ => problem.expected("a number"),
                })
            }
        }
    }

    pub(super) fn plus(&mut self, a: Typed, at: &Range<usize>) -> Option<Typed> {
        match a.ty() {
            Some(RowType::Int | RowType::Decimal(_) | RowType::Float | RowType::Duration) => Some(a),
            None => self.fail(always_missing(at)),
            Some(ty) => {
                let message = format!("{} takes no sign", typed::name(ty));
                self.fail(Problem::new(codes::TYPE, at, message).expected("a number"))
            }
        }
    }

    pub(super) fn arith(&mut self, op: ArithOp, a: Typed, b: Typed, places: Places<'_>) -> Option<Typed> {
        let at = places.at;
        let (Some(left), Some(right)) = (a.ty(), b.ty()) else {
            return self.fail(always_missing(at));
        };
        if is_temporal(left) || is_temporal(right) {
            return self.temporal(op, a, b, places).map(Typed::Row);
        }
        let names = (a.name(), b.name());
        let align = matches!(op, ArithOp::Add | ArithOp::Sub | ArithOp::Rem);
        match typed::numbers(a, b, align) {
            Ok(pair) => self.of_numbers(op, pair, at),
            Err(Clash::DecimalFloat) => self.fail(decimal_float(at)),
            Err(Clash::NotNumbers) => {
                let message = format!("`{}` between {} and {}", symbol(op), names.0, names.1);
                let problem = Problem::new(codes::TYPE, at, message).expected("two numbers");
                self.fail(match (left, right) {
                    (RowType::Text, _) | (_, RowType::Text) => problem.hint("a formula cannot build text"),
                    (RowType::Bool, _) | (_, RowType::Bool) => {
                        problem.hint("count with count_if(condition), or write if condition { 1 } else { 0 }")
                    }
                    _ => problem,
                })
            }
        }
    }

    fn of_numbers(&mut self, op: ArithOp, pair: Pair, at: &Range<usize>) -> Option<Typed> {
        let Pair { left, right, literal } = pair;
        let scales = (typed::scale_of(&left), typed::scale_of(&right));
        let is_decimal = matches!(left.ty, RowType::Decimal(_));
        let build = |ty, left, right| row(ty, RowNode::Arith(op, Box::new(left), Box::new(right)));
        match op {
            ArithOp::Div if is_decimal && literal => {
                Some(Typed::Row(build(RowType::Float, float_of_literal(left), float_of_literal(right))))
            }
            ArithOp::Div => Some(Typed::Row(build(RowType::Float, left, right))),
            ArithOp::Mul if is_decimal => {
                let scale = scales.0.saturating_add(scales.1);
                if scale <= MAX_SCALE {
                    return Some(Typed::new(build(RowType::Decimal(scale), left, right), literal));
                }
                if literal {
                    let (left, right) = (float_of_literal(left), float_of_literal(right));
                    return Some(Typed::Row(build(RowType::Float, left, right)));
                }
                let message = format!("the product would have {scale} digits after the point");
                let problem = Problem::new(codes::SCALE, at, message);
                self.fail(
                    problem
                        .expected(format!("at most {MAX_SCALE}"))
                        .hint("convert a factor with to_float(..)"),
                )
            }
            ArithOp::Rem | ArithOp::Pow if is_decimal && literal => {
                Some(Typed::Row(build(RowType::Float, float_of_literal(left), float_of_literal(right))))
            }
            ArithOp::Pow if is_decimal => {
                let problem = Problem::new(codes::TYPE, at, "`**` of a decimal");
                self.fail(problem.expected("integers or floats").hint("write x * x, or to_float(x) ** y"))
            }
            _ => {
                let ty = left.ty;
                Some(Typed::new(build(ty, left, right), literal))
            }
        }
    }

    fn temporal(&mut self, op: ArithOp, a: Typed, b: Typed, places: Places<'_>) -> Option<Row> {
        let at = places.at;
        let names = (a.name(), b.name());
        let (Some(mut a), Some(mut b)) = (a.settle(), b.settle()) else {
            return None;
        };
        if op == ArithOp::Sub {
            (a, b) = self.calendar_pair(a, b, places)?;
        }
        use ArithOp::{Add, Div, Mul, Sub};
        use RowType::{BusinessDuration, Date, Duration, Int, Timestamp};
        let business = |t: Row, d: Row| {
            let d = if op == Sub { row(BusinessDuration, RowNode::Neg(Box::new(d))) } else { d };
            Some(row(Timestamp, RowNode::Call(RowFn::AddBusiness, vec![t, d])))
        };
        match (op, a.ty, b.ty) {
            (Add | Sub, Timestamp, BusinessDuration) => return business(a, b),
            (Add, BusinessDuration, Timestamp) => return business(b, a),
            _ => {}
        }
        let (ty, a, b) = match (op, a.ty, b.ty) {
            (Add | Sub, Timestamp, Duration) => (Timestamp, a, b),
            (Add, Duration, Timestamp) => (Timestamp, b, a),
            (Sub, Timestamp, Timestamp) => (Duration, a, b),
            (Add | Sub, Duration, Duration) | (Mul, Duration, Int) => (Duration, a, b),
            (Mul, Int, Duration) => (Duration, b, a),
            (Div, Duration, Duration) => (RowType::Float, a, b),
            (Sub, Date, Date) => (Int, a, b),
            (Add | Sub, Date, Int) => (Date, a, b),
            (Add, Int, Date) => (Date, b, a),
            (_, left, right) => {
                let message = format!("`{}` between {} and {}", symbol(op), names.0, names.1);
                let problem = Problem::new(codes::TYPE, at, message);
                return self.fail(match (left, right) {
                    (Timestamp, Int) | (Int, Timestamp) => problem.hint("write t + hours(n)"),
                    (Date, Int) | (Int, Date) => problem.hint("days are added: d + n"),
                    (BusinessDuration, Date) | (Date, BusinessDuration) => {
                        problem.hint("a date has no hours; business hours are added to a timestamp")
                    }
                    (BusinessDuration, _) | (_, BusinessDuration) => {
                        problem.hint("bh(n) is added to a timestamp: t + bh(72)")
                    }
                    (Date, Duration) | (Duration, Date) => problem.hint("days are added as a number: d + n"),
                    (Date, Timestamp) | (Timestamp, Date) => problem.hint("use two dates or two timestamps"),
                    (Duration, _) | (_, Duration) => {
                        problem.hint("a duration over a duration is a number: d / hours(1)")
                    }
                    _ => problem,
                });
            }
        };
        Some(row(ty, RowNode::Arith(op, Box::new(a), Box::new(b))))
    }

    /// Gives two values one type and joins them: the branches of an `if`, the sides of `??`.
    pub(super) fn join(
        &mut self,
        a: Typed,
        b: Typed,
        places: Places<'_>,
        build: impl FnOnce(Box<Row>, Box<Row>) -> RowNode,
    ) -> Option<Typed> {
        let missing = |ty| row(ty, RowNode::Missing);
        let (a, b) = match (a, b) {
            (Typed::Missing, Typed::Missing) => return Some(Typed::Missing),
            // A literal beside () keeps its freedom: () is missing in every type.
            (Typed::Missing, Typed::Literal(b)) => (Typed::Literal(missing(b.ty)), Typed::Literal(b)),
            (Typed::Literal(a), Typed::Missing) => (Typed::Literal(a.clone()), Typed::Literal(missing(a.ty))),
            (Typed::Missing, Typed::Row(b)) => (Typed::Row(missing(b.ty)), Typed::Row(b)),
            (Typed::Row(a), Typed::Missing) => (Typed::Row(a.clone()), Typed::Row(missing(a.ty))),
            both => both,
        };
        let Pair { left, right, literal } = self.same_type(a, b, places)?;
        Some(Typed::new(row(left.ty, build(Box::new(left), Box::new(right))), literal))
    }

    /// Brings two values to one type, or says why they have none.
    pub(super) fn same_type(&mut self, a: Typed, b: Typed, places: Places<'_>) -> Option<Pair> {
        let at = places.at;
        let names = (a.name(), b.name());
        match typed::numbers(a.clone(), b.clone(), true) {
            Ok(pair) => return Some(pair),
            Err(Clash::DecimalFloat) => return self.fail(decimal_float(at)),
            Err(Clash::NotNumbers) => {}
        }
        let (Some(a), Some(b)) = (a.settle(), b.settle()) else {
            return self.fail(always_missing(at));
        };
        let (left, right) = self.calendar_pair(a, b, places)?;
        if left.ty == right.ty {
            return Some(Pair { left, right, literal: false });
        }
        let problem =
            Problem::new(codes::TYPE, at, format!("{} and {} have no common type", names.0, names.1));
        self.fail(match (left.ty, right.ty) {
            (RowType::Date, RowType::Timestamp) | (RowType::Timestamp, RowType::Date) => {
                problem.hint("use two dates or two timestamps")
            }
            (RowType::Text, RowType::Int) | (RowType::Int, RowType::Text) => {
                problem.hint("text is written in double quotes, also where it consists of digits")
            }
            (RowType::BusinessDuration, _) | (_, RowType::BusinessDuration) => problem
                .hint("compare hours with hours, business_hours(a, b) > 72.0, or instants, b > a + bh(72)"),
            (RowType::Bool, RowType::Int) | (RowType::Int, RowType::Bool) => {
                problem.hint("write true or false")
            }
            _ => problem,
        })
    }
}

/// Beside a decimal only another exact number stays exact.
fn decimal_float(at: &Range<usize>) -> Problem {
    Problem::new(codes::DECIMAL_FLOAT, at, "an exact decimal meets a float")
        .hint("declare the float column as decimal(n), or convert the decimal with to_float(..)")
}

fn is_temporal(ty: RowType) -> bool {
    matches!(ty, RowType::Date | RowType::Timestamp | RowType::Duration | RowType::BusinessDuration)
}

fn symbol(op: ArithOp) -> &'static str {
    match op {
        ArithOp::Add => "+",
        ArithOp::Sub => "-",
        ArithOp::Mul => "*",
        ArithOp::Div => "/",
        ArithOp::Rem => "%",
        ArithOp::Pow => "**",
    }
}

/// An Int, a Float or a fraction as a Float; gives anything else back.
pub(super) fn as_float(value: Typed) -> Result<Row, Typed> {
    match value {
        Typed::Literal(literal) => Ok(float_of_literal(literal)),
        Typed::Row(value) if matches!(value.ty, RowType::Int | RowType::Float) => Ok(float_of_int(value)),
        other => Err(other),
    }
}
