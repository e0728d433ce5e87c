//! Typing of function calls in row formulas.

use super::compare::not_calendar;
use super::operator::as_float;
use super::typed::{self, Typed, constant, row};
use super::{Places, RowTyper, always_missing, calendar, text};
use crate::lang::functions::{self, FUNCTIONS, Function, Level, Lookup, Meaning};
use crate::lang::names::{self, Scope};
use crate::lang::problem::Problem;
use crate::lang::session::Session;
use crate::lang::syntax::{Kind, Node};
use crate::lang::{codes, literal, row_size};
use crate::model::{ArithOp, CmpOp, Const, Row, RowFn, RowNode, RowType};
use std::ops::Range;

/// Most digits after the point that numbers are rounded to.
pub(in crate::lang) const MAX_DIGITS: u8 = 18;

/// Finds a function, or says what is wrong with its name or its number of arguments.
pub(in crate::lang) fn resolve(
    name: &str,
    arguments: usize,
    at: &Range<usize>,
    session: &mut Session,
) -> Option<&'static Function> {
    let problem = match functions::find(name, arguments) {
        Lookup::Found(function) => return Some(function),
        Lookup::WrongArity(usages) => {
            let count = match arguments {
                0 => "no arguments".to_owned(),
                1 => "1 argument".to_owned(),
                n => format!("{n} arguments"),
            };
            Problem::new(codes::ARGUMENTS, at, format!("`{name}` with {count}")).expected(usages.join(" or "))
        }
        Lookup::Unknown => {
            let problem = Problem::new(codes::UNKNOWN_FUNCTION, at, format!("there is no function `{name}`"));
            match names::guess(name, FUNCTIONS.iter().map(|function| function.name)) {
                Some(guess) => problem.meant(guess),
                None => problem,
            }
        }
    };
    session.report(problem);
    None
}

impl RowTyper<'_, '_> {
    pub(super) fn call<'n>(
        &mut self,
        name: &str,
        arguments: &'n [Node],
        at: &Range<usize>,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Typed> {
        let meaning = self.function(name, arguments.len(), at);
        if let Some(Meaning::Date | Meaning::Timestamp) = meaning {
            return self.calendar_constant(name == "date", arguments, at, scope, depth);
        }
        if meaning == Some(Meaning::Convert) {
            return self.convert(arguments, at, scope, depth);
        }
        if let Some(test) = meaning.and_then(text::test) {
            return self.text_test(test, arguments, scope, depth).map(Typed::Row);
        }
        if let Some(meaning @ (Meaning::Min | Meaning::Max | Meaning::Clamp | Meaning::Round)) = meaning
            && arguments.len() > 1
        {
            return self.of_several(meaning, arguments, at, scope, depth);
        }
        // Every argument is typed even if one before it is refused, so that all problems show at once.
        let [a, b] = [arguments.first(), arguments.get(1)];
        let [left, right] = [a, b].map(|argument| self.typed(argument?, scope, depth));
        match (meaning?, a, b) {
            (meaning, Some(a), None) => self.of_one(meaning, left?, &a.at).map(Typed::Row),
            (meaning, Some(a), Some(b)) => {
                let places = Places { at, left: &a.at, right: &b.at };
                self.of_two(meaning, left?, right?, places)
            }
            _ => None,
        }
    }

    /// The meaning of a function that a row can call.
    fn function(&mut self, name: &str, arguments: usize, at: &Range<usize>) -> Option<Meaning> {
        let function = resolve(name, arguments, at, self.session)?;
        if function.level == Level::Aggregate {
            let problem = self.misplaced_aggregate(name, at);
            return self.fail(problem);
        }
        Some(function.meaning)
    }

