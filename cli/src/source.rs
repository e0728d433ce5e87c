//! What a command is asked about: a book, or a program that was compiled from one.

use crate::args::QueryOptions;
use crate::failure::Failure;
use crate::question;
use crate::terminal::Terminal;
use ripplemark::Program;
use ripplemark::book::{self, Diagnostics, Loaded, MAX_BYTES};
use ripplemark::core::program::layout::MAGIC;
use ripplemark::model::{Book, Query};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// More bytes than any program has; a device may never end.
const MOST_PROGRAM_BYTES: u64 = 1 << 30;

/// A book that can be used, with its warnings.
pub(crate) struct ReadBook {
    pub(crate) book: Book,
    pub(crate) warnings: Diagnostics,
}

/// A program, and the tables that may be named beside it.
pub(crate) struct Asked {
    pub(crate) program: Program,
    /// Tables of the book; of a program those that it reads.
    pub(crate) known_tables: Vec<String>,
}

/// Reads a book.
pub(crate) fn book(path: &Path) -> Result<ReadBook, Failure> {
    let bytes = bytes_of(path)?;
    if bytes.starts_with(&MAGIC) {
        return Err(Failure::Usage(format!(
            "{}: this is a compiled program; expected a book (YAML or JSON)",
            path.display()
        )));
    }
    read_book(path, &bytes)
}

/// Reads a book and compiles the query, or reads a program.
pub(crate) fn ask(path: &Path, options: &QueryOptions, terminal: &Terminal) -> Result<Asked, Failure> {
    let bytes = bytes_of(path)?;
    asked(path, bytes, options.given(), options, |_, _| Ok(()), terminal)
}

/// As [`ask`], for a question about one cell: `complete` adds what the cell's place asks for, and a program may be asked
/// for one of its metrics.
pub(crate) fn ask_cell(
    path: &Path,
    options: &QueryOptions,
    complete: impl FnOnce(&Book, &mut Query) -> Result<(), Failure>,
    terminal: &Terminal,
) -> Result<Asked, Failure> {
    let bytes = bytes_of(path)?;
    let given = options.given().into_iter().filter(|name| *name != "--metric").collect();
    asked(path, bytes, given, options, complete, terminal)
}

/// `given` are the options that a program has no use for.
fn asked(
    path: &Path,
    bytes: Vec<u8>,
    given: Vec<&'static str>,
    options: &QueryOptions,
    complete: impl FnOnce(&Book, &mut Query) -> Result<(), Failure>,
    terminal: &Terminal,
) -> Result<Asked, Failure> {
    if bytes.starts_with(&MAGIC) {
        if !given.is_empty() {
            return Err(Failure::Usage(format!(
                "{}: a program brings its own query; leave out {}, or give the book instead",
                path.display(),
                given.join(", ")
            )));
        }
        let program =
            Program::from_bytes(bytes).map_err(|error| Failure::data(&path.display().to_string(), &error))?;
        let known_tables = program.tables().into_iter().map(|table| table.name).collect();
        return Ok(Asked { program, known_tables });
    }
    let ReadBook { book, warnings } = read_book(path, &bytes)?;
    let count = warnings.warnings().count();
    if count > 0 {
        terminal.note(&format!(
            "{}: {count} warning{}; `ripplemark check` shows {}",
            path.display(),
            if count == 1 { "" } else { "s" },
            if count == 1 { "it" } else { "them" },
        ));
    }
    let mut query = question::query(&book, options)?;
    complete(&book, &mut query)?;
    let program = Program::compile(&book, &query)?;
    Ok(Asked { program, known_tables: book.tables.into_iter().map(|table| table.name).collect() })
}

fn read_book(path: &Path, bytes: &[u8]) -> Result<ReadBook, Failure> {
    let name = path.display().to_string();
    let Loaded { book, warnings } =
        book::load_bytes_in(bytes, &name, path.parent().unwrap_or(Path::new(""))).map_err(Failure::Book)?;
    let text = String::from_utf8_lossy(bytes);
    Ok(ReadBook { book, warnings: Diagnostics::new(warnings, &text) })
}

/// The bytes of a book (one more than allowed is enough to know) or of a program. Read once: it may be a pipe.
fn bytes_of(path: &Path) -> Result<Vec<u8>, Failure> {
    let read = || {
        let mut bytes = Vec::new();
        let mut file = File::open(path)?;
        file.by_ref().take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.starts_with(&MAGIC) {
            file.take(MOST_PROGRAM_BYTES).read_to_end(&mut bytes)?;
        }
        std::io::Result::Ok(bytes)
    };
    read().map_err(|error| Failure::Data(format!("{}: cannot be read: {error}", path.display())))
}
