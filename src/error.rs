//! The one error type of this crate: what went wrong, in words, with predicates for programs.

use crate::bind::{BindError, BindProblem};
use crate::diagnostic::Diagnostic;
use std::fmt;

/// What went wrong. The kinds are private, so that new ones break nobody; ask with the `is_…` methods.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Core(ripplemark_core::Error),
    #[cfg(feature = "compile")]
    Book(crate::book::Diagnostics),
    Query(Vec<Diagnostic>),
    Bind(Vec<BindProblem>),
    Batch(BindError),
    #[cfg(feature = "io")]
    Read(crate::read::ReadError),
    Table {
        name: String,
        known: Vec<String>,
    },
    Lookup(String),
    NoData {
        table: String,
        known: Vec<String>,
    },
    Memory,
    Other(String),
}

impl Error {
    pub(crate) fn query(problems: Vec<Diagnostic>) -> Error {
        Error { kind: Kind::Query(problems) }
    }

    pub(crate) fn bind(problems: Vec<BindProblem>) -> Error {
        Error { kind: Kind::Bind(problems) }
    }

    pub(crate) fn table(name: &str, known: Vec<String>) -> Error {
        Error { kind: Kind::Table { name: name.to_owned(), known } }
    }

    pub(crate) fn lookup(message: impl Into<String>) -> Error {
        Error { kind: Kind::Lookup(message.into()) }
    }

    pub(crate) fn no_data(table: &str, known: Vec<String>) -> Error {
        Error { kind: Kind::NoData { table: table.to_owned(), known } }
    }

    pub(crate) fn memory() -> Error {
        Error { kind: Kind::Memory }
    }

    pub(crate) fn other(message: impl Into<String>) -> Error {
        Error { kind: Kind::Other(message.into()) }
    }

    /// The core's code, where the core refused something.
    #[must_use]
    pub fn core(&self) -> Option<ripplemark_core::Error> {
        match &self.kind {
            Kind::Core(error) => Some(*error),
            _ => None,
        }
    }

    /// Problems of the book or the query, where that is what is wrong.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match &self.kind {
            #[cfg(feature = "compile")]
            Kind::Book(diagnostics) => diagnostics.all(),
            Kind::Query(problems) => problems,
            _ => &[],
        }
    }

    /// True if the book is at fault.
    #[must_use]
    pub fn is_book(&self) -> bool {
        #[cfg(feature = "compile")]
        return matches!(self.kind, Kind::Book(_));
        #[cfg(not(feature = "compile"))]
        false
    }

    /// True if the query is at fault.
    #[must_use]
    pub fn is_query(&self) -> bool {
        matches!(self.kind, Kind::Query(_))
    }

    /// True if data do not fit the program: tables, columns, types, keys of lookups.
    #[must_use]
    pub fn is_data(&self) -> bool {
        matches!(
            self.kind,
            Kind::Bind(_) | Kind::Batch(_) | Kind::Table { .. } | Kind::NoData { .. } | Kind::Lookup(_)
        ) || self.core().is_some_and(|e| (200..300).contains(&(e.code as u32)))
    }

    /// True if program or state bytes are at fault.
    #[must_use]
    pub fn is_bytes(&self) -> bool {
        self.core().is_some_and(|e| matches!(e.code as u32, 100..200 | 301..400))
    }

    /// True if a file could not be read.
    #[must_use]
    pub fn is_file(&self) -> bool {
        #[cfg(feature = "io")]
        return matches!(self.kind, Kind::Read(_));
        #[cfg(not(feature = "io"))]
        false
    }

    /// The table that a question needs and that no data were given of.
    #[must_use]
    pub fn table_without_data(&self) -> Option<&str> {
        match &self.kind {
            Kind::NoData { table, .. } => Some(table),
            _ => None,
        }
    }

    /// True if there was no memory.
    #[must_use]
    pub fn is_memory(&self) -> bool {
        matches!(self.kind, Kind::Memory)
    }
}

fn lines<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T]) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str("\n")?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Core(error) => write!(f, "{error}"),
            #[cfg(feature = "compile")]
            Kind::Book(diagnostics) => write!(f, "{diagnostics}"),
            Kind::Query(problems) => {
                lines(f, problems)?;
                match problems.first() {
                    Some(problem) => write!(f, "\nwhat a code means: ripplemark --explain {}", problem.code),
                    None => Ok(()),
                }
            }
            Kind::Bind(problems) => lines(f, problems),
            Kind::Batch(error) => write!(f, "{error}"),
            #[cfg(feature = "io")]
            Kind::Read(error) => write!(f, "{error}"),
            Kind::Table { name, known } => {
                write!(f, "the program reads no table `{name}`; it reads {}", known.join(", "))
            }
            Kind::NoData { table, known } if known.is_empty() => {
                write!(f, "there are no data of table `{table}`")
            }
            Kind::NoData { table, known } => {
                write!(f, "there are no data of table `{table}`; there are data of {}", known.join(", "))
            }
            Kind::Memory => f.write_str("there is not enough memory for the groups of this query"),
            Kind::Lookup(message) | Kind::Other(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {}

impl From<ripplemark_core::Error> for Error {
    fn from(error: ripplemark_core::Error) -> Error {
        Error { kind: Kind::Core(error) }
    }
}

#[cfg(feature = "compile")]
impl From<crate::book::Diagnostics> for Error {
    fn from(diagnostics: crate::book::Diagnostics) -> Error {
        Error { kind: Kind::Book(diagnostics) }
    }
}

impl From<BindError> for Error {
    fn from(error: BindError) -> Error {
        Error { kind: Kind::Batch(error) }
    }
}

#[cfg(feature = "io")]
impl From<crate::read::ReadError> for Error {
    fn from(error: crate::read::ReadError) -> Error {
        Error { kind: Kind::Read(error) }
    }
}
