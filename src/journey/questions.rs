//! From hand-offs to metrics that count their classes: one question for each table whose rows are handed over.

use super::classes::{Class, Classes, Known};
use super::row::{all, compare, constant, not, surely};
use super::{Ask, handoffs};
use crate::error::Error;
use crate::lower::ZoneTable;
use crate::model::{
    AggFunc, Aggregate, Book, Cell, CmpOp, ColumnId, Const, Good, Handoff, Instant, Metric, MetricKind,
    Query, Row, RowNode, RowType, Stage, StageId, Table, TableId, TeamId,
};

/// The counts of all hand-offs of one table, as metrics. Compile it like any other question to ask for the rows behind a
/// count.
///
/// The metrics are called `stage.class` after the later stage: `customer.accepted`, `customer.ignored`; with
/// [`Class::name`] for the class. `customer.wait` sums the wait of accepted rows, in days or microseconds;
/// `customer.business_wait` in microseconds of business time, where the service level is told in it;
/// `customer.rejected."reason"`, `customer.rejected.other` and `customer.rejected.missing` count listed reasons.
#[derive(Clone, Debug)]
pub struct Question {
    /// The table whose rows are counted.
    pub table: TableId,
    /// The book, with these metrics behind its own.
    pub book: Book,
    /// Asks for them.
    pub query: Query,
    /// The later stages of the hand-offs.
    pub stages: Vec<StageId>,
}

/// The questions that [`evaluate`](super::evaluate) asks, as of a time that is known.
///
/// # Errors
/// If the book has no such hand-offs.
pub fn questions(book: &Book, ask: &Ask, as_of: Instant) -> Result<Vec<Question>, Error> {
    let zone = ZoneTable::new(&book.timezone).map_err(Error::other)?;
    let known = Known::new(as_of, &zone);
    let mut questions: Vec<Question> = Vec::new();
    for id in handoffs(book, ask)? {
        let Some(stage) = book.stages.get(id.0) else { continue };
        let (Some(handoff), Some(table)) = (&stage.handoff, book.tables.get(stage.table.0)) else { continue };
        let metrics = metrics(table, stage, handoff, known);
        let names = metrics.iter().map(|metric| metric.name.clone());
        match questions.iter_mut().find(|question| question.table == stage.table) {
            Some(question) => {
                question.query.metrics.extend(names);
                question.book.metrics.extend(metrics);
                question.stages.push(id);
            }
            None => {
                let query = Query {
                    metrics: names.collect(),
                    by: ask.by.clone(),
                    grain: ask.grain,
                    range: ask.range,
                    filter: None,
                    as_of: Some(as_of),
                    totals: ask.totals,
                };
                let mut book = book.clone();
                book.metrics.extend(metrics);
                questions.push(Question { table: stage.table, book, query, stages: vec![id] });
            }
        }
    }
    Ok(questions)
}

impl Question {
    /// The name of the metric that counts a class of a hand-off.
    #[must_use]
    pub fn metric(stage: &Stage, class: Class) -> String {
        format!("{}.{}", stage.id, class.name())
    }

    /// The name of the metric that sums the wait.
    pub(super) fn wait(stage: &Stage) -> String {
        format!("{}.wait", stage.id)
    }

    /// The name of the metric that sums it in business time.
    pub(super) fn business_wait(stage: &Stage) -> String {
        format!("{}.business_wait", stage.id)
    }

    /// The name of the metric that counts rejections for a listed reason.
    pub(super) fn reason(stage: &Stage, reason: &str) -> String {
        format!("{}.rejected.{reason:?}", stage.id)
    }

    /// The same for reasons that are not listed.
    pub(super) fn other_reason(stage: &Stage) -> String {
        format!("{}.rejected.other", stage.id)
    }

    /// The same for rejections without a reason.
    pub(super) fn no_reason(stage: &Stage) -> String {
        format!("{}.rejected.missing", stage.id)
    }
}

/// Counts the rows that entered the stage before.
pub(super) fn rows_of(stage: &Stage) -> Metric {
    let at = stage.handoff.as_ref().map(|handoff| handoff.starts.at);
    aggregate(stage, at, Question::metric(stage, Class::Entered), AggFunc::Count, None, None)
}

fn metrics(table: &Table, stage: &Stage, handoff: &Handoff, known: Known) -> Vec<Metric> {
    let classes = Classes::new(table, stage, handoff, known);
    let at = Some(handoff.starts.at);
    let count =
        |name: String, condition: Row| aggregate(stage, at, name, AggFunc::Count, None, Some(condition));
    let mut metrics: Vec<Metric> = Class::ALL
        .iter()
        .filter(|class| **class != Class::Rejected || handoff.rejected.is_some())
        .filter_map(|class| Some(count(Question::metric(stage, *class), classes.condition(*class)?)))
        .collect();
    let accepted = classes.condition(Class::Accepted);
    let wait =
        |name: String, wait: Row| aggregate(stage, at, name, AggFunc::Sum, Some(wait), accepted.clone());
    metrics.push(wait(Question::wait(stage), classes.wait()));
    metrics.extend(classes.business_wait(&handoff.sla).map(|row| wait(Question::business_wait(stage), row)));
    if let (Some(column), Some(reasons), Some(rejected)) =
        (handoff.reason, &handoff.reasons, classes.condition(Class::Rejected))
    {
        metrics.extend(reasons.iter().map(|reason| {
            let text = constant(RowType::Text, Const::Text(reason.clone()));
            let condition = all([rejected.clone(), surely(compare(CmpOp::Eq, reason_of(column), text))]);
            count(Question::reason(stage, reason), condition)
        }));
        let is_missing = Row { ty: RowType::Bool, node: RowNode::IsNull(Box::new(reason_of(column))) };
        let texts = reasons.iter().cloned().map(Const::Text).collect();
        let is_listed = Row { ty: RowType::Bool, node: RowNode::In(Box::new(reason_of(column)), texts) };
        let other = all([rejected.clone(), not(is_missing.clone()), not(surely(is_listed))]);
        metrics.push(count(Question::other_reason(stage), other));
        metrics.push(count(Question::no_reason(stage), all([rejected, is_missing])));
    }
    metrics
}

fn reason_of(column: ColumnId) -> Row {
    Row { ty: RowType::Text, node: RowNode::Column(column) }
}

fn aggregate(
    stage: &Stage,
    at: Option<ColumnId>,
    name: String,
    func: AggFunc,
    arg: Option<Row>,
    filter: Option<Row>,
) -> Metric {
    let aggregate = Aggregate { table: stage.table, at, func, arg, filter, on_row_error: Default::default() };
    made(name, stage.owners.clone(), MetricKind::Simple, Cell::Aggregate(Box::new(aggregate)))
}

/// A metric that is nobody's in the book.
pub(super) fn made(name: String, owners: Vec<TeamId>, kind: MetricKind, value: Cell) -> Metric {
    Metric {
        label: name.clone(),
        name,
        description: String::new(),
        ring: None,
        owners,
        unit: None,
        kind,
        formula: String::new(),
        value,
        fill_nulls_with: None,
        good: Good::default(),
        watch: Vec::new(),
        status: Vec::new(),
    }
}
