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

/// `as_of` as the last day that is known; anything else is given back.
pub(super) fn known_day(value: Row) -> Row {
    if matches!(value.node, RowNode::AsOf) { row(RowType::Date, RowNode::AsOf) } else { value }
}

/// `never` and `as_of` as dates; anything else is given back.
pub(super) fn as_date(value: Row) -> Row {
    match value.node {
        RowNode::Const(Const::Timestamp(literal::NEVER_MICROS)) => constant(Const::Date(literal::NEVER_DAY)),
        _ => known_day(value),
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

    /// `bh(n)`.
    pub(super) fn business_duration(&mut self, a: Typed, at: &Range<usize>) -> Option<Row> {
        self.needs_business_hours(at);
        if a.ty()? == RowType::Int {
            return Some(row(RowType::BusinessDuration, RowNode::Call(RowFn::Bh, vec![a.settle()?])));
        }
        let problem = Problem::new(codes::TYPE, at, format!("this is {}", a.name()));
        self.fail(problem.expected("a whole number of business hours"))
    }

    /// `business_hours(a, b)`.
    pub(super) fn business_hours(&mut self, a: Typed, b: Typed, places: Places<'_>) -> Option<Row> {
        self.needs_business_hours(places.at);
        let (a, b) = (a.settle()?, b.settle()?);
        let (a, b) = self.calendar_pair(a, b, places)?;
        if a.ty == RowType::Timestamp && b.ty == RowType::Timestamp {
            return Some(row(RowType::Float, RowNode::Call(RowFn::BusinessHours, vec![a, b])));
        }
        let message = format!("this is called with {} and {}", typed::name(a.ty), typed::name(b.ty));
        let problem = Problem::new(codes::TYPE, places.at, message).expected("two timestamps");
        self.fail(problem.hint("a date has no hours"))
    }

    fn needs_business_hours(&mut self, at: &Range<usize>) {
        if !self.session.business_hours {
            let message = "the book does not say when people work";
            let hint = "add `business_hours: {days: [mon, tue, wed, thu, fri], from: \"09:00\", to: \"17:00\"}` to `book`";
            self.session.report(Problem::new(codes::NO_BUSINESS_HOURS, at, message).hint(hint));
        }
    }

    /// A date, or a timestamp whose local day counts; of `as_of` the last day that is known.
    fn day(&mut self, a: Typed, at: &Range<usize>) -> Option<Row> {
        let a = a.settle()?;
        if matches!(a.node, RowNode::AsOf) {
            return Some(known_day(a));
        }
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
            (RowType::Date | RowType::Timestamp, RowType::Int) => None,
            (RowType::Date | RowType::Timestamp, _) => Some((&b, places.right, "a whole number")),
            _ => Some((&a, places.left, "a date or a timestamp")),
        };
        if let Some((side, at, wanted)) = wrong {
            let message = format!("this is {}", typed::name(side.ty));
            return self.fail(Problem::new(codes::TYPE, at, message).expected(wanted));
        }
        let ty = a.ty;
        let node = match (meaning, ty) {
            (Meaning::AddDays, RowType::Date) => RowNode::Arith(ArithOp::Add, Box::new(a), Box::new(b)),
            (Meaning::AddDays, _) => RowNode::Call(RowFn::AddDays, vec![a, b]),
            _ => RowNode::Call(RowFn::AddMonths, vec![a, b]),
        };
        Some(row(ty, node))
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
