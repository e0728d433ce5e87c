//! The question as a program carries it, for the receipts of its results: the compiled form alone does not tell people
//! what was asked.

use serde::{Deserialize, Serialize};

/// The question that a result answers, and the book that it was asked of, in the words of the asker.
///
/// Dates are `YYYY-MM-DD`, points in time RFC 3339 in UTC; what was not asked for is `None` or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Identifier of the book.
    pub book: String,
    /// The book's own version.
    pub book_version: String,
    /// IANA name of the time zone in which days begin.
    pub timezone: String,
    /// The day a week begins with, 0 = Monday.
    pub first_day_of_week: u8,
    /// The month a year begins with, 1 to 12.
    pub first_month_of_year: u8,
    /// The metrics, in the order of the result.
    pub metrics: Vec<String>,
    /// The dimensions, in the order of the result.
    pub by: Vec<String>,
    /// `day`, `week`, `month`, `quarter` or `year`.
    pub grain: Option<String>,
    /// First time inside the range.
    pub from: Option<String>,
    /// First time outside the range.
    pub to: Option<String>,
    /// The row formula that filters.
    pub filter: Option<String>,
    /// What was known up to here; `None`: the latest row, see [`RowReport::latest`](super::RowReport::latest).
    pub as_of: Option<String>,
    /// Whether totals and subtotals were asked for.
    pub totals: bool,
}

/// What a program carries for receipts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    pub(crate) question: Question,
    /// For each metric of the result, how it is computed in the words of the book.
    pub(crate) formulas: Vec<String>,
    /// For each dimension, the labels of the band that it is, in the order of its edges; empty where no dimension is
    /// one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) labels: Vec<Vec<String>>,
    /// Which slots count rows that failed and were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) rejects: Vec<RejectSlot>,
}

/// A slot that counts rows which a metric has left out for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RejectSlot {
    /// Position among the metrics of the program.
    pub(crate) metric: usize,
    /// Position among its tables.
    pub(crate) table: usize,
    /// Position in a set of reasons.
    pub(crate) reason: u8,
    /// Position among its slots.
    pub(crate) slot: usize,
}

impl Asked {
    /// The one text for what was asked.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what [`Asked::text`] writes; `None` for other texts.
    pub(crate) fn read(text: &str) -> Option<Asked> {
        let asked: Asked = serde_json::from_str(text).ok()?;
        (asked.text() == text).then_some(asked)
    }
}
