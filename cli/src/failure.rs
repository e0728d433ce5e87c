//! Why the program ends without a result, and the exit code that says so to scripts.

use crate::terminal::{Terminal, shown_lines};
use ripplemark::Error;
use ripplemark::book::Diagnostics;
use std::process::ExitCode;

/// The book is wrong.
const BOOK: u8 = 1;
/// The options are wrong, or ask what the book cannot answer.
pub(crate) const USAGE: u8 = 2;
/// Two results differ: no failure, but scripts want to know.
pub(crate) const DIFFERENT: u8 = 4;
/// Files, data or bytes are wrong.
const DATA: u8 = 3;

#[derive(Debug)]
pub(crate) enum Failure {
    /// The book is wrong.
    Book(Diagnostics),
    /// The book is wrong, and everything has been said.
    BookTold,
    /// The book cannot answer the query.
    Query(Diagnostics),
    /// The options do not go together.
    Usage(String),
    /// A file, data or bytes are at fault.
    Data(String),
    /// Whoever reads the output has seen enough.
    Quiet,
}

impl Failure {
    /// The failure of a library call that concerns neither the book nor the query.
    pub(crate) fn data(about: &str, error: &dyn std::fmt::Display) -> Failure {
        Failure::Data(format!("{about}: {error}"))
    }

    /// Tells standard error what happened; gives the exit code.
    pub(crate) fn report(self, terminal: &Terminal) -> ExitCode {
        let code = match &self {
            Failure::Book(problems) => {
                terminal.note(&rendered(problems, terminal));
                BOOK
            }
            Failure::BookTold => BOOK,
            Failure::Query(problems) => {
                terminal.note(&rendered(problems, terminal));
                USAGE
            }
            Failure::Usage(message) => {
                terminal.note(&format!("error: {}", shown_lines(message)));
                USAGE
            }
            Failure::Data(message) => {
                terminal.note(&format!("error: {}", shown_lines(message)));
                DATA
            }
            Failure::Quiet => 0,
        };
        ExitCode::from(code)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        if let Some(table) = error.table_without_data() {
            let table = table.to_owned();
            Failure::Usage(format!("no file for table `{table}`: add --table {table}=FILE"))
        } else if error.is_query() {
            Failure::Query(Diagnostics::new(error.diagnostics().to_vec(), ""))
        } else {
            Failure::Data(error.to_string())
        }
    }
}

/// Problems with the lines they stand in, coloured where that is wanted.
pub(crate) fn rendered(problems: &Diagnostics, terminal: &Terminal) -> String {
    if terminal.is_coloured() { problems.to_coloured() } else { problems.to_string() }
}

/// ` (did you mean …?)` where a known name comes close.
pub(crate) fn did_you_mean<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    known
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(String::new, |(_, candidate)| format!(" (did you mean `{candidate}`?)"))
}
