//! Rules: what somebody is to be told, and the status words of metrics.
//!
//! ```text
//! book ─► needs of all rules ─ one pass each ─► facets by scope ─┬─ condition (exact) ─┬─► findings
//!                                                                └─ script (limited) ──┘
//! ```

mod facts;
mod finding;
mod run;
pub(crate) mod script;

pub use finding::{Finding, Findings, Given, MetricStatus, RuleReport, Source};
pub use script::{MAX_CALLS, MAX_LIST, MAX_MAP, MAX_RULE_STEPS, MAX_STEPS, MAX_STRING, MAX_VARIABLES};

use crate::data::Dataset;
use crate::error::Error;
use crate::model::{Book, Grain, Instant};

/// What is asked of the rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// A day of the period to look at. `None`: of each rule the latest period that is over.
    pub period: Option<Instant>,
    /// What is known up to here. `None`: of each rule the latest day of its metrics' data (the earliest of them, if
    /// they differ).
    pub as_of: Option<Instant>,
}

/// Lets every rule of a book look at the data.
///
/// A rule looks at each value of its dimensions that has rows in its period or in the one before. Where its condition
/// has no value it does not fire, and is counted as skipped, with the reason. A script that exceeds a limit or fails
/// stops its own rule; [`RuleReport::failure`] names rule, owners and limit.
///
/// Conditions are reckoned in exact fractions. The result depends on book, data and `ask` alone.
///
/// Costs one pass over the data for each distinct pair of scope and period, one for the targets of each moment, and one
/// for the latest day.
///
/// # Errors
/// If the data lack a column, or cannot be read.
///
/// ```
/// use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
/// use ripplemark::data::Dataset;
/// use ripplemark::rule::{self, Ask};
/// use std::sync::Arc;
///
/// let book = ripplemark::book::load_str(
///     "ripplemark: 1\nbook: {id: acme}\nteams: {sales: Sales}\n\
///      tables: {deals: {time: closed, columns: {closed: date, region: category, won: int}}}\n\
///      metrics: [{name: win_rate, owner: sales, unit: share, of: deals, expr: 'sum(won) / count()'}]\n\
///      rules: [{id: low, scope: region, grain: month, when: 'win_rate.value < 0.4',\n\
///               say: 'win rate ${win_rate.value} in ${region}'}]",
///     "acme.yaml",
/// )?
/// .book;
/// let closed: ArrayRef = Arc::new(Date32Array::from(vec![19_723, 19_753, 19_753])); // 1 and 31 January 2024
/// let region: ArrayRef = Arc::new(StringArray::from(vec!["EMEA", "EMEA", "APAC"]));
/// let won: ArrayRef = Arc::new(Int64Array::from(vec![1, 0, 0]));
/// let batch = RecordBatch::try_from_iter([("closed", closed), ("region", region), ("won", won)])?;
/// let mut data = Dataset::default();
/// data.add_batches("deals", batch.schema(), vec![batch]);
///
/// let found = rule::evaluate(&book, &data, Ask::default())?.findings;
/// assert_eq!(found.len(), 1);
/// assert_eq!(found[0].message, "win rate 0.0 % in APAC");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn evaluate(book: &Book, data: &Dataset, ask: Ask) -> Result<Findings, Error> {
    let _standard = ripplemark_float_env::Standard::enter();
    run::evaluate(book, data, ask)
}

/// The status word of each metric that has a `status` list, over all rows of a period of this length, or over all rows
/// there are.
///
/// # Errors
/// As [`evaluate`].
pub fn statuses(
    book: &Book,
    data: &Dataset,
    grain: Option<Grain>,
    ask: Ask,
) -> Result<Vec<MetricStatus>, Error> {
    let _standard = ripplemark_float_env::Standard::enter();
    run::statuses(book, data, grain, ask)
}
