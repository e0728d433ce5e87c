//! Collects what is wrong with a book while it is read, so that reading goes on and everything is told
//! at once; knows the metric that is being read, so that every problem carries it and its owner.

use std::ops::Range;

use super::codes::{self, Code};
use super::repair::{self, Fix};
use super::source::Source;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lang::is_sure;

/// So many problems are listed; a book with more of them is broken in kind, not in places.
pub(crate) const MAX_LISTED: usize = 500;
/// Names compared in search of what was meant; bounds the time a hostile book can take.
const MAX_COMPARISONS: usize = 50_000;

/// A problem before it knows its line and its metric.
pub(crate) struct Report {
    severity: Severity,
    code: &'static str,
    span: Range<usize>,
    message: String,
    expected: Option<String>,
    hint: Option<String>,
    fix: Option<Fix>,
}

/// A name that exists, near to one that does not.
pub(crate) struct Near {
    pub(crate) name: String,
    /// Whether nothing else can have been meant.
    pub(crate) sure: bool,
}

impl Report {
    pub(crate) fn error(code: Code, span: &Range<usize>, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code.code, span, message.into())
    }

    pub(crate) fn warning(code: Code, span: &Range<usize>, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code.code, span, message.into())
    }

    /// An error with a code of another table.
    pub(crate) fn foreign(code: &'static str, span: &Range<usize>, message: String) -> Self {
        Self::new(Severity::Error, code, span, message)
    }

    fn new(severity: Severity, code: &'static str, span: &Range<usize>, message: String) -> Self {
        Self { severity, code, span: span.clone(), message, expected: None, hint: None, fix: None }
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn maybe(mut self, expected: Option<String>, hint: Option<String>) -> Self {
        self.expected = expected.or(self.expected);
        self.hint = hint.or(self.hint);
        self
    }

    /// "did you mean" where a near name exists; the fix writes it where nothing else can have been meant.
    pub(crate) fn meant(mut self, near: Option<Near>) -> Self {
        if let Some(Near { name, sure }) = near {
            self.hint = Some(format!("did you mean {}?", quoted(&name)));
            self.fix = sure.then_some(Fix::Word(name)).or(self.fix);
        }
        self
    }

    /// What puts the problem right.
    pub(crate) fn fix(mut self, fix: impl Into<Option<Fix>>) -> Self {
        self.fix = fix.into().or(self.fix);
        self
    }
}

/// The problems found so far.
pub(crate) struct Problems<'t> {
    pub(crate) source: &'t Source<'t>,
    list: Vec<Diagnostic>,
    errors: usize,
    unlisted: usize,
    comparisons: usize,
    metric: Option<String>,
    owner: Option<String>,
}

impl<'t> Problems<'t> {
    pub(crate) fn new(source: &'t Source<'t>) -> Self {
        Self { source, list: vec![], errors: 0, unlisted: 0, comparisons: 0, metric: None, owner: None }
    }

    /// From here on problems belong to this metric; `None`: to no metric.
    pub(crate) fn about(&mut self, metric: Option<&str>, owner: Option<&str>) {
        self.metric = metric.map(str::to_owned);
        self.owner = owner.map(str::to_owned);
    }

    pub(crate) fn add(&mut self, report: Report) {
        if report.severity == Severity::Error {
            self.errors += 1;
        }
        if self.list.len() >= MAX_LISTED {
            self.unlisted += 1;
            return;
        }
        self.push(report, None);
    }

    /// A problem in a file that the book names: shown is its place there.
    pub(crate) fn add_in_file(&mut self, report: Report, file: &str, line: usize, column: usize) {
        self.errors += 1;
        if self.list.len() >= MAX_LISTED {
            self.unlisted += 1;
            return;
        }
        self.push(report, Some((file, line, column)));
    }

    fn push(&mut self, report: Report, elsewhere: Option<(&str, usize, usize)>) {
        let start = self.source.boundary(report.span.start);
        let end = self.source.boundary(report.span.end).max(start);
        let (line, column) = self.source.place(start);
        let (file, line, column) = elsewhere.unwrap_or((self.source.file, line, column));
        // Whoever shows a problem tells by its line whether its bytes are those of the book.
        let span = match elsewhere {
            None => start..end,
            Some(_) => {
                let candidates = [start, 0, self.source.text.len()];
                let at = candidates.into_iter().find(|at| self.source.line(*at) != line).unwrap_or(start);
                at..at
            }
        };
        let fix = match (report.fix, elsewhere) {
            (Some(fix), None) => repair::edit(fix, &(start..end), self.source),
            _ => None,
        };
        self.list.push(Diagnostic {
            fix,
            severity: report.severity,
            code: report.code,
            message: report.message,
            file: file.to_owned(),
            line,
            column,
            span,
            metric: self.metric.clone(),
            owner: self.owner.clone(),
            expected: report.expected,
            hint: report.hint,
        });
    }

    /// True once further problems would not be listed: expensive checks may stop.
    pub(crate) fn is_full(&self) -> bool {
        self.list.len() >= MAX_LISTED
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// The candidate nearest to a misspelt word, if one is near enough to be what was meant.
    pub(crate) fn near<'c>(
        &mut self,
        word: &str,
        candidates: impl IntoIterator<Item = &'c str>,
    ) -> Option<Near> {
        let length = word.chars().count();
        if length > 64 || self.is_full() {
            return None;
        }
        let lower = word.to_lowercase();
        let mut best: Option<(usize, &str)> = None;
        let mut others = 0;
        for candidate in candidates {
            if self.comparisons >= MAX_COMPARISONS {
                break;
            }
            let allowed = 1 + length.max(candidate.len()) / 4;
            if candidate.len() > 256 || candidate.chars().count().abs_diff(length) > allowed {
                continue;
            }
            self.comparisons += 1;
            let distance = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
            if distance > allowed || distance >= length {
                continue;
            }
            match best {
                Some((least, name)) if least == distance => {
                    others += usize::from(name != candidate);
                    best = best.min(Some((distance, candidate)));
                }
                Some((least, _)) if least < distance => {}
                _ => (best, others) = (Some((distance, candidate)), 0),
            }
        }
        best.map(|(distance, name)| {
            let sure = others == 0 && is_sure(word, name, distance);
            Near { name: name.to_owned(), sure }
        })
    }

    /// All problems by place, errors and warnings.
    pub(crate) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.list.sort_by(|a, b| {
            (a.span.start, a.severity, a.code, &a.message).cmp(&(
                b.span.start,
                b.severity,
                b.code,
                &b.message,
            ))
        });
        if self.unlisted > 0 {
            let message = format!("{} more problems are not listed", self.unlisted);
            self.list.push(unplaced(self.source.file, codes::TOO_MANY, message));
        }
        self.list
    }
}

/// An error about a file as a whole.
pub(crate) fn unplaced(file: &str, code: Code, message: String) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code: code.code,
        message,
        file: file.to_owned(),
        line: 0,
        column: 0,
        span: 0..0,
        metric: None,
        owner: None,
        expected: None,
        hint: None,
        fix: None,
    }
}

/// Text of the book as a message quotes it: short, on one line, nothing that moves a terminal's cursor.
pub(crate) fn quoted(text: &str) -> String {
    let mut shown = String::from("`");
    for (count, letter) in text.chars().enumerate() {
        if count == 60 {
            shown.push('…');
            break;
        }
        if letter.is_control() { shown.extend(letter.escape_debug()) } else { shown.push(letter) }
    }
    shown.push('`');
    shown
}

/// "`a`, `b` or `c`".
pub(crate) fn one_of(words: &[&str]) -> String {
    let all: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match all.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => all.concat(),
    }
}
