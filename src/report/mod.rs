//! Reports: what a book says about its data, for people.
//!
//! ```text
//! book + data ─ collect ─► facts ─┬─ terminal
//!                                 ├─ page (one HTML file, offline)
//!                                 └─ JSON
//! ```

mod collect;
mod facts;
mod headline;
pub mod page;
pub mod terminal;
mod words;

pub use collect::{Options, collect};
pub use facts::{
    Asked, Driver, Explanation, Finding, Handoff, Link, Metric, Mix, MixSegment, Report, Ring, Shown, Target,
    Tone,
};
pub use headline::{Duty, Sentence, duties, headline};

use crate::Error;
use serde_json::Value;

/// The report as JSON: the names of the fields are those of [`Report`]. Numbers keep all their digits in `value` and are
/// rounded in `text`.
///
/// # Errors
/// None that is known; serialising a report has no case that fails.
pub fn json(report: &Report) -> Result<Value, Error> {
    serde_json::to_value(report)
        .map_err(|error| Error::other(format!("the report cannot be written as JSON: {error}")))
}
