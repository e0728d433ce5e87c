//! What moved a metric: between two periods, between two segments, between plan and reality.
//!
//! A book says what a metric is made of (`links`), the engine gives the values of the parts in both states as exact
//! fractions, and the [`chain`](crate::chain) splits the change among them. Nothing is rounded before it is shown.
//!
//! ```no_run
//! use ripplemark::{book, data::Dataset, explain, model::{Grain, Query}};
//!
//! let book = book::load_path("acme.yaml")?.book;
//! let mut data = Dataset::default();
//! data.add_file("deals", "deals.parquet", None);
//! let ask = explain::Ask {
//!     query: Query { grain: Some(Grain::Quarter), ..Query::default() },
//!     ..explain::Ask::new("bookings")
//! };
//! for found in explain::explain(&book, &data, &ask)?.explained {
//!     println!("{} → {}: {:?}", found.from, found.to, found.outcome.map(|chain| chain.change.shown));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod against;
mod drivers;
mod facts;
mod json;
mod pairs;
mod quantum;
mod segments;

use crate::chain;
use crate::data::Dataset;
use crate::error::Error;
use crate::evaluate::{Coordinate, MetricInfo, Program, Receipt};
use crate::lower;
use crate::model::{Book, Good, MetricId, Query};
use ripplemark_core::Flags;
use std::collections::BTreeMap;

pub(crate) use facts::signed;
pub(crate) use quantum::of_difference;
pub use segments::{Mix, MixAsk, MixExplained, SegmentEffect, explain_mix};

/// The two states that are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Versus {
    /// A period and the one before it; the query needs a grain.
    Prior(Periods),
    /// What the metric's targets expect by now, and what has been reached; the query can have an `as_of` only.
    Target,
    /// Two values of a dimension, in each period if the query has a grain.
    Segments {
        /// The dimension.
        dim: String,
        /// The value compared with.
        from: String,
        /// The value explained.
        to: String,
    },
}

/// Which periods are compared with the one before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Periods {
    /// The latest one that is over and was not cut by the query's range.
    Latest,
    /// The one that holds this day (days since 1970-01-01).
    Of(i64),
    /// All for which there is a period before.
    All,
}

/// A question for what moved a metric.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The metric.
    pub metric: String,
    /// What is compared with what.
    pub versus: Versus,
    /// Groups, grain, range, filter and `as_of`; its metrics and totals are not looked at.
    pub query: Query,
    /// Digits after the point of what is shown, may be negative; `None`: what suits the metric's unit and size.
    pub digits: Option<i8>,
}

impl Ask {
    /// A metric's latest whole period against the one before; the query still needs its grain.
    #[must_use]
    pub fn new(metric: &str) -> Ask {
        Ask {
            metric: metric.to_owned(),
            versus: Versus::Prior(Periods::Latest),
            query: Query::default(),
            digits: None,
        }
    }
}

/// A metric in the role of a driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriverInfo {
    /// Name, label, owner, unit, ring and meaning.
    pub info: MetricInfo,
    /// Names of the owning teams.
    pub owners: Vec<String>,
}

/// Answers, with what they have in common.
#[derive(Clone, Debug)]
pub struct Explanations {
    /// The metric.
    pub metric: DriverInfo,
    /// Which direction of it is the good one.
    pub good: Good,
    /// Its identity, as the book writes it.
    pub formula: String,
    /// The drivers; contributions refer to their positions.
    pub drivers: Vec<DriverInfo>,
    /// Names of the query's dimensions.
    pub dims: Vec<String>,
    /// One answer for each group and pair of states: by group, then by period.
    pub explained: Vec<Explained>,
    /// What the values were made of.
    pub receipt: Receipt,
}

/// What moved the metric from one state to another in one group.
#[derive(Clone, Debug)]
pub struct Explained {
    /// One coordinate for each dimension.
    pub key: Vec<Coordinate>,
    /// The state compared with: a period, or a segment.
    pub from: String,
    /// The state explained.
    pub to: String,
    /// The drivers' values in both states, as results give them.
    pub values: Vec<(DriverValue, DriverValue)>,
    /// Flags of the metric in either state, such as `partial_period`.
    pub flags: Flags,
    /// The contributions, or why there are none.
    pub outcome: Result<chain::Explanation, chain::ChainError>,
    /// What a reader should know: drivers that were filled in, values that the formula stands in for.
    pub notes: Vec<String>,
}

