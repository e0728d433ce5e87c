//! From a checked book and a query to a program: `model` in, bytes out.
//!
//! ```text
//! query ─ question ─► aggregates ─ table, rows ─► row code, slots ─ cells ─► cell code ─ encode ─► bytes
//!                                        └─ lookups ─► plan ───────────────────────────────┘
//! ```
//!
//! Equal expressions become one instruction and equal aggregates one slot, whatever metric they come from.
//! The bytes depend on the book and the query alone: nothing here iterates over a hash map.

mod asked;
mod business;
mod cells;
mod encode;
mod known;
mod lookups;
mod meaning;
mod question;
mod rows;
mod zone;

pub use meaning::metric_meaning;
pub use zone::ZoneTable;

use crate::diagnostic::Diagnostic;
use crate::model::{Aggregate, Book, Cell, ColumnId, MetricId, Query, TableId};
use encode::Encoder;
use question::Question;
use ripplemark_float_env::Standard;
use std::collections::BTreeSet;

/// How a metric's number is computed, as `check` prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exactness {
    /// One rational over counts, integers and decimals, rounded once.
    Exact,
    /// One rational over exact sums of doubles, rounded once.
    ExactOverFloats,
    /// A function such as `sqrt` rounds on the way.
    Rounded,
}

/// Compiles a query against a book.
///
/// # Errors
/// Every problem of the query at once, with codes RM03xx.
///
/// # Panics
/// Never. The same book and query give the same bytes on every machine.
pub fn compile(book: &Book, query: &Query) -> Result<Vec<u8>, Vec<Diagnostic>> {
    // A filter's literals are read here.
    let _standard = Standard::enter();
    let question = Question::resolve(book, query)?;
    let zone = ZoneTable::new(&book.timezone).map_err(|error| {
        vec![question::problem("RM0309", error, Some("use an IANA name such as Europe/Berlin".into()))]
    })?;
    lowered(book, query, &question, &zone)
}

/// Compiles metrics one by one, in a time zone that is read once: finding the changes of a zone takes longer than
/// compiling a metric. For what does not depend on the zone.
pub(crate) fn each_alone(book: &Book) -> impl Iterator<Item = Option<Vec<u8>>> {
    let zone = ZoneTable::new("UTC").ok();
    book.metrics.iter().map(move |metric| {
        let _standard = Standard::enter();
        let query = Query { metrics: vec![metric.name.clone()], ..Query::default() };
        let question = Question::resolve(book, &query).ok()?;
        lowered(book, &query, &question, zone.as_ref()?).ok()
    })
}

fn lowered(
    book: &Book,
    query: &Query,
    question: &Question<'_>,
    zone: &ZoneTable,
) -> Result<Vec<u8>, Vec<Diagnostic>> {
    let mut tables = Vec::new();
    for table in &question.tables {
        tables.push(rows::TableCode::new(book, question, table));
    }
    let mut slots = rows::SlotSet::default();
    for aggregate in &question.aggregates {
        rows::add_slots(book, question, &mut tables, aggregate, &mut slots);
    }
    let slots = slots.sorted();
    let cells = cells::lower(book, question, &slots)?;
    let aggregated: Vec<_> = question.tables.iter().map(|asked| asked.id).zip(&tables).collect();
    let mut plan = lookups::plan(book, &aggregated);
    plan.asked = Some(asked::asked(book, query, question, &slots));
    if plan.has_lookups() {
        plan.zone.clone_from(&zone.entries);
    }
    Encoder::new(book, query, question, zone, &tables, &slots, &cells, &plan).finish()
}

/// Says how a metric's number is computed.
#[must_use]
pub fn exactness(book: &Book, metric: MetricId) -> Exactness {
    book.metrics
        .get(metric.0)
        .map_or(Exactness::Exact, |m| cells::shape(&known::Known::new(book), &m.value).exactness)
}

/// The tables that a metric reads, itself or through other metrics, in the order of the book.
#[must_use]
pub fn tables_read(book: &Book, metric: MetricId) -> Vec<TableId> {
    let mut aggregates = Vec::new();
    let whole = Cell::Metric(metric);
    aggregates_of(book, &whole, &mut Vec::new(), &mut aggregates);
    let mut tables: Vec<TableId> = aggregates.iter().map(|aggregate| aggregate.table).collect();
    tables.sort_unstable();
    tables.dedup();
    tables
}

/// The tables that a metric needs: those that it reads, and those in which it looks something up, in the order of the
/// book. What a query groups or filters by may need more.
#[must_use]
pub fn tables_needed(book: &Book, metric: MetricId) -> Vec<TableId> {
    let mut aggregates = Vec::new();
    let whole = Cell::Metric(metric);
    aggregates_of(book, &whole, &mut Vec::new(), &mut aggregates);
    let mut columns = Vec::new();
    for aggregate in aggregates {
        let Some(table) = book.tables.get(aggregate.table.0) else { continue };
        let mut read = BTreeSet::new();
        for row in aggregate.arg.iter().chain(&aggregate.filter) {
            rows::columns_of(table, row, &mut read);
        }
        columns.push((aggregate.table, read.into_iter().collect()));
    }
    lookups::needed(book, &columns).into_keys().collect()
}

/// The tables that a metric reads, each with the column that places its rows in time.
pub(crate) fn placements(book: &Book, metric: MetricId) -> Vec<(TableId, Option<ColumnId>)> {
    let mut aggregates = Vec::new();
    let whole = Cell::Metric(metric);
    aggregates_of(book, &whole, &mut Vec::new(), &mut aggregates);
    aggregates.iter().map(|aggregate| (aggregate.table, aggregate.at)).collect()
}

/// A problem of a query that stands in no file.
pub(crate) fn query_problem(code: &'static str, message: String, hint: Option<String>) -> Diagnostic {
    question::problem(code, message, hint)
}

/// The problem of a metric that the book does not have.
pub(crate) fn unknown_metric(book: &Book, name: &str) -> Diagnostic {
    question::unknown_metric(book, name)
}

/// Every aggregate that a cell expression stands on, metrics followed.
fn aggregates_of<'b>(book: &'b Book, cell: &'b Cell, seen: &mut Vec<MetricId>, out: &mut Vec<&'b Aggregate>) {
    match cell {
        Cell::Number { .. } | Cell::Bool(_) => {}
        Cell::Aggregate(aggregate) => out.push(aggregate),
        Cell::Metric(id) => {
            if !seen.contains(id) {
                seen.push(*id);
                if let Some(metric) = book.metrics.get(id.0) {
                    aggregates_of(book, &metric.value, seen, out);
                }
            }
        }
        Cell::Neg(a) | Cell::Not(a) | Cell::IsNull(a) => aggregates_of(book, a, seen, out),
        Cell::Arith(_, a, b)
        | Cell::Compare(_, a, b)
        | Cell::And(a, b)
        | Cell::Or(a, b)
        | Cell::Coalesce(a, b) => {
            aggregates_of(book, a, seen, out);
            aggregates_of(book, b, seen, out);
        }
        Cell::If(a, b, c) => {
            for part in [a, b, c] {
                aggregates_of(book, part, seen, out);
            }
        }
        Cell::Call(_, args) => {
            for arg in args {
                aggregates_of(book, arg, seen, out);
            }
        }
    }
}

/// Where a table of the book stands among the tables that a program reads.
fn table_position(question: &Question, table: TableId) -> Option<usize> {
    question.tables.iter().position(|t| t.id == table)
}
