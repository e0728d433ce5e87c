//! Parquet and CSV files as streams of Arrow batches.
//!
//! Decoding is left to well-kept crates; what is done here is to find out what a file really is, to read no more
//! columns than a table needs, and to say what is wrong with a file in words that name it. No type is ever guessed:
//! Parquet brings its types along, every field of a CSV file is text until [`bind`](crate::bind) parses it by the
//! declared type.

mod csv_file;
mod parquet_file;
mod problem;
mod progress;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use arrow::array::RecordBatchReader;

use crate::bind::TableSpec;

pub use problem::{ReadError, ReadProblem};
pub use progress::Progress;

/// The most rows that a batch may have.
const MOST_ROWS: usize = 65_536;

/// How to read a file.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// Read only the columns that this table requires; `None`: all. If one of them is not in the file, all columns
    /// are read, so that the [`Binder`](crate::bind::Binder) can say what is there instead.
    pub table: Option<TableSpec>,
    /// Rows of a batch, at most 65,536; the last batch, and batches of very long texts, have fewer.
    pub batch_rows: usize,
    /// What separates the fields of a CSV file; `None`: a tab in files that end in `.tsv`, a comma in others.
    pub delimiter: Option<u8>,
    /// Told how far reading has come. One may be shared by several files.
    pub progress: Progress,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions { table: None, batch_rows: 32_768, delimiter: None, progress: Progress::default() }
    }
}

impl ReadOptions {
    /// The usual options, and only the columns that a table requires.
    #[must_use]
    pub fn for_table(table: &TableSpec) -> Self {
        ReadOptions { table: Some(table.clone()), ..ReadOptions::default() }
    }
}

/// Opens a Parquet or CSV file.
///
/// A Parquet file is recognised by its first bytes, a CSV file by its extension (`.csv`, `.tsv`, `.txt`). CSV needs a
/// header line; an empty field is a missing value. Errors met while reading arrive as
/// [`ArrowError::ExternalError`](arrow::error::ArrowError::ExternalError), from which [`ReadError::of`] takes them
/// out; after an error the stream has ended.
///
/// ```no_run
/// use ripplemark::read::{ReadOptions, open};
///
/// let options = ReadOptions::default();
/// for batch in open("deals.parquet", &options)? {
///     println!("{} of {} bytes, {} rows", options.progress.done(), options.progress.total(), batch?.num_rows());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The file is missing, unreadable, empty, a directory, of another format, or its header or footer is damaged.
pub fn open(
    path: impl AsRef<Path>,
    options: &ReadOptions,
) -> Result<Box<dyn RecordBatchReader + Send>, ReadError> {
    let path = path.as_ref();
    let fail = |problem: ReadProblem| ReadError::new(path, problem);
    let mut file = File::open(path).map_err(|error| fail(ReadProblem::open(&error)))?;
    let about = file.metadata().map_err(|error| fail(ReadProblem::open(&error)))?;
    if about.is_dir() {
        return Err(fail(ReadProblem::Directory));
    }
    if !about.is_file() {
        return Err(fail(ReadProblem::NotRegular));
    }
    if about.len() == 0 {
        return Err(fail(ReadProblem::Empty));
    }
    let mut start = Vec::with_capacity(16);
    file.by_ref().take(16).read_to_end(&mut start).map_err(|error| fail(ReadProblem::io(&error)))?;
    if start.starts_with(b"PAR1") {
        return Ok(Box::new(parquet_file::ParquetFile::open(path, file, about.len(), options)?));
    }
    if let Some((what, hint)) = known_format(&start) {
        return Err(fail(ReadProblem::Unsupported { what: what.into(), hint: hint.into() }));
    }
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("parquet" | "parq" | "pq") => Err(fail(ReadProblem::NotParquet)),
        Some("csv" | "txt" | "tsv") => {
            let usual = if extension.as_deref() == Some("tsv") { b'\t' } else { b',' };
            let delimiter = options.delimiter.unwrap_or(usual);
            Ok(Box::new(csv_file::CsvFile::open(path, file, about.len(), delimiter, options)?))
        }
        _ => Err(fail(ReadProblem::UnknownExtension)),
    }
}

/// Formats that are often handed over instead, by their first bytes: what they are and what to do.
fn known_format(start: &[u8]) -> Option<(&'static str, &'static str)> {
    const FORMATS: [(&[u8], &str, &str); 9] = [
        (b"PARE", "an encrypted Parquet file", "write it without footer encryption"),
        (b"\x1f\x8b", "compressed with gzip", "decompress it first, or write Parquet"),
        (b"\x28\xb5\x2f\xfd", "compressed with zstd", "decompress it first, or write Parquet"),
        (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "unpack it, or save the sheet as CSV (UTF-8)"),
        (b"ARROW1", "an Arrow IPC (Feather) file", "write Parquet, or hand the batches over in memory"),
        (b"ORC", "an ORC file", "write Parquet"),
        (b"Obj\x01", "an Avro file", "write Parquet"),
        (b"\xff\xfe", "text in UTF-16", "save it as UTF-8"),
        (b"\xfe\xff", "text in UTF-16", "save it as UTF-8"),
    ];
    FORMATS.iter().find(|(magic, ..)| start.starts_with(magic)).map(|(_, what, hint)| (*what, *hint))
}
