//! ripplemark: one KPI book, and the same number, to the last bit, everywhere.

pub mod bind;
#[cfg(feature = "compile")]
pub mod book;
pub mod chain;
#[cfg(feature = "compile")]
pub mod check;
pub mod data;
pub mod diagnostic;
pub mod diff;
mod error;
pub mod evaluate;
#[cfg(feature = "compile")]
mod exact;
#[cfg(feature = "compile")]
pub mod explain;
#[cfg(feature = "compile")]
mod facet;
mod fast;
#[cfg(feature = "compile")]
pub mod journey;
#[cfg(feature = "compile")]
pub mod lang;
pub mod lookup;
#[cfg(feature = "compile")]
pub mod lower;
pub mod model;
#[cfg(feature = "io")]
pub mod read;
#[cfg(feature = "compile")]
pub mod report;
pub mod rows;
#[cfg(feature = "compile")]
pub mod rule;
#[cfg(feature = "compile")]
pub mod show;
#[cfg(feature = "compile")]
pub mod target;

pub use error::Error;
pub use evaluate::{Evaluation, Program, ResultSet};
pub use ripplemark_core as core;

/// The examples of the page for authors of Rust services, compiled and run as tests.
#[cfg(all(doctest, feature = "compile", feature = "io"))]
#[doc = include_str!("../docs/RUST.md")]
struct RustPage;
