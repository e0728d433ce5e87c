//! Journeys: how many rows go from stage to stage, how soon, whose they are, and what is lost on the way.
//!
//! ```text
//! stages of the book ─ classes (row formulas) ─ questions (metrics, one program a table) ─► counts ─► hand-offs
//!        latest time in the data ─ known ─► as_of ─┘                          worth of a lost row ─┘
//! ```
//!
//! Every count is a metric that is compiled and evaluated like those of the book, so it is exact, it can be merged, and
//! the rows behind it can be asked for. What is divided here is divided as fractions and rounded once.

mod assemble;
mod classes;
mod frame;
mod known;
mod number;
mod questions;
mod result;
mod row;
mod unit;
mod worth;

pub use classes::Class;
pub use known::AsOf;
pub use questions::{Question, questions};
pub use result::{Amount, Counts, Goal, Handoff, Journeys, Mean, Share};

use crate::data::Dataset;
use crate::diagnostic::{Diagnostic, Severity};
use crate::error::Error;
use crate::evaluate::{Coordinate, Program};
use crate::model::{Book, Grain, Instant, Range, StageId};
use ripplemark_float_env::Standard;

/// What is asked of a book's stages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ask {
    /// The later stages of the hand-offs, by id; empty: every hand-off of the book.
    pub stages: Vec<String>,
    /// Dimensions to group by; the table of every hand-off that is asked for must have them.
    pub by: Vec<String>,
    /// Length of a period, into which rows fall by their entry into the earlier stage; `None`: no time axis.
    pub grain: Option<Grain>,
    /// Only rows that entered the earlier stage in this range.
    pub range: Option<Range>,
    /// What is known up to here. `None`: the latest time in the columns of the hand-offs.
    pub as_of: Option<Instant>,
    /// Add totals and subtotals, as in [`Query::totals`](crate::model::Query::totals).
    pub totals: bool,
}

/// Follows rows from stage to stage.
///
/// The data are read once for each table whose rows are counted, once more to find the latest time where `as_of` is not
/// given, once more for reasons that the book does not list, and once for what a lost row is worth.
///
/// # Errors
/// Problems of the question (no such stage or dimension, a metric of a leak's value without a time), or of the data.
///
/// ```
/// use arrow::array::{ArrayRef, Date32Array, RecordBatch};
/// use ripplemark::{data::Dataset, journey};
/// use std::sync::Arc;
///
/// let book = ripplemark::book::load_str(
///     "ripplemark: 1\nbook: {id: acme}\nteams: {marketing: Marketing, sdr: Sales Development}\n\
///      tables: {leads: {columns: {created: date, called: date}}}\n\
///      stages:\n\
///      - {id: lead, of: leads, enters: created, owner: marketing}\n\
///      - {id: contacted, from: lead, enters: called, owner: sdr, sla: {within: 2d, goal: 0.9, ignored_after: 7d}}",
///     "acme.yaml",
/// )?
/// .book;
/// let created: ArrayRef = Arc::new(Date32Array::from(vec![19_000, 19_000, 19_010]));
/// let called: ArrayRef = Arc::new(Date32Array::from(vec![Some(19_001), None, None]));
/// let batch = RecordBatch::try_from_iter([("created", created), ("called", called)])?;
/// let mut data = Dataset::default();
/// data.add_batches("leads", batch.schema(), vec![batch]);
///
/// let journeys = journey::evaluate(&book, &data, &journey::Ask::default())?;
/// let handoff = &journeys.handoffs[0];
/// let counts = handoff.counts.as_ref().unwrap();
/// assert_eq!((counts.entered, counts.accepted, counts.ignored, counts.pending), (3, 1, 1, 1));
/// assert_eq!(handoff.within_share.as_ref().unwrap().exact, "1/2");
/// assert_eq!((handoff.owner_from.as_str(), handoff.leak), ("Marketing", Some(1)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn evaluate(book: &Book, data: &Dataset, ask: &Ask) -> Result<Journeys, Error> {
    let _standard = Standard::enter();
    let stages = handoffs(book, ask)?;
    let as_of = match ask.as_of {
        Some(instant) => Some(AsOf { instant, source: None }),
        None => known::latest(book, data, &stages)?,
    };
    // Without any time no row has entered anything, and every day is as good.
    let instant = as_of.as_ref().map_or(Instant::Date(0), |as_of| as_of.instant);
    let asked = questions(book, ask, instant)?;
    let worths = worth::of(book, data, &stages, instant)?;
    let mut handoffs = Vec::new();
    let mut notes = worths.notes;
    let mut receipts = worths.receipt.into_iter().collect::<Vec<_>>();
    for question in &asked {
        let found = assemble::handoffs(book, data, question, &worths.values, receipts.len())?;
        handoffs.extend(found.handoffs);
        receipts.push(found.receipt);
        notes.extend(found.notes);
    }
    // By hand-off in the order of the book, whatever table it is of; within one in the order of the result.
    let position = |handoff: &Handoff| book.stages.iter().position(|stage| stage.id == handoff.to);
    handoffs.sort_by_key(position);
    Ok(Journeys { as_of, by: ask.by.clone(), grain: ask.grain.map(core_grain), handoffs, notes, receipts })
}

