//! From the engine's errors to the package's exceptions, which are classes of `ripplemark._errors`.
//!
//! They are written in Python so that they pickle, have help texts, and can be read by type checkers.

use pyo3::prelude::*;
use pyo3::{PyErr, import_exception};
use ripplemark::diagnostic::{Diagnostic, Severity};

import_exception!(ripplemark._errors, Error);
import_exception!(ripplemark._errors, BookError);
import_exception!(ripplemark._errors, QueryError);
import_exception!(ripplemark._errors, DataError);
import_exception!(ripplemark._errors, StateError);
import_exception!(ripplemark._errors, FileError);

/// A problem as Python sees it: a dict with these keys.
#[derive(IntoPyObject)]
struct Problem {
    severity: &'static str,
    code: &'static str,
    message: String,
    file: String,
    line: usize,
    column: usize,
    metric: Option<String>,
    owner: Option<String>,
    expected: Option<String>,
    hint: Option<String>,
    fix: Option<Fix>,
}

/// A change of the book's text: UTF-8 bytes from `start` to `end`, and what belongs there.
#[derive(IntoPyObject)]
struct Fix {
    start: usize,
    end: usize,
    replacement: String,
}

impl Problem {
    fn new(found: &Diagnostic) -> Problem {
        Problem {
            severity: match found.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            code: found.code,
            message: found.message.clone(),
            file: found.file.clone(),
            line: found.line,
            column: found.column,
            metric: found.metric.clone(),
            owner: found.owner.clone(),
            expected: found.expected.clone(),
            hint: found.hint.clone(),
            fix: found.fix.as_ref().map(|fix| Fix {
                start: fix.span.start,
                end: fix.span.end,
                replacement: fix.replacement.clone(),
            }),
        }
    }
}

/// Problems as a list of dicts.
pub(crate) fn problems<'py>(py: Python<'py>, found: &[Diagnostic]) -> PyResult<Bound<'py, PyAny>> {
    found.iter().map(Problem::new).collect::<Vec<_>>().into_pyobject(py)
}

/// The exception for an error of the engine.
pub(crate) fn raise(error: &ripplemark::Error) -> PyErr {
    let message = error.to_string();
    let found: Vec<Problem> = error.diagnostics().iter().map(Problem::new).collect();
    if error.is_book() {
        PyErr::new::<BookError, _>((message, found))
    } else if error.is_query() {
        PyErr::new::<QueryError, _>((message, found))
    } else if error.is_data() {
        PyErr::new::<DataError, _>((message,))
    } else if error.is_bytes() {
        PyErr::new::<StateError, _>((message,))
    } else if error.is_file() {
        PyErr::new::<FileError, _>((message,))
    } else {
        PyErr::new::<Error, _>((message,))
    }
}

/// The exception for data that cannot be taken.
pub(crate) fn data_error(message: String) -> PyErr {
    PyErr::new::<DataError, _>((message,))
}

/// The page of a code, Markdown.
#[pyfunction]
pub(crate) fn explain_code(code: &str) -> Option<&'static str> {
    ripplemark::diagnostic::explain_code(code).map(|page| page.text)
}