    fn misplaced_aggregate(&self, name: &str, at: &Range<usize>) -> Problem {
        if self.aggregated {
            return Problem::new(
                codes::NESTED_AGGREGATE,
                at,
                format!("the aggregate `{name}` inside an aggregate"),
            )
            .hint("an aggregate goes over rows; combine two of them outside: sum(x) / count()");
        }
        let problem =
            Problem::new(codes::LEVEL, at, format!("the aggregate `{name}` in a formula of one row"));
        match name {
            "min" | "max" => problem.hint(format!("of one row write {name}(x, y)")),
            _ => problem.hint("aggregates belong into a metric's `expr`"),
        }
    }

    /// `date("..")`, `timestamp("..")`.
    fn calendar_constant<'n>(
        &mut self,
        is_date: bool,
        arguments: &'n [Node],
        at: &Range<usize>,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Typed> {
        let argument = arguments.first()?;
        let wanted = if is_date { RowType::Date } else { RowType::Timestamp };
        let Kind::Text(text) = &argument.kind else {
            let _ = self.typed(argument, scope, depth)?;
            let problem =
                Problem::new(codes::TYPE, at, "only a constant text can be read as a date or a time");
            return self.fail(problem.hint("declare the column as date or timestamp"));
        };
        let read = if is_date { literal::date(text) } else { literal::timestamp(text) };
        match read {
            Some(value) => Some(Typed::Row(constant(value))),
            None => self.fail(not_calendar(text, wanted, &argument.at)),
        }
    }

    fn of_one(&mut self, meaning: Meaning, a: Typed, at: &Range<usize>) -> Option<Row> {
        if matches!(a, Typed::Missing) {
            return self.fail(always_missing(at));
        }
        let float = |typer: &mut Self, function, a| {
            let a = typer.float(a, at)?;
            Some(row(RowType::Float, RowNode::Call(function, vec![a])))
        };
        match meaning {
            Meaning::IsNull => Some(row(RowType::Bool, RowNode::IsNull(Box::new(a.settle()?)))),
            Meaning::Abs => {
                let a = a.settle()?;
                let ty = a.ty;
                match ty {
                    RowType::Int | RowType::Decimal(_) | RowType::Float | RowType::Duration => {
                        Some(row(ty, RowNode::Call(RowFn::Abs, vec![a])))
                    }
                    _ => self.fail(wrong_type(&Typed::Row(a), "a number", at)),
                }
            }
            Meaning::Sqrt => float(self, RowFn::Sqrt, a),
            Meaning::Ln => float(self, RowFn::Ln, a),
            Meaning::Exp => float(self, RowFn::Exp, a),
            Meaning::Log10 => float(self, RowFn::Log10, a),
            Meaning::Log2 => float(self, RowFn::Log2, a),
            Meaning::Floor | Meaning::Ceil | Meaning::Round => {
                let function = match meaning {
                    Meaning::Floor => RowFn::Floor,
                    Meaning::Ceil => RowFn::Ceil,
                    _ => RowFn::Round,
                };
                match a {
                    Typed::Row(a) if matches!(a.ty, RowType::Decimal(_)) => {
                        Some(row(RowType::Decimal(0), RowNode::Call(function, vec![a])))
                    }
                    a => float(self, function, a),
                }
            }
            Meaning::Sign => self.sign(a, at),
            Meaning::ToFloat => match a.ty()? {
                RowType::Float => a.settle(),
                RowType::Int | RowType::Decimal(_) => {
                    let a = a.settle()?;
                    // A literal fraction has become a float by settling.
                    if a.ty == RowType::Float {
                        return Some(a);
                    }
                    Some(row(RowType::Float, RowNode::Call(RowFn::ToFloat, vec![a])))
                }
                _ => self.fail(wrong_type(&a, "a number", at)),
            },
            Meaning::Days => self.duration(RowFn::Days, a, at),
            Meaning::Hours => self.duration(RowFn::Hours, a, at),
            Meaning::Minutes => self.duration(RowFn::Minutes, a, at),
            Meaning::Bh => self.business_duration(a, at),
            Meaning::Year | Meaning::Month | Meaning::Weekday => self.day_part(meaning, a, at),
            _ => None,
        }
    }

