//! CSV files, read as text.
//!
//! Records are split by the `csv` crate. It is lenient where a spreadsheet would be; two things are checked in
//! addition because they lose rows without a word: a quotation mark that is still open at the end of the file, and
//! records whose number of fields differs from the header's.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, RecordBatchReader, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use csv::{ErrorKind, Position, StringRecord};

use super::{MOST_ROWS, Progress, ReadError, ReadOptions, ReadProblem};

/// More than any sensible record has; keeps the 32-bit offsets of a batch from overflowing.
const MOST_RECORD_BYTES: usize = 256 << 20;
/// A batch of very long texts ends here, however few rows it has.
const ENOUGH_BATCH_BYTES: usize = 64 << 20;

/// A CSV file as a stream of batches of text columns.
pub(super) struct CsvFile {
    path: PathBuf,
    reader: csv::Reader<BufReader<Counted>>,
    header: Vec<String>,
    /// Positions of the columns that are read.
    wanted: Vec<usize>,
    schema: SchemaRef,
    batch_rows: usize,
    delimiter: u8,
    record: StringRecord,
    /// Where the record read last begins.
    last: Position,
    ended: bool,
}

/// A file that reports what is read from it.
struct Counted {
    file: File,
    progress: Progress,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.progress.advance(read as u64);
        Ok(read)
    }
}

impl CsvFile {
    pub(super) fn open(
        path: &Path,
        mut file: File,
        length: u64,
        delimiter: u8,
        options: &ReadOptions,
    ) -> Result<Self, ReadError> {
        file.seek(SeekFrom::Start(0)).map_err(|error| ReadError::new(path, ReadProblem::io(&error)))?;
        options.progress.expect(length);
        let counted = Counted { file, progress: options.progress.clone() };
        let reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .from_reader(BufReader::with_capacity(1 << 18, counted));
        let mut opened = CsvFile {
            path: path.to_path_buf(),
            reader,
            header: Vec::new(),
            wanted: Vec::new(),
            schema: Arc::new(Schema::empty()),
            batch_rows: options.batch_rows.clamp(1, MOST_ROWS),
            delimiter,
            record: StringRecord::new(),
            last: Position::new(),
            ended: false,
        };
        if !opened.read_record()? {
            return Err(ReadError::new(path, ReadProblem::NoHeader));
        }
        opened.header = opened.record.iter().map(str::to_string).collect();
        opened.wanted = opened.choose(options)?;
        let fields: Vec<Field> = opened
            .wanted
            .iter()
            .filter_map(|at| opened.header.get(*at))
            .map(|name| Field::new(name, DataType::Utf8, true))
            .collect();
        opened.schema = Arc::new(Schema::new(fields));
        Ok(opened)
    }

    /// The columns to read, by their positions.
    fn choose(&self, options: &ReadOptions) -> Result<Vec<usize>, ReadError> {
        let all = || (0..self.header.len()).collect();
        let Some(table) = &options.table else {
            return Ok(all());
        };
        let names: Vec<&str> = self.header.iter().map(String::as_str).collect();
        let Some(wanted) = table.positions_in(&names) else {
            if let [only] = names[..]
                && let used = char::from(self.delimiter)
                && let mut marks = [',', ';', '\t', '|'].into_iter()
                && let Some(seen) = marks.find(|mark| *mark != used && only.contains(*mark))
            {
                let problem = ReadProblem::Delimiter { used, seen };
                return Err(ReadError::at(&self.path, 1, problem));
            }
            return Ok(all());
        };
        let mut seen: Vec<&str> = Vec::with_capacity(wanted.len());
        for name in wanted.iter().filter_map(|at| names.get(*at)) {
            if seen.contains(name) {
                let problem = ReadProblem::DuplicateColumn { name: name.to_string() };
                return Err(ReadError::at(&self.path, 1, problem));
            }
            seen.push(name);
        }
        Ok(wanted)
    }

