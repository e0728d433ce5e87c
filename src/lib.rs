//! ripplemark: one KPI book, and the same number, to the last bit, everywhere.

pub mod bind;
pub mod diagnostic;
pub mod model;
#[cfg(feature = "io")]
pub mod read;
