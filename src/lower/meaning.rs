//! What an expression means, as text that two books share exactly when they mean the same.
//!
//! Names of columns stand for what they are declared as (type, value map, allowed values); names of metrics for what
//! they compute. Labels, descriptions, owners and the layout of the file do not show. The text is only ever hashed.

use super::known::Known;
use crate::model::{
    Aggregate, ArithOp, Book, Cell, Column, ColumnId, ColumnType, Const, MetricId, OnRowError, Row, RowFn,
    RowNode, RowType, Table,
};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::rc::Rc;

pub(super) fn hash(text: &str) -> [u8; 32] {
    sha256(text.as_bytes())
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Stands where the book's time zone decides; the zone's name is then a part of what a metric means.
const LOCAL_DAYS: &str = "LocalDaysBetween";
/// The same for other functions of local days.
const LOCAL: &str = "Local ";
/// The same for text that is read as local time.
const LOCAL_TEXT: &str = "\" ~local~";
/// Stands where the book's business hours decide.
const BUSINESS: &str = "Business";
/// Stands where the book's calendar decides.
const PERIOD: &str = "(Truncate";

/// Hash of what a metric means: of its value, and of every metric, column type and value map it stands on.
#[must_use]
pub fn metric_meaning(book: &Book, id: MetricId) -> [u8; 32] {
    of_metric(&Known::new(book), id)
}

/// The same, by what is known already.
pub(super) fn of_metric(book: &Known<'_>, id: MetricId) -> [u8; 32] {
    whole(book, metric_text(book, id).to_string())
}

/// The hash of a text that says what something means, with what of the book decides about it.
fn whole(book: &Book, mut text: String) -> [u8; 32] {
    if text.contains(LOCAL_DAYS) || text.contains(LOCAL) || reads_zone(&text) {
        text = format!("{text} in {}", book.timezone);
    }
    if let Some(hours) = book.business_hours.as_ref().filter(|_| text.contains(BUSINESS)) {
        text = format!("{text} within {:?} but {:?} in {}", hours.windows, hours.holidays, book.timezone);
    }
    if text.contains(PERIOD) {
        text = format!("{text} by {:?} {}", book.first_day_of_week, book.first_month_of_year);
    }
    hash(&text)
}

/// Whether what a column's declaration says depends on the book's time zone.
pub(super) fn reads_zone(declaration: &str) -> bool {
    declaration.contains(LOCAL_TEXT)
}

/// Bytes of a text that another one takes in as it is. Beyond them its hash stands for it: metrics that name others
/// twice, over and over, would otherwise have texts without end.
const MOST_TAKEN_IN: usize = 4096;

fn metric_text(book: &Known<'_>, id: MetricId) -> Rc<str> {
    book.meaning(id, || {
        let Some(metric) = book.metrics.get(id.0) else { return "".into() };
        let value = cell(book, &metric.value);
        match &metric.fill_nulls_with {
            Some(fill) => format!("(?? {value} {})", constant(fill)).into(),
            None => value.into(),
        }
    })
}

/// What a metric means, inside of what another one means.
fn part_text(book: &Known<'_>, id: MetricId) -> String {
    let text = metric_text(book, id);
    if text.len() <= MOST_TAKEN_IN {
        return text.to_string();
    }
    whole(book, text.to_string()).iter().fold("#".to_owned(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A column's declaration; of one that is looked up also the way to it, of a computed one its formula.
pub(super) fn column(book: &Book, table: &Table, column: &Column) -> String {
    if let Some(computed) = &column.computed {
        return row(book, table, &computed.row);
    }
    let mut text = declaration(column);
    // No column is found through more tables than there are; a bound costs nothing and needs no trust.
    let (mut table, mut found) = (table, column.found);
    for _ in 0..crate::lookup::MAX_STEPS {
        let way = found.and_then(|found| {
            let lookup = table.lookups.get(found.lookup)?;
            Some((lookup, book.tables.get(lookup.table.0)?, found.column))
        });
        let Some((lookup, target, theirs)) = way else { break };
        let all = |table: &Table, ids: &[ColumnId]| -> Vec<String> {
            ids.iter().filter_map(|id| table.columns.get(id.0)).map(declaration).collect()
        };
        let times: Vec<ColumnId> =
            target.valid.iter().flat_map(|valid| [Some(valid.from), valid.to]).flatten().collect();
        let at: Vec<ColumnId> = lookup.at.into_iter().collect();
        let name = target.columns.get(theirs.0).map_or_else(String::new, declaration);
        let is = |id: Option<ColumnId>, table: &Table, ty: &ColumnType| {
            id.and_then(|id| table.columns.get(id.0)).is_some_and(|column| column.ty == *ty)
        };
        if is(lookup.at, table, &ColumnType::Timestamp)
            && is(target.valid.map(|valid| valid.from), target, &ColumnType::Date)
        {
            text.push_str(LOCAL);
        }
        let _ = write!(
            text,
            " found {name} in {} by {:?} = {:?} at {:?} in {:?}",
            target.name,
            all(table, &lookup.by),
            all(target, &target.key),
            all(table, &at),
            all(target, &times),
        );
        found = target.columns.get(theirs.0).and_then(|column| column.found);
        table = target;
    }
    text
}

/// A column that places rows in time: its name is enough where it is the table's own.
pub(super) fn placing(book: &Book, table: &Table, own: &Column) -> String {
    if own.found.is_some() { column(book, table, own) } else { own.name.clone() }
}

fn declaration(column: &Column) -> String {
    // A rate that only the book refers to has no name: what the rates are called changes nothing.
    let name = if column.has_a_name() { column.name.as_str() } else { "rate" };
    let mut text = format!("{name}:");
    match &column.ty {
        ColumnType::Int => text.push_str("int"),
        ColumnType::Decimal(scale) => {
            let _ = write!(text, "decimal({scale})");
        }
        ColumnType::Float => text.push_str("float"),
        ColumnType::Bool => text.push_str("bool"),
        ColumnType::Category(None) => text.push_str("category"),
        ColumnType::Category(Some(allowed)) => {
            let _ = write!(text, "category{allowed:?}");
        }
        ColumnType::Id => text.push_str("id"),
        ColumnType::Date => text.push_str("date"),
        ColumnType::Timestamp => text.push_str("timestamp"),
        ColumnType::Duration => text.push_str("duration"),
    }
    if let Some(format) = &column.format {
        // The pattern ends with the quotation mark that the other begins with.
        let zone = if format.utc { "\" UTC" } else { LOCAL_TEXT };
        let _ = write!(text, " as \"{}{zone}", format.pattern.escape_debug());
    }
    if !column.values.is_empty() {
        let _ = write!(text, "{:?}", column.values);
    }
    text
}

fn constant(value: &Const) -> String {
    match value {
        Const::Int(v) => format!("{v}"),
        Const::Decimal { mantissa, scale } => format!("{mantissa}e-{scale}"),
        Const::Float(v) => format!("f{:016x}", v.to_bits()),
        Const::Bool(v) => format!("{v}"),
        Const::Text(v) => format!("{v:?}"),
        Const::Date(v) => format!("d{v}"),
        Const::Timestamp(v) => format!("t{v}"),
        Const::Duration(v) => format!("u{v}"),
    }
}

pub(super) fn arith(op: ArithOp) -> &'static str {
    match op {
        ArithOp::Add => "+",
        ArithOp::Sub => "-",
        ArithOp::Mul => "*",
        ArithOp::Div => "/",
        ArithOp::Rem => "%",
        ArithOp::Pow => "**",
    }
}

pub(super) fn row(book: &Book, table: &Table, expr: &Row) -> String {
    let all = |parts: &[&Row]| parts.iter().map(|part| row(book, table, part)).collect::<Vec<_>>().join(" ");
    match &expr.node {
        RowNode::Const(c) => constant(c),
        RowNode::Missing => format!("(missing {:?})", expr.ty),
        RowNode::Column(id) => {
            table.columns.get(id.0).map_or_else(String::new, |own| column(book, table, own))
        }
        RowNode::Neg(a) => format!("(neg {})", all(&[a])),
        RowNode::Not(a) => format!("(not {})", all(&[a])),
        RowNode::Arith(op, a, b) => format!("({} {})", arith(*op), all(&[a, b])),
        RowNode::Compare(op, a, b) => format!("({op:?} {})", all(&[a, b])),
        RowNode::And(a, b) => format!("(and {})", all(&[a, b])),
        RowNode::Or(a, b) => format!("(or {})", all(&[a, b])),
        RowNode::If(a, b, c) => format!("(if {})", all(&[a, b, c])),
        RowNode::Coalesce(a, b) => format!("(?? {})", all(&[a, b])),
        RowNode::IsNull(a) => format!("(null {})", all(&[a])),
        RowNode::In(a, list) => {
            let list: Vec<String> = list.iter().map(constant).collect();
            format!("(in {} [{}])", row(book, table, a), list.join(" "))
        }
        RowNode::TextTest(test, id, part) => {
            let column = table.columns.get(id.0).map_or_else(String::new, |found| column(book, table, found));
            format!("({test:?} {column} {part:?})")
        }
        RowNode::Cast(a) => format!("(cast {:?} {})", expr.ty, all(&[a])),
        RowNode::Call(RowFn::DaysBetween, args) if args.iter().any(|a| a.ty == RowType::Timestamp) => {
            format!("({LOCAL_DAYS} {})", all(&args.iter().collect::<Vec<_>>()))
        }
        RowNode::Call(
            f @ (RowFn::Truncate(_) | RowFn::DayPart(_) | RowFn::AddMonths | RowFn::AddDays),
            args,
        ) if args.iter().any(|a| a.ty == RowType::Timestamp) => {
            format!("({f:?} {LOCAL}{})", all(&args.iter().collect::<Vec<_>>()))
        }
        RowNode::Call(f, args) => format!("({f:?} {})", all(&args.iter().collect::<Vec<_>>())),
        RowNode::AsOf if expr.ty == RowType::Date => "as_of day".into(),
        RowNode::AsOf => "as_of".into(),
    }
}

pub(super) fn aggregate(book: &Book, aggregate: &Aggregate) -> String {
    let Some(table) = book.tables.get(aggregate.table.0) else { return String::new() };
    let part = |expr: &Option<Row>| expr.as_ref().map_or_else(|| "-".into(), |expr| row(book, table, expr));
    let at = aggregate
        .at
        .and_then(|at| table.columns.get(at.0))
        .map_or_else(|| "-".into(), |own| column(book, table, own));
    format!(
        "[{:?} {} at {at} of {} where {}{}]",
        aggregate.func,
        part(&aggregate.arg),
        table.name,
        part(&aggregate.filter),
        rejecting(aggregate),
    )
}

/// What is added where rows that fail are left out.
pub(super) fn rejecting(aggregate: &Aggregate) -> &'static str {
    match aggregate.on_row_error {
        OnRowError::FailCell => "",
        OnRowError::Reject => " without rows that fail",
    }
}

fn cell(book: &Known<'_>, expr: &Cell) -> String {
    let all = |parts: &[&Cell]| parts.iter().map(|part| cell(book, part)).collect::<Vec<_>>().join(" ");
    match expr {
        Cell::Number { mantissa, scale } => format!("{mantissa}e-{scale}"),
        Cell::Bool(v) => format!("{v}"),
        Cell::Aggregate(a) => aggregate(book, a),
        Cell::Metric(id) => part_text(book, *id),
        Cell::Neg(a) => format!("(neg {})", all(&[a])),
        Cell::Not(a) => format!("(not {})", all(&[a])),
        Cell::Arith(op, a, b) => format!("({} {})", arith(*op), all(&[a, b])),
        Cell::Compare(op, a, b) => format!("({op:?} {})", all(&[a, b])),
        Cell::And(a, b) => format!("(and {})", all(&[a, b])),
        Cell::Or(a, b) => format!("(or {})", all(&[a, b])),
        Cell::If(a, b, c) => format!("(if {})", all(&[a, b, c])),
        Cell::Coalesce(a, b) => format!("(?? {})", all(&[a, b])),
        Cell::IsNull(a) => format!("(null {})", all(&[a])),
        Cell::Call(f, args) => format!("({f:?} {})", all(&args.iter().collect::<Vec<_>>())),
    }
}
