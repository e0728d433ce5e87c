//! Typing of comparisons and of `in`, and what a category can be compared with.

use super::calendar::as_date;
use super::typed::{Pair, Typed, constant, row};
use super::{Places, RowTyper, always_missing};
use crate::lang::names::{self, Scope};
use crate::lang::problem::{Problem, text_literal};
use crate::lang::syntax::{Kind, Node};
use crate::lang::{codes, literal};
use crate::model::{CmpOp, ColumnType, Const, Row, RowNode, RowType};
use std::ops::Range;

impl RowTyper<'_, '_> {
    pub(super) fn compare(&mut self, op: CmpOp, a: Typed, b: Typed, places: Places<'_>) -> Option<Row> {
        let at = places.at;
        let (a, b) = match (a, b) {
            (Typed::Missing, Typed::Missing) => return self.fail(always_missing(at)),
            (Typed::Missing, value) | (value, Typed::Missing) => return self.compare_missing(op, value, at),
            both => both,
        };
        let Pair { left, right, literal } = self.same_type(a, b, places)?;
        // Two literals are compared as the floats that they are anywhere else.
        let settle = |side| Typed::new(side, literal).settle();
        let (left, right) = (settle(left)?, settle(right)?);
        let is_order = !matches!(op, CmpOp::Eq | CmpOp::Ne);
        match left.ty {
            RowType::Bool if is_order => {
                let problem = Problem::new(codes::TYPE, at, "truth values have no order");
                return self.fail(problem.hint("a < b < c is written a < b && b < c"));
            }
            RowType::Text if is_order => {
                return self.fail(Problem::new(codes::TYPE, at, "text has no order").expected("== or !="));
            }
            RowType::Text => {
                self.compare_texts(&left, &right, places)?;
            }
            _ => {}
        }
        Some(row(RowType::Bool, RowNode::Compare(op, Box::new(left), Box::new(right))))
    }

    /// `x == ()` and `x != ()`.
    fn compare_missing(&mut self, op: CmpOp, value: Typed, at: &Range<usize>) -> Option<Row> {
        let is_null = row(RowType::Bool, RowNode::IsNull(Box::new(value.settle()?)));
        match op {
            CmpOp::Eq => Some(is_null),
            CmpOp::Ne => Some(row(RowType::Bool, RowNode::Not(Box::new(is_null)))),
            _ => self.fail(always_missing(at)),
        }
    }

    /// Where one side is a date or a timestamp and the other a constant text, reads the text.
    pub(super) fn calendar_pair(&mut self, a: Row, b: Row, places: Places<'_>) -> Option<(Row, Row)> {
        let (left, right) = (a.ty, b.ty);
        Some(match (left, right) {
            (RowType::Date | RowType::Timestamp, RowType::Text) => {
                let b = self.calendar(b, left, places.right)?;
                (a, b)
            }
            (RowType::Text, RowType::Date | RowType::Timestamp) => (self.calendar(a, right, places.left)?, b),
            (RowType::Date, RowType::Timestamp) => (a, as_date(b)),
            (RowType::Timestamp, RowType::Date) => (as_date(a), b),
            _ => (a, b),
        })
    }

    /// A text row as a constant date or timestamp; gives back what is no constant.
    fn calendar(&mut self, value: Row, wanted: RowType, at: &Range<usize>) -> Option<Row> {
        let RowNode::Const(Const::Text(text)) = &value.node else {
            return Some(value);
        };
        let read = if wanted == RowType::Date { literal::date(text) } else { literal::timestamp(text) };
        match read {
            Some(read) => Some(constant(read)),
            None => self.fail(not_calendar(text, wanted, at)),
        }
    }

