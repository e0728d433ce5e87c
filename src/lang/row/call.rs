//! Typing of function calls in row formulas.

use super::compare::not_calendar;
use super::operator::as_float;
use super::typed::{self, Typed, constant, row};
use super::{Places, RowTyper, always_missing, text};
use crate::lang::functions::{self, FUNCTIONS, Function, Level, Lookup, Meaning};
use crate::lang::names::{self, Scope};
use crate::lang::problem::Problem;
use crate::lang::session::Session;
use crate::lang::syntax::{Kind, Node};
use crate::lang::{codes, literal};
use crate::model::{ArithOp, Row, RowFn, RowNode, RowType};
use std::ops::Range;

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
            match names::closest(name, FUNCTIONS.iter().map(|function| function.name)) {
                Some(close) => problem.hint(format!("did you mean `{close}`?")),
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
        if let Some(test) = meaning.and_then(text::test) {
            return self.text_test(test, arguments, scope, depth).map(Typed::Row);
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
                    RowType::Int | RowType::Decimal(_) | RowType::Float => {
                        Some(row(ty, RowNode::Call(RowFn::Abs, vec![a])))
                    }
                    _ => self.fail(wrong_type(&Typed::Row(a), "a number", at)),
                }
            }
            Meaning::Sqrt => float(self, RowFn::Sqrt, a),
            Meaning::Ln => float(self, RowFn::Ln, a),
            Meaning::Exp => float(self, RowFn::Exp, a),
            Meaning::Floor => float(self, RowFn::Floor, a),
            Meaning::Ceil => float(self, RowFn::Ceil, a),
            Meaning::Round => float(self, RowFn::Round, a),
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
            Meaning::Hours => match a.ty()? {
                RowType::Int => Some(row(RowType::Duration, RowNode::Call(RowFn::Hours, vec![a.settle()?]))),
                _ => self.fail(wrong_type(&a, "a whole number of hours", at)),
            },
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
                    | RowType::Timestamp => {
                        // Literals settle first: the function is no part that can be rebuilt with floats.
                        let settle = |side| Typed::new(side, pair.literal).settle();
                        let (left, right) = (settle(pair.left)?, settle(pair.right)?);
                        Some(Typed::Row(row(left.ty, RowNode::Call(function, vec![left, right]))))
                    }
                    _ => self.fail(wrong_type(&Typed::Row(pair.left), "numbers, dates or timestamps", at)),
                }
            }
            Meaning::DaysBetween | Meaning::HoursBetween => {
                let (a, b) = (a.settle()?, b.settle()?);
                let (a, b) = self.calendar_pair(a, b, places)?;
                let hours = meaning == Meaning::HoursBetween;
                let (ty, function, wanted) = if hours {
                    (RowType::Float, RowFn::HoursBetween, "two timestamps")
                } else {
                    (RowType::Int, RowFn::DaysBetween, "two dates or two timestamps")
                };
                let fits = a.ty == b.ty && (a.ty == RowType::Timestamp || (!hours && a.ty == RowType::Date));
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

fn wrong_type(value: &Typed, wanted: &str, at: &Range<usize>) -> Problem {
    Problem::new(codes::TYPE, at, format!("this is {}", value.name())).expected(wanted)
}
