//! Why a call failed, on its way from safe Rust to the caller's error struct.

use crate::code::ripplemark_code;
use ripplemark_rs::Error;
use ripplemark_rs::diagnostic::{Diagnostic, Severity};

/// A code, the sentence that goes with it, and everything else that is to be told.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: ripplemark_code,
    /// Line and column in the book, from 1; 0 where there is none.
    pub(crate) place: (u32, u32),
    pub(crate) message: String,
    /// All problems, for the report; `None` where the message says all.
    pub(crate) report: Option<String>,
}

impl Failure {
    pub(crate) fn new(code: ripplemark_code, message: impl Into<String>) -> Failure {
        Failure { code, place: (0, 0), message: message.into(), report: None }
    }

    /// A pointer that must not be NULL is.
    pub(crate) fn null(what: &str) -> Failure {
        Failure::new(ripplemark_code::RIPPLEMARK_NULL_POINTER, format!("`{what}` is NULL"))
    }

    /// A position past the end.
    pub(crate) fn index(what: &str, at: usize, count: usize) -> Failure {
        Failure::new(
            ripplemark_code::RIPPLEMARK_INDEX,
            format!("there is no {what} {at}: there are {count}, counted from 0"),
        )
    }

    /// Problems of a book or a query; the first error is the message.
    pub(crate) fn diagnostics(code: ripplemark_code, list: &[Diagnostic], report: String) -> Failure {
        let first = list.iter().find(|problem| problem.severity == Severity::Error).or(list.first());
        Failure {
            code,
            place: first.map_or((0, 0), |problem| (saturated(problem.line), saturated(problem.column))),
            message: first.map_or_else(|| report.clone(), ToString::to_string),
            report: Some(report),
        }
    }
}

fn saturated(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        use ripplemark_code as c;
        let code = match error.core() {
            Some(core) => c::of_core(core.code),
            None if error.is_book() => c::RIPPLEMARK_BOOK,
            None if error.is_query() => c::RIPPLEMARK_QUERY,
            None if error.is_data() => c::RIPPLEMARK_DATA,
            None if error.is_file() => c::RIPPLEMARK_FILE,
            None if error.is_memory() => c::RIPPLEMARK_MEMORY,
            None => c::RIPPLEMARK_INTERNAL,
        };
        if error.diagnostics().is_empty() {
            Failure::new(code, error.to_string())
        } else {
            Failure::diagnostics(code, error.diagnostics(), error.to_string())
        }
    }
}
