//! The question asked of a book: everything that belongs to the asking and not to the definition.

/// A query: which metrics, by what, over which time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Names of metrics, in the order of the result; empty means all metrics of the book.
    pub metrics: Vec<String>,
    /// Names of the dimensions (columns) to group by; every table that is read must have each of them.
    pub by: Vec<String>,
    /// Length of a period; `None`: no time axis.
    pub grain: Option<Grain>,
    /// Only rows whose `at` lies in this range.
    pub range: Option<Range>,
    /// A row formula; only rows for which it is true enter. Every table that is read must have its columns.
    pub filter: Option<String>,
    /// What is known up to here: later rows do not enter. `None`: the watermark, resolved at finish.
    pub as_of: Option<Instant>,
    /// Add totals and subtotals: `by` rolled up from the right, each with and without the period.
    pub totals: bool,
}

/// Length of a period, in the book's calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Grain {
    Day = 1,
    Week = 2,
    Month = 3,
    Quarter = 4,
    Year = 5,
}

/// A date or a point in time, as the asker wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instant {
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00Z.
    Timestamp(i64),
}

/// A half-open range of time: `from ≤ at < to`. A date stands for its first instant in the book's time zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// First instant inside.
    pub from: Option<Instant>,
    /// First instant outside.
    pub to: Option<Instant>,
}
