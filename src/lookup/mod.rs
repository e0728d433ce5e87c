//! Lookups: columns that a table finds in at most one row of another.
//!
//! ```text
//! plan (what has to be provided, where columns come from) ─► stock (a table that is looked into: its index, columns)
//!                                                               └─► Lookups: rows in, wide columns out, reports
//! ```
//!
//! No row is ever multiplied: a key names one row, or one row for each time, and that is checked. Rows that find
//! nothing stay, their found columns are missing, and they are counted. The core sees ordinary columns.

mod bytes;
mod index;
mod key;
mod plan;
mod report;
mod shelf;
mod stock;
#[cfg(test)]
mod tests;
mod value;
mod widen;

pub use report::LookupReport;

#[cfg(feature = "compile")]
pub(crate) use plan::{MAX_STEPS, PlanColumn, PlanFound, PlanLookup};
pub(crate) use plan::{Plan, PlanTable};
pub(crate) use widen::{Lookups, Wide};

/// Bytes that the tables of an evaluation that are looked into may take together, unless another limit is set: 1 GiB.
pub const DEFAULT_LIMIT: u64 = 1 << 30;
