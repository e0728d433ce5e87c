//! Problems of a book or a query, told to the person who wrote it.
//!
//! All problems of an input are collected before anything is refused, and each carries what its reader
//! needs to act: where, which metric, whose, what was expected, what to do.

#[cfg(feature = "compile")]
mod pages;

mod edit;

use std::fmt;
use std::ops::Range;

#[cfg(feature = "compile")]
pub use pages::{Page, explain_code, pages};

pub use edit::Edit;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The input cannot be used.
    Error,
    /// The input can be used; somebody should look.
    Warning,
}

/// One problem, with its place and its reader's next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Stable code, `RM0104`. Codes are never reused.
    pub code: &'static str,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// The file as the caller named it.
    pub file: String,
    /// Line, from 1; 0 where the problem has no place in a file.
    pub line: usize,
    /// Column in characters, from 1; 0 where the problem has no place in a file.
    pub column: usize,
    /// Bytes of the file that the problem covers; empty where unknown.
    pub span: Range<usize>,
    /// The metric concerned.
    pub metric: Option<String>,
    /// The metric's owners, as the book writes them, joined by ", ".
    pub owner: Option<String>,
    /// What was expected.
    pub expected: Option<String>,
    /// What to do.
    pub hint: Option<String>,
    /// A change of the file that puts this problem right. Only where it is certain what was meant.
    pub fix: Option<Edit>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        } else if !self.file.is_empty() {
            write!(f, "{}: ", self.file)?;
        }
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{word}[{}]: {}", self.code, self.message)?;
        match (&self.metric, &self.owner) {
            (Some(metric), Some(owner)) => write!(f, " (metric {metric}, owner {owner})")?,
            (Some(metric), None) => write!(f, " (metric {metric})")?,
            _ => {}
        }
        if let Some(expected) = &self.expected {
            write!(f, "; expected {expected}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}