/// A driver's value in one state.
#[derive(Clone, Debug, PartialEq)]
pub struct DriverValue {
    /// Correctly rounded; `None` where there is none.
    pub value: Option<f64>,
    /// Its digits, if it is a whole number.
    pub whole: Option<String>,
    /// Why there is none, joined by "|".
    pub reason: String,
}

impl Explanations {
    /// Contributions by owner: sums of what is printed. What is unexplained stands under `unexplained`.
    #[must_use]
    pub fn by_owner(&self, explained: &chain::Explanation) -> BTreeMap<String, chain::Contribution> {
        explained.by(|part| self.joined(&part.leaves, |driver| driver.info.owner.clone()))
    }

    /// Contributions by ring, likewise; metrics without a ring stand under the empty text.
    #[must_use]
    pub fn by_ring(&self, explained: &chain::Explanation) -> BTreeMap<String, chain::Contribution> {
        explained.by(|part| self.joined(&part.leaves, |driver| driver.info.ring.to_owned()))
    }

    /// The names of a contribution's drivers, joined; `unexplained` for none.
    #[must_use]
    pub fn name(&self, part: &chain::Contribution) -> String {
        self.joined(&part.leaves, |driver| driver.info.name.clone())
    }

    fn joined(&self, leaves: &[usize], word: impl Fn(&DriverInfo) -> String) -> String {
        if leaves.is_empty() {
            return UNEXPLAINED.to_owned();
        }
        let mut words: Vec<String> = Vec::new();
        for driver in leaves.iter().filter_map(|&leaf| self.drivers.get(leaf)) {
            let word = word(driver);
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words.join(" and ")
    }
}

/// The name of what the drivers do not account for.
pub const UNEXPLAINED: &str = "unexplained";

/// Says what moved a metric.
///
/// Drivers are the leaves of the metric's identity in the book's `links`, or of its own definition where that is
/// arithmetic over metrics. Each pair of states has an outcome of its own: one that cannot be split does not hide the
/// others.
///
/// # Errors
/// If the metric does not exist or has no drivers, the query cannot be answered, or the data cannot be read.
pub fn explain(book: &Book, data: &Dataset, ask: &Ask) -> Result<Explanations, Error> {
    let id = metric_named(book, &ask.metric)?;
    let found = drivers::drivers(book, id).ok_or_else(|| no_drivers(book, id))?;
    let drivers = found.map_err(|why| refused("RM0314", format!("metric `{}`: {why}", ask.metric), None))?;
    match ask.versus {
        Versus::Target => against::explain(book, data, ask, id, &drivers),
        _ => pairs::explain(book, data, ask, id, &drivers),
    }
}

/// True if a metric has drivers: an identity in the book, or a definition that is arithmetic over metrics.
#[must_use]
pub fn has_drivers(book: &Book, metric: MetricId) -> bool {
    matches!(drivers::drivers(book, metric), Some(Ok(_)))
}

pub(crate) fn metric_named(book: &Book, name: &str) -> Result<MetricId, Error> {
    let found = book.metrics.iter().position(|metric| metric.name == name).map(MetricId);
    found.ok_or_else(|| Error::query(vec![lower::unknown_metric(book, name)]))
}

fn no_drivers(book: &Book, id: MetricId) -> Error {
    let name = book.metrics.get(id.0).map_or("", |metric| metric.name.as_str());
    refused(
        "RM0314",
        format!("the book does not say what metric `{name}` is made of"),
        Some(format!("add a link to it: {{to: {name}, identity: \"volume * rate * size\"}}")),
    )
}

pub(crate) fn refused(code: &'static str, message: String, hint: Option<String>) -> Error {
    Error::query(vec![lower::query_problem(code, message, hint)])
}

fn good(book: &Book, id: MetricId) -> Good {
    book.metrics.get(id.0).map_or(Good::default(), |metric| metric.good)
}

/// Who a metric belongs to and what it means, from the program that computes it.
fn driver_info(book: &Book, id: MetricId, program: &Program) -> DriverInfo {
    let metric = book.metrics.get(id.0);
    let name = metric.map_or("", |metric| metric.name.as_str());
    let view = program.view();
    let position = (0..view.metric_count()).find(|&i| view.metric(i).name == name).unwrap_or(0);
    let owners = metric.map(|metric| metric.owners.iter()).into_iter().flatten();
    DriverInfo {
        info: crate::evaluate::metric_info(view, position),
        owners: owners.filter_map(|team| book.teams.get(team.0)).map(|team| team.name.clone()).collect(),
    }
}

fn is_partial(flags: Flags) -> bool {
    flags.0 & Flags::PARTIAL_PERIOD.0 != 0
}
