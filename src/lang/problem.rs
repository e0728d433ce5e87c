//! A problem of one formula: where it is in the formula's text, and what its writer can do.
//!
//! It knows neither file nor metric; whoever holds the formula adds those and makes a
//! [`Diagnostic`](crate::diagnostic::Diagnostic) of it.

use super::names::Guess;
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
    /// What belongs in the place of `at`, where that is certain.
    pub fix: Option<Box<Replacement>>,
    /// Where it stands in a function of the book that the formula calls; `at` is then the call.
    pub within: Option<Box<Within>>,
}

/// A text that belongs in the place of a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The text, as a formula writes it.
    pub text: String,
}

impl Replacement {
    pub(super) fn new(text: impl Into<String>) -> Box<Self> {
        Box::new(Self { text: text.into() })
    }
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
        Self {
            code,
            at: at.clone(),
            message: message.into(),
            expected: None,
            hint: None,
            fix: None,
            within: None,
        }
    }

    pub(super) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Another text belongs in the place of the problem.
    pub(super) fn fix(mut self, text: impl Into<String>) -> Self {
        self.fix = Some(Replacement::new(text));
        self
    }

    /// "did you mean"; the fix writes the name where nothing else can have been meant.
    pub(super) fn meant(mut self, guess: Guess<'_>) -> Self {
        self.fix = guess.sure.then(|| Replacement::new(guess.name));
        self.hint(format!("did you mean `{}`?", guess.name))
    }

    /// As [`meant`](Self::meant), of a text.
    pub(super) fn meant_text(mut self, guess: Guess<'_>) -> Self {
        self.fix = guess.sure.then(|| text_literal(guess.name)).flatten();
        self.hint(format!("did you mean {:?}?", guess.name))
    }
}

/// A text as formulas write it; `None` where it would need escapes.
pub(super) fn text_literal(text: &str) -> Option<Box<Replacement>> {
    let is_plain = !text.contains(|c: char| c == '"' || c == '\\' || c.is_control());
    is_plain.then(|| Replacement::new(format!("\"{text}\"")))
}
