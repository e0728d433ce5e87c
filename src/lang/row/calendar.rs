//! Typing of functions of the calendar.

use super::typed::{self, Typed, constant, row};
use super::{Places, RowTyper};
use crate::lang::codes;
use crate::lang::functions::Meaning;
use crate::lang::literal;
use crate::lang::problem::Problem;
use crate::model::{ArithOp, Const, DayPart, Grain, Row, RowFn, RowNode, RowType};
use std::ops::Range;

const GRAINS: [(&str, Grain); 5] = [
    ("day", Grain::Day),
    ("week", Grain::Week),
    ("month", Grain::Month),
    ("quarter", Grain::Quarter),
    ("year", Grain::Year),
];

/// `never`: later than anything that happens. Beside a date it is a date.
pub(super) fn never() -> Row {
    constant(Const::Timestamp(literal::NEVER_MICROS))
}

/// `never` as a date; anything else is given back.
pub(super) fn never_as(value: Row, wanted: RowType) -> Row {
    match value.node {
        RowNode::Const(Const::Timestamp(literal::NEVER_MICROS)) if wanted == RowType::Date => {
            constant(Const::Date(literal::NEVER_DAY))
        }
        _ => value,
    }
}

impl RowTyper<'_, '_> {
    /// `days(n)`, `hours(n)`, `minutes(n)`.
    pub(super) fn duration(&mut self, function: RowFn, a: Typed, at: &Range<usize>) -> Option<Row> {
        match a.ty()? {
            RowType::Int => Some(row(RowType::Duration, RowNode::Call(function, vec![a.settle()?]))),
            _ => {
                let unit = match function {
                    RowFn::Days => "days",
                    RowFn::Hours => "hours",
                    _ => "minutes",
                };
                let problem = Problem::new(codes::TYPE, at, format!("this is {}", a.name()));
                self.fail(problem.expected(format!("a whole number of {unit}")))
            }
        }
    }

    /// `year(t)`, `month(t)`, `weekday(t)`.
    pub(super) fn day_part(&mut self, meaning: Meaning, a: Typed, at: &Range<usize>) -> Option<Row> {
        let part = match meaning {
            Meaning::Year => DayPart::Year,
            Meaning::Month => DayPart::Month,
            _ => DayPart::Weekday,
        };
        let a = self.day(a, at)?;
        Some(row(RowType::Int, RowNode::Call(RowFn::DayPart(part), vec![a])))
    }

    /// A date, or a timestamp whose local day counts.
    fn day(&mut self, a: Typed, at: &Range<usize>) -> Option<Row> {
        let a = a.settle()?;
        if matches!(a.ty, RowType::Date | RowType::Timestamp) {
            return Some(a);
        }
        let problem = Problem::new(codes::TYPE, at, format!("this is {}", typed::name(a.ty)));
        self.fail(problem.expected("a date or a timestamp"))
    }

    /// `truncate(t, "month")`, `add_days(d, n)`, `add_months(d, n)`.
    pub(super) fn on_calendar(
        &mut self,
        meaning: Meaning,
        a: Typed,
        b: Typed,
        places: Places<'_>,
    ) -> Option<Row> {
        if meaning == Meaning::Truncate {
            return self.truncate(a, b, places);
        }
        let (a, b) = (a.settle()?, b.settle()?);
        let wrong = match (a.ty, b.ty) {
            (RowType::Date, RowType::Int) => None,
            (RowType::Timestamp, _) => {
                Some((&a, places.left, "a date", Some("t + days(n) adds hours, 24 for a day")))
            }
            (RowType::Date, _) => Some((&b, places.right, "a whole number", None)),
            _ => Some((&a, places.left, "a date", None)),
        };
        if let Some((side, at, wanted, hint)) = wrong {
            let problem =
                Problem::new(codes::TYPE, at, format!("this is {}", typed::name(side.ty))).expected(wanted);
            return self.fail(match hint {
                Some(hint) => problem.hint(hint),
                None => problem,
            });
        }
        let node = match meaning {
            Meaning::AddDays => RowNode::Arith(ArithOp::Add, Box::new(a), Box::new(b)),
            _ => RowNode::Call(RowFn::AddMonths, vec![a, b]),
        };
        Some(row(RowType::Date, node))
    }

    fn truncate(&mut self, a: Typed, grain: Typed, places: Places<'_>) -> Option<Row> {
        let wanted = match grain.settle() {
            Some(Row { node: RowNode::Const(Const::Text(word)), .. }) => {
                GRAINS.iter().find(|(known, _)| *known == word).map(|(_, grain)| *grain)
            }
            _ => None,
        };
        let Some(grain) = wanted else {
            let problem = Problem::new(codes::TYPE, places.right, "this names no period");
            return self.fail(problem.expected("\"day\", \"week\", \"month\", \"quarter\" or \"year\""));
        };
        let a = self.day(a, places.left)?;
        Some(row(RowType::Date, RowNode::Call(RowFn::Truncate(grain), vec![a])))
    }
}
