//! ripplemark: one KPI book, and the same number, to the last bit, everywhere.

pub mod bind;
#[cfg(feature = "compile")]
pub mod book;
pub mod diagnostic;
#[cfg(feature = "compile")]
pub mod lang;
#[cfg(feature = "compile")]
pub mod lower;
pub mod model;
#[cfg(feature = "io")]
pub mod read;
