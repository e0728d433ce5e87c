//! The native half of the Python package: handles on books, programs, evaluations and results.
//!
//! What people call is written in Python (`python/ripplemark`), where signatures, help texts and types are at home.
//! Here stands only what needs the engine. Every call that computes releases the interpreter and turns errors and
//! panics into the package's own exceptions.

mod book;
mod dataset;
mod error;
mod evaluation;
mod guard;
mod input;
mod program;
mod questions;
mod result;
mod rows;

use pyo3::prelude::*;

/// The module `ripplemark._ripplemark`.
#[pymodule]
mod _ripplemark {
    #[pymodule_export]
    use super::book::{Book, load_file, load_text, unit_look};
    #[pymodule_export]
    use super::dataset::Dataset;
    #[pymodule_export]
    use super::error::explain_code;
    #[pymodule_export]
    use super::evaluation::Evaluation;
    #[pymodule_export]
    use super::program::Program;
    #[pymodule_export]
    use super::questions::{explained, findings, journeys, mixed, reported, targets};
    #[pymodule_export]
    use super::result::ResultSet;
    #[pymodule_export]
    use super::rows::{DrillThrough, RowStream};

    /// The version of the engine, as receipts carry it.
    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const version: &str = env!("CARGO_PKG_VERSION");
}
