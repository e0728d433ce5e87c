//! What `check` says of a book beyond what loading finds.

mod cost;

pub use cost::{Cost, costs, inexact};

use crate::Program;
use crate::diagnostic::Diagnostic;
use crate::model::{Book, Metric, MetricId, Query, Ring};

/// What a question lacks and a metric cannot help: a constant reads no table, and only a question says `as_of`.
const FAULTS_OF_THE_QUESTION: [&str; 2] = ["RM0302", "RM0311"];

/// What only compiling shows: metrics and saved queries that no program can be made of, and hand-offs that cannot be
/// counted. `file` is the name that the problems carry; they have no line.
///
/// All metrics are compiled together; where that fails, each by itself, as each saved query is.
#[must_use]
pub fn unanswerable(book: &Book, file: &str) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut compile = |query: &Query, about: &str, metric: Option<&Metric>| {
        let Err(error) = Program::compile(book, query) else { return };
        for problem in error.diagnostics() {
            if metric.is_some() && FAULTS_OF_THE_QUESTION.contains(&problem.code) {
                continue;
            }
            found.push(Diagnostic {
                file: file.to_owned(),
                message: format!("{about}: {}", problem.message),
                metric: problem.metric.clone().or_else(|| metric.map(|metric| metric.name.clone())),
                owner: problem.owner.clone().or_else(|| metric.map(|metric| owners(book, metric))),
                ..problem.clone()
            });
        }
    };
    // What can be compiled together can be compiled alone: alone there is less of everything.
    let together = Program::compile(book, &Query::default()).is_ok();
    for metric in book.metrics.iter().filter(|_| !together) {
        let query = Query { metrics: vec![metric.name.clone()], ..Query::default() };
        compile(&query, &format!("metric `{}` cannot be compiled", metric.name), Some(metric));
    }
    for (name, query) in &book.saved_queries {
        compile(query, &format!("saved query `{name}`"), None);
    }
    let of_file = |problem: Diagnostic| Diagnostic { file: file.to_owned(), ..problem };
    found.extend(crate::journey::problems(book).into_iter().map(of_file));
    found
}

/// The shown names of the teams that answer for a metric.
fn owners(book: &Book, metric: &Metric) -> String {
    let names = metric.owners.iter().filter_map(|id| book.teams.get(id.0)).map(|team| team.name.as_str());
    names.collect::<Vec<_>>().join(", ")
}

/// The hash of how a metric is worded: label, owner, unit, description and ring, as in receipts. It says nothing of what the
/// metric means; that is [`metric_meaning`](crate::lower::metric_meaning). Empty for a metric that the book does not have.
#[must_use]
pub fn wording(book: &Book, metric: MetricId) -> String {
    let Some(metric) = book.metrics.get(metric.0) else { return String::new() };
    let ring = match metric.ring {
        None => "",
        Some(Ring::Behaviour) => "behaviour",
        Some(Ring::Conversion) => "conversion",
        Some(Ring::Revenue) => "revenue",
    };
    crate::evaluate::wording_of([
        &metric.label,
        &owners(book, metric),
        &metric.unit_text(),
        &metric.description,
        ring,
    ])
}
