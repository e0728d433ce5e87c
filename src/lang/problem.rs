//! A problem of one formula: where it is in the formula's text, and what its writer can do.
//!
//! It knows neither file nor metric; whoever holds the formula adds those and makes a
//! [`Diagnostic`](crate::diagnostic::Diagnostic) of it.

use std::ops::Range;

/// One problem of a formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Stable code, `RM0205`; [`CODES`](super::CODES) explains each.
    pub code: &'static str,
    /// Bytes of the formula text: the token that the problem is about. Empty at the end of the text where
    /// something is missing there.
    pub at: Range<usize>,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// What was expected.
    pub expected: Option<String>,
    /// What to do.
    pub hint: Option<String>,
    /// Where it stands in a function of the book that the formula calls; `at` is then the call.
    pub within: Option<Box<Within>>,
}

/// A place in a function of the book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Within {
    /// The function's name.
    pub function: String,
    /// Which of the texts with functions, in the order in which they were read.
    pub source: usize,
    /// Bytes of that text.
    pub at: Range<usize>,
}

impl Problem {
    pub(super) fn new(code: &'static str, at: &Range<usize>, message: impl Into<String>) -> Self {
        Self { code, at: at.clone(), message: message.into(), expected: None, hint: None, within: None }
    }

    pub(super) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