    fn of_two(&mut self, meaning: Meaning, a: Typed, b: Typed, places: Places<'_>) -> Option<Typed> {
        let at = places.at;
        for (value, place) in [(&a, places.left), (&b, places.right)] {
            if matches!(value, Typed::Missing) {
                return self.fail(always_missing(place));
            }
        }
        match meaning {
            Meaning::Pow => self.arith(ArithOp::Pow, a, b, places),
            Meaning::Min | Meaning::Max => {
                let function = if meaning == Meaning::Min { RowFn::Min } else { RowFn::Max };
                let pair = self.same_type(a, b, places)?;
                match pair.left.ty {
                    RowType::Int
                    | RowType::Decimal(_)
                    | RowType::Float
                    | RowType::Date
                    | RowType::Timestamp
                    | RowType::Duration => {
                        // Literals settle first: the function is no part that can be rebuilt with floats.
                        let settle = |side| Typed::new(side, pair.literal).settle();
                        let (left, right) = (settle(pair.left)?, settle(pair.right)?);
                        Some(Typed::Row(row(left.ty, RowNode::Call(function, vec![left, right]))))
                    }
                    _ => self.fail(wrong_type(
                        &Typed::Row(pair.left),
                        "numbers, dates, timestamps or durations",
                        at,
                    )),
                }
            }
            Meaning::Truncate | Meaning::AddDays | Meaning::AddMonths => {
                self.on_calendar(meaning, a, b, places).map(Typed::Row)
            }
            Meaning::BusinessHours => self.business_hours(a, b, places).map(Typed::Row),
            Meaning::DaysBetween | Meaning::HoursBetween => {
                let (a, b) = (a.settle()?, b.settle()?);
                let (mut a, mut b) = self.calendar_pair(a, b, places)?;
                let hours = meaning == Meaning::HoursBetween;
                let asks_as_of = matches!(a.node, RowNode::AsOf) || matches!(b.node, RowNode::AsOf);
                if !hours && asks_as_of {
                    // The last day that is known, beside the local day of a timestamp.
                    (a, b) = (calendar::known_day(a), calendar::known_day(b));
                }
                let (ty, function, wanted) = if hours {
                    (RowType::Float, RowFn::HoursBetween, "two timestamps")
                } else {
                    (RowType::Int, RowFn::DaysBetween, "two dates or two timestamps")
                };
                let fits = if hours {
                    a.ty == RowType::Timestamp && b.ty == a.ty
                } else {
                    let is_time = |ty| matches!(ty, RowType::Date | RowType::Timestamp);
                    is_time(a.ty) && is_time(b.ty) && (a.ty == b.ty || asks_as_of)
                };
                if fits {
                    return Some(Typed::Row(row(ty, RowNode::Call(function, vec![a, b]))));
                }
                let message = format!("this is called with {} and {}", typed::name(a.ty), typed::name(b.ty));
                let problem = Problem::new(codes::TYPE, at, message).expected(wanted);
                self.fail(if hours { problem.hint("between dates use days_between(a, b)") } else { problem })
            }
            _ => None,
        }
    }

    /// `min` and `max` of several, `clamp(x, low, high)`, `round(x, digits)`.
    fn of_several<'n>(
        &mut self,
        meaning: Meaning,
        arguments: &'n [Node],
        at: &Range<usize>,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Typed> {
        let typed: Vec<_> = arguments.iter().map(|argument| self.typed(argument, scope, depth)).collect();
        let mut typed = typed.into_iter().collect::<Option<Vec<_>>>()?.into_iter().zip(arguments);
        let (mut value, first) = typed.next()?;
        if meaning == Meaning::Round {
            let (digits, node) = typed.next()?;
            return self.round(value, &first.at, digits, &node.at).map(Typed::Row);
        }
        let bounds: Vec<Option<i128>> = typed.clone().map(|(bound, _)| whole(&bound)).collect();
        if let (Meaning::Clamp, [Some(low), Some(high)]) = (meaning, bounds.as_slice())
            && low > high
        {
            let problem = Problem::new(codes::ARGUMENTS, at, "the lower bound lies above the upper one");
            return self.fail(problem.expected("clamp(x, low, high)"));
        }
        for (n, (other, node)) in typed.enumerate() {
            // First up to the lower bound, then down to the upper one.
            let step = match meaning {
                Meaning::Clamp if n == 0 => Meaning::Max,
                Meaning::Clamp => Meaning::Min,
                meaning => meaning,
            };
            value = self.of_two(step, value, other, Places { at, left: &first.at, right: &node.at })?;
        }
        Some(value)
    }