    pub(super) fn membership<'n>(
        &mut self,
        value: &'n Node,
        items: &'n [Node],
        at: &Range<usize>,
        scope: &Scope<'n>,
        depth: usize,
    ) -> Option<Row> {
        let value = self.row(value, scope, depth);
        if items.is_empty() {
            return self
                .fail(Problem::new(codes::LIST, at, "the list behind `in` is empty").hint("x in [1, 2, 3]"));
        }
        let items: Vec<_> =
            items.iter().map(|item| Some((self.item(item, scope, depth)?, &item.at))).collect();
        let items = items.into_iter().collect::<Option<Vec<_>>>()?;
        let mut value = value?;
        // The first round brings the left side to a type that every constant has, the second the constants
        // to that type.
        for (item, place) in &items {
            value = self.same_type(Typed::Row(value), item.clone(), Places::one(place))?.left;
        }
        let mut constants = Vec::with_capacity(items.len());
        for (item, place) in items {
            let item = self.same_type(Typed::Row(value.clone()), item, Places::one(place))?.right;
            self.check_category(&value, &item, place)?;
            let RowNode::Const(item) = item.node else {
                return self.fail(not_constant(place));
            };
            constants.push(item);
        }
        Some(row(RowType::Bool, RowNode::In(Box::new(value), constants)))
    }

    /// One constant of a list.
    fn item<'n>(&mut self, node: &'n Node, scope: &Scope<'n>, depth: usize) -> Option<Typed> {
        if let Kind::Missing = node.kind {
            let problem = Problem::new(codes::LIST, &node.at, "() equals nothing in a list");
            return self.fail(problem.hint("write x in [..] || is_null(x)"));
        }
        let item = self.typed(node, scope, depth)?;
        match &item {
            Typed::Row(Row { node: RowNode::Const(_), .. })
            | Typed::Literal(Row { node: RowNode::Const(_), .. }) => Some(item),
            _ => self.fail(not_constant(&node.at)),
        }
    }

    /// Text is compared with a constant, and that constant should be one the category can hold.
    fn compare_texts(&mut self, left: &Row, right: &Row, places: Places<'_>) -> Option<()> {
        if text_of(left).is_none() && text_of(right).is_none() {
            let problem =
                Problem::new(codes::TEXT_WITH_TEXT, places.at, "two columns of text cannot be compared yet");
            return self.fail(problem.expected("a constant text on one side"));
        }
        self.check_category(left, right, places.right)?;
        self.check_category(right, left, places.left)
    }

    /// Refuses a constant that the column on the other side never holds.
    fn check_category(&mut self, side: &Row, constant: &Row, at: &Range<usize>) -> Option<()> {
        let Some(text) = text_of(constant) else { return Some(()) };
        if matches!(side.node, RowNode::If(..) | RowNode::Coalesce(..)) {
            return self.check_choice(side, text, at);
        }
        let RowNode::Column(id) = &side.node else { return Some(()) };
        let Some(column) = self.table.columns.get(id.0) else {
            return Some(());
        };
        let ColumnType::Category(allowed) = &column.ty else {
            return Some(());
        };
        let is_meant = match allowed {
            Some(allowed) => allowed.iter().any(|value| value == text),
            None => column.values.iter().any(|(_, meant)| meant == text),
        };
        if is_meant {
            return Some(());
        }
        let name = &column.name;
        if let Some((_, meant)) = column.values.iter().find(|(written, _)| written == text) {
            let message = format!("`{name}` never is {text:?}: the book reads that spelling as {meant:?}");
            let mut problem = Problem::new(codes::RAW_SPELLING, at, message).hint(format!("write {meant:?}"));
            problem.fix = text_literal(meant);
            return self.fail(problem);
        }
        let Some(allowed) = allowed else { return Some(()) };
        self.fail(never_is(&format!("`{name}`"), text, at, || allowed.iter().map(String::as_str)))
    }

    /// The same for a text that is chosen, which computed dimensions and bands are.
    fn check_choice(&mut self, side: &Row, text: &str, at: &Range<usize>) -> Option<()> {
        match super::text::values(side, self.table) {
            Some(known) if !known.contains(text) => {
                self.fail(never_is("the text", text, at, || known.iter().copied()))
            }
            _ => Some(()),
        }
    }
}

fn never_is<'k, I: Iterator<Item = &'k str>>(
    what: &str,
    text: &str,
    at: &Range<usize>,
    known: impl Fn() -> I,
) -> Problem {
    let problem = Problem::new(codes::NOT_A_CATEGORY, at, format!("{what} never is {text:?}"));
    let problem = match names::guess(text, known()) {
        Some(guess) => problem.meant_text(guess),
        None => problem,
    };
    problem.expected(format!("one of {}", names::few(known())))
}

fn text_of(row: &Row) -> Option<&String> {
    match &row.node {
        RowNode::Const(Const::Text(text)) => Some(text),
        _ => None,
    }
}

fn not_constant(at: &Range<usize>) -> Problem {
    Problem::new(codes::LIST, at, "a list holds constants only").hint("write x == a || x == b")
}

/// A text that is not written as the calendar type it should be.
pub(super) fn not_calendar(text: &str, wanted: RowType, at: &Range<usize>) -> Problem {
    if wanted == RowType::Date {
        let message = format!("{text:?} is no date");
        Problem::new(codes::CALENDAR, at, message).expected("year-month-day such as \"2017-03-01\"")
    } else {
        let message = format!("{text:?} is no point in time");
        Problem::new(codes::CALENDAR, at, message)
            .expected("a time with its offset such as \"2017-03-01T00:00:00Z\", to the microsecond")
    }
}
