//! What can be wrong with a file. Every message names the file, the line where there is one, and what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use arrow::error::ArrowError;

/// A file that cannot be read, or not to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// The file as the caller named it.
    pub path: PathBuf,
    /// The line at which the broken record begins, from 1; `None` where the problem has no line.
    pub line: Option<u64>,
    /// What is wrong.
    pub problem: ReadProblem,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadProblem {
    /// There is no such file.
    Missing,
    /// The file may not be read.
    Forbidden,
    /// The operating system cannot read the file.
    Io(String),
    /// It is a directory.
    Directory,
    /// It is a pipe, a device or a socket.
    NotRegular,
    /// It has no bytes.
    Empty,
    /// It is of a format that is known, but not read.
    Unsupported {
        /// The format.
        what: String,
        /// What to do.
        hint: String,
    },
    /// Neither its extension nor its first bytes say what it is.
    UnknownExtension,
    /// It is called a Parquet file but does not begin like one.
    NotParquet,
    /// It begins like a Parquet file but does not end like one.
    Truncated,
    /// It is a Parquet file that cannot be decoded.
    Parquet(String),
    /// The CSV file has no header line.
    NoHeader,
    /// The whole header is one field that holds another delimiter.
    Delimiter {
        /// The delimiter used.
        used: char,
        /// The delimiter that the header seems to have.
        seen: char,
    },
    /// Two columns of the CSV file have one name, and the table reads it.
    DuplicateColumn {
        /// The name.
        name: String,
    },
    /// A record has another number of fields than the header.
    Ragged {
        /// Fields in the header.
        expected: u64,
        /// Fields in the record.
        found: u64,
    },
    /// A field is not UTF-8.
    NotUtf8 {
        /// The column, as the header names it or as a number from 1.
        column: String,
    },
    /// A quoted field is not closed before the end of the file.
    OpenQuote,
    /// A record is longer than is sensible.
    TooLong {
        /// The bytes that a record may have.
        most: usize,
    },
}

impl ReadError {
    pub(super) fn new(path: &Path, problem: ReadProblem) -> Self {
        ReadError { path: path.to_path_buf(), line: None, problem }
    }

    pub(super) fn at(path: &Path, line: u64, problem: ReadProblem) -> Self {
        ReadError { path: path.to_path_buf(), line: Some(line), problem }
    }

    /// The error of this kind that a batch reader wrapped, if it is one.
    #[must_use]
    pub fn of(error: &ArrowError) -> Option<&ReadError> {
        match error {
            ArrowError::ExternalError(error) => error.downcast_ref(),
            _ => None,
        }
    }
}

impl From<ReadError> for ArrowError {
    fn from(error: ReadError) -> Self {
        ArrowError::ExternalError(Box::new(error))
    }
}

impl ReadProblem {
    pub(super) fn open(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => ReadProblem::Missing,
            io::ErrorKind::PermissionDenied => ReadProblem::Forbidden,
            io::ErrorKind::IsADirectory => ReadProblem::Directory,
            _ => ReadProblem::io(error),
        }
    }

    pub(super) fn io(error: &io::Error) -> Self {
        ReadProblem::Io(error.to_string())
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl fmt::Display for ReadProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadProblem::Missing => {
                write!(f, "there is no such file; check the path and the current directory")
            }
            ReadProblem::Forbidden => write!(f, "the file may not be read; check its permissions"),
            ReadProblem::Io(message) => write!(f, "reading failed: {message}"),
            ReadProblem::Directory => write!(f, "this is a directory; name a file in it"),
            ReadProblem::NotRegular => {
                write!(f, "this is a pipe or a device; expected a file: write the data to one first")
            }
            ReadProblem::Empty => write!(f, "the file is empty; was it written to its end?"),
            ReadProblem::Unsupported { what, hint } => {
                write!(f, "this is {what}; expected Parquet or CSV in UTF-8: {hint}")
            }
            ReadProblem::UnknownExtension => write!(
                f,
                "cannot tell what this file is; expected Parquet, or CSV with an extension of .csv, .tsv or .txt: \
                 rename it"
            ),
            ReadProblem::NotParquet => write!(
                f,
                "not a Parquet file: it does not begin with `PAR1`; write it again, or rename it to .csv if it is \
                 text"
            ),
            ReadProblem::Truncated => write!(
                f,
                "a Parquet file without its end: it was cut short or is still being written; copy or write it again"
            ),
            ReadProblem::Parquet(message) => {
                write!(
                    f,
                    "the Parquet file is damaged or uses what is not supported: {message}; write it again"
                )
            }
            ReadProblem::NoHeader => {
                write!(f, "there is no header line; the first line has to name the columns")
            }
            ReadProblem::Delimiter { used, seen } => write!(
                f,
                "the header is a single field when split at {used:?}; it seems to be separated by {seen:?}: set the \
                 delimiter, or save the file with commas"
            ),
            ReadProblem::DuplicateColumn { name } => {
                write!(f, "two columns are called `{name}`, and the table reads it; rename one in the header")
            }
            ReadProblem::Ragged { expected, found } => write!(
                f,
                "{found} fields, expected {expected} as in the header; look for a delimiter in an unquoted value or \
                 a quotation mark without its partner"
            ),
            ReadProblem::NotUtf8 { column } => {
                write!(f, "column `{column}` is not UTF-8; save the file as UTF-8 (it may be Latin-1)")
            }
            ReadProblem::OpenQuote => write!(
                f,
                "a quotation mark is opened in this record and never closed, so that it runs to the end of the file; \
                 close it"
            ),
            ReadProblem::TooLong { most } => write!(
                f,
                "the record has more than {most} bytes; look for a quotation mark that is opened and never closed"
            ),
        }
    }
}

impl std::error::Error for ReadError {}