    /// Reads the next record; false at the end of the file.
    fn read_record(&mut self) -> Result<bool, ReadError> {
        let more = self.reader.read_record(&mut self.record).map_err(|error| self.explain(error))?;
        if !more {
            return if self.quote_is_open() {
                Err(ReadError::at(&self.path, self.line(&self.last), ReadProblem::OpenQuote))
            } else {
                Ok(false)
            };
        }
        if let Some(position) = self.record.position() {
            self.last = position.clone();
        }
        if self.record.as_slice().len() > MOST_RECORD_BYTES {
            let problem = ReadProblem::TooLong { most: MOST_RECORD_BYTES };
            return Err(ReadError::at(&self.path, self.line(&self.last), problem));
        }
        Ok(true)
    }

    fn explain(&self, error: csv::Error) -> ReadError {
        let line = error.position().map(|position| self.line(position));
        let problem = match error.into_kind() {
            ErrorKind::Io(error) => ReadProblem::io(&error),
            ErrorKind::UnequalLengths { expected_len, len, .. } => {
                ReadProblem::Ragged { expected: expected_len, found: len }
            }
            ErrorKind::Utf8 { err, .. } => {
                let column = self.header.get(err.field()).cloned();
                ReadProblem::NotUtf8 { column: column.unwrap_or_else(|| (err.field() + 1).to_string()) }
            }
            other => ReadProblem::Io(format!("{other:?}")),
        };
        ReadError { path: self.path.clone(), line, problem }
    }

    /// The line on which a record begins. The position of a record lies right behind the record before it, which
    /// may leave half a line break and empty lines in between.
    fn line(&self, position: &Position) -> u64 {
        let mut line = position.line();
        // A file that cannot be read again costs the exact line, not the message.
        if let Ok(bytes) = bytes_from(&self.path, position.byte()) {
            for byte in bytes.map_while(Result::ok) {
                match byte {
                    b'\n' => line += 1,
                    b'\r' => {}
                    _ => break,
                }
            }
        }
        line
    }

    /// Whether the record read last, which is the last of the file, ends inside a quoted field.
    fn quote_is_open(&self) -> bool {
        #[derive(PartialEq)]
        enum At {
            FieldStart,
            Plain,
            Quoted,
            /// Behind a quotation mark in a quoted field: its end, or the first half of a doubled one.
            Mark,
        }
        let Ok(bytes) = bytes_from(&self.path, self.last.byte()) else {
            return false;
        };
        let mut at = At::FieldStart;
        let bom = if self.last.byte() == 0 { 3 } else { 0 };
        for (index, byte) in bytes.map_while(Result::ok).enumerate() {
            at = match (at, byte) {
                (At::FieldStart, 0xef | 0xbb | 0xbf) if index < bom => At::FieldStart,
                (At::Quoted, b'"') => At::Mark,
                (At::Quoted, _) => At::Quoted,
                (At::Mark | At::FieldStart, b'"') => At::Quoted,
                (_, b'\r' | b'\n') => At::FieldStart,
                (_, byte) if byte == self.delimiter => At::FieldStart,
                _ => At::Plain,
            };
        }
        at == At::Quoted
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>, ArrowError> {
        let mut columns: Vec<StringBuilder> = self.wanted.iter().map(|_| StringBuilder::new()).collect();
        let (mut rows, mut bytes) = (0, 0);
        while rows < self.batch_rows && bytes < ENOUGH_BATCH_BYTES && self.read_record()? {
            rows += 1;
            bytes += self.record.as_slice().len();
            for (column, at) in columns.iter_mut().zip(&self.wanted) {
                column.append_option(self.record.get(*at).filter(|field| !field.is_empty()));
            }
        }
        if rows == 0 {
            return Ok(None);
        }
        let arrays: Vec<ArrayRef> =
            columns.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef).collect();
        // A table may need no column at all and still count its rows.
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options).map(Some)
    }
}

fn bytes_from(path: &Path, byte: u64) -> io::Result<impl Iterator<Item = io::Result<u8>>> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
    file.seek(SeekFrom::Start(byte))?;
    file.fill_buf()?;
    Ok(file.bytes())
}

impl Iterator for CsvFile {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let batch = self.next_batch().transpose();
        self.ended = !matches!(batch, Some(Ok(_)));
        batch
    }
}

impl RecordBatchReader for CsvFile {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
