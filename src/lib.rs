//! ripplemark: one KPI book, and the same number, to the last bit, everywhere.

pub mod bind;
#[cfg(feature = "compile")]
pub mod book;
pub mod diagnostic;
mod error;
pub mod evaluate;
#[cfg(feature = "compile")]
pub mod lang;
#[cfg(feature = "compile")]
pub mod lower;
pub mod model;
#[cfg(feature = "io")]
pub mod read;

pub use error::Error;
pub use evaluate::{Evaluation, Program, ResultSet};
pub use ripplemark_core as core;
