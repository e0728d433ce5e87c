//! ripplemark: one KPI book, and the same number, to the last bit, everywhere.

#[cfg(feature = "compile")]
pub mod book;
pub mod diagnostic;
#[cfg(feature = "compile")]
pub mod lang;
pub mod model;
