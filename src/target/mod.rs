//! Targets: how far each metric is on the way to its goal, and whose gap it is.
//!
//! ```text
//! book, data ─ standing ─► actual, goal, elapsed days ─ course ─► pace, gap, status ─ figure ─► TargetStatus
//! ```

mod course;
mod figure;
mod standing;

pub use crate::facet::Why;
pub use course::{Course, Exact, Judged, Status};
pub use figure::Figure;
pub use standing::{OwnerGap, PartStatus, Standing, TargetStatus};

pub(crate) use figure::{Look, shown};
pub(crate) use standing::{Scope, statuses, team_names};

use crate::data::Dataset;
use crate::error::Error;
use crate::model::{Book, Instant};

/// Where every target of a book stands, in the order of the book.
///
/// `as_of` is the last day that is known. Without it, each target goes by the latest day of its own metric's data (the
/// earliest of them, if the metric reads several tables): a metric whose data end in April is not judged in June.
///
/// Actual values, goals, paces and gaps are exact fractions; only what is shown is rounded. A number that cannot be
/// had is missing, with the reason: `empty` (no rows yet), `zero_denominator` (a goal of 0, no day passed, a goal equal
/// to its baseline), `no_data` (a table that the data do not have), or the reasons of the metric's own cell.
///
/// Costs one pass over the data for each distinct period of the targets, and one for the latest day.
///
/// # Errors
/// If the data lack a column, or cannot be read.
///
/// ```
/// use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch};
/// use ripplemark::data::Dataset;
/// use ripplemark::target::{self, Status};
/// use std::sync::Arc;
///
/// let book = ripplemark::book::load_str(
///     "ripplemark: 1\nbook: {id: acme}\nteams: {sales: Sales}\n\
///      tables: {deals: {time: closed, columns: {closed: date, amount: int}}}\n\
///      metrics: [{name: revenue, owner: sales, agg: sum, expr: amount}]\n\
///      targets: [{metric: revenue, goal: 310, from: 2024-01-01, due: 2024-01-31, owner: sales}]",
///     "acme.yaml",
/// )?
/// .book;
/// let closed: ArrayRef = Arc::new(Date32Array::from(vec![19_723, 19_732])); // 1 and 10 January 2024
/// let amount: ArrayRef = Arc::new(Int64Array::from(vec![40, 50]));
/// let batch = RecordBatch::try_from_iter([("closed", closed), ("amount", amount)])?;
/// let mut data = Dataset::default();
/// data.add_batches("deals", batch.schema(), vec![batch]);
///
/// let revenue = &target::evaluate(&book, &data, None)?[0];
/// assert_eq!(revenue.standing.expected.value(), Some(100.0)); // 10 of 31 days
/// assert_eq!(revenue.standing.pace.exact().as_deref(), Some("0.9"));
/// assert_eq!(revenue.standing.status, Some(Status::AtRisk));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn evaluate(book: &Book, data: &Dataset, as_of: Option<Instant>) -> Result<Vec<TargetStatus>, Error> {
    let _standard = ripplemark_float_env::Standard::enter();
    let wanted: Vec<(usize, Scope)> = (0..book.targets.len()).map(|i| (i, Scope { as_of })).collect();
    statuses(book, data, &wanted)
}
