//! ripplemark: one KPI book, and the same number, to the last bit, everywhere.

pub mod diagnostic;
#[cfg(feature = "compile")]
pub mod lang;
pub mod model;