    /// `round(x, digits)`: to a decimal with so many digits, or to the double nearest to that number.
    fn round(
        &mut self,
        value: Typed,
        at: &Range<usize>,
        digits: Typed,
        digits_at: &Range<usize>,
    ) -> Option<Row> {
        let wanted = whole(&digits).and_then(|digits| u8::try_from(digits).ok()).filter(|n| *n <= MAX_DIGITS);
        let Some(wanted) = wanted else {
            let problem = Problem::new(codes::ARGUMENTS, digits_at, "the number of digits is no constant");
            return self.fail(
                problem
                    .expected(format!("a whole number from 0 to {MAX_DIGITS}"))
                    .hint("round(x / 1000) * 1000 rounds to thousands"),
            );
        };
        let digits = constant(Const::Int(i64::from(wanted)));
        match value {
            Typed::Missing => self.fail(always_missing(at)),
            Typed::Row(a) | Typed::Literal(a) if a.ty == RowType::Int => Some(a),
            Typed::Row(a) if matches!(a.ty, RowType::Decimal(_)) => {
                if typed::scale_of(&a) <= wanted {
                    return Some(a);
                }
                Some(row(RowType::Decimal(wanted), RowNode::Call(RowFn::Round, vec![a, digits])))
            }
            value => {
                let a = self.float(value, at)?;
                Some(row(RowType::Float, RowNode::Call(RowFn::Round, vec![a, digits])))
            }
        }
    }

    /// `if x > 0 { 1 } else if x < 0 { -1 } else { 0 }`.
    fn sign(&mut self, a: Typed, at: &Range<usize>) -> Option<Row> {
        if !matches!(a.ty(), Some(RowType::Int | RowType::Decimal(_) | RowType::Float)) {
            return self.fail(wrong_type(&a, "a number", at));
        }
        let a = Typed::Row(a.settle()?);
        if let Typed::Row(a) = &a {
            self.session.take(row_size(a).0 + 6, 0, at)?;
        }
        let int = |value| Box::new(constant(Const::Int(value)));
        let zero = || Typed::Literal(constant(Const::Int(0)));
        let above = self.compare(CmpOp::Gt, a.clone(), zero(), Places::one(at))?;
        let below = self.compare(CmpOp::Lt, a, zero(), Places::one(at))?;
        let other = row(RowType::Int, RowNode::If(Box::new(below), int(-1), int(0)));
        Some(row(RowType::Int, RowNode::If(Box::new(above), int(1), Box::new(other))))
    }

    /// An argument that has to be a float; integers and fractions become one.
    fn float(&mut self, value: Typed, at: &Range<usize>) -> Option<Row> {
        match as_float(value) {
            Ok(row) => Some(row),
            Err(value) => {
                let is_decimal = matches!(value.ty(), Some(RowType::Decimal(_)));
                let problem = wrong_type(&value, "a float", at);
                self.fail(if is_decimal { problem.hint("convert it with to_float(..)") } else { problem })
            }
        }
    }
}

/// A whole number that is written out.
fn whole(value: &Typed) -> Option<i128> {
    match value {
        Typed::Row(row) | Typed::Literal(row) => match &row.node {
            RowNode::Const(Const::Int(value)) => Some(i128::from(*value)),
            _ => None,
        },
        Typed::Missing => None,
    }
}

fn wrong_type(value: &Typed, wanted: &str, at: &Range<usize>) -> Problem {
    Problem::new(codes::TYPE, at, format!("this is {}", value.name())).expected(wanted)
}