/// What only compiling shows of a book's hand-offs: those that no program can be made of, such as one whose lost rows
/// are worth a metric without a time. Empty for a book without hand-offs.
#[must_use]
pub fn problems(book: &Book) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut tell = |stage: StageId, error: &Error| {
        let Some(stage) = book.stages.get(stage.0) else { return };
        let owners = stage.owners.iter().filter_map(|id| book.teams.get(id.0)).map(|team| team.name.as_str());
        let owner = owners.collect::<Vec<_>>().join(", ");
        found.extend(error.diagnostics().iter().map(|problem| Diagnostic {
            message: format!("hand-off to `{}`: {}", stage.id, problem.message),
            owner: Some(owner.clone()),
            ..problem.clone()
        }));
    };
    for at in (0..book.stages.len()).map(StageId) {
        let Some(stage) = book.stages.get(at.0).filter(|stage| stage.handoff.is_some()) else { continue };
        let ask = Ask { stages: vec![stage.id.clone()], ..Ask::default() };
        let counts = questions(book, &ask, Instant::Date(0)).and_then(|questions| {
            questions.iter().try_for_each(|asked| Program::compile(&asked.book, &asked.query).map(drop))
        });
        let worth = worth::question(book, &[at], Instant::Date(0)).map(drop);
        for error in [counts.err(), worth.err()].into_iter().flatten() {
            tell(at, &error);
        }
    }
    found
}

/// The later stages of the hand-offs that are asked for, in the order of the book.
pub(crate) fn handoffs(book: &Book, ask: &Ask) -> Result<Vec<StageId>, Error> {
    let mut problems = Vec::new();
    let has_handoff = |id: &StageId| book.stages.get(id.0).is_some_and(|stage| stage.handoff.is_some());
    let all: Vec<StageId> = (0..book.stages.len()).map(StageId).filter(has_handoff).collect();
    for name in &ask.stages {
        let Some(stage) = book.stages.iter().find(|stage| stage.id == *name) else {
            let known: Vec<&str> = book.stages.iter().map(|stage| stage.id.as_str()).collect();
            problems.push(problem(
                "RM0321",
                format!("the book `{}` has no stage `{name}`", book.id),
                format!("its stages are {}", known.join(", ")),
            ));
            continue;
        };
        if stage.handoff.is_none() {
            problems.push(problem(
                "RM0321",
                format!("stage `{name}` is a first stage: nothing is handed over to it"),
                "name the stage that rows are handed over to".to_owned(),
            ));
        }
    }
    if all.is_empty() && problems.is_empty() {
        problems.push(problem(
            "RM0320",
            format!("the book `{}` has no hand-offs", book.id),
            "add `stages` to the book, and to the second one `from` with the first".to_owned(),
        ));
    }
    if !problems.is_empty() {
        return Err(Error::query(problems));
    }
    let asked = |id: &StageId| {
        ask.stages.is_empty() || book.stages.get(id.0).is_some_and(|stage| ask.stages.contains(&stage.id))
    };
    Ok(all.into_iter().filter(asked).collect())
}

/// The same length, as the core spells it.
fn core_grain(grain: Grain) -> ripplemark_core::time::Grain {
    use ripplemark_core::time::Grain as Core;
    match grain {
        Grain::Day => Core::Day,
        Grain::Week => Core::Week,
        Grain::Month => Core::Month,
        Grain::Quarter => Core::Quarter,
        Grain::Year => Core::Year,
    }
}

fn problem(code: &'static str, message: String, hint: String) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code,
        message,
        file: "query".into(),
        line: 0,
        column: 0,
        span: 0..0,
        metric: None,
        owner: None,
        expected: None,
        hint: Some(hint),
        fix: None,
    }
}

/// Where a group stands in one dimension, by the dimension's name.
pub type Place = (String, Coordinate);

#[cfg(test)]
mod tests;
