//! Parquet files, with only the columns that are needed.
//!
//! A file may be damaged or made to do harm. Lengths in it are checked against the file before memory is set aside
//! for them, and a panic of the decoder, which is not ours, ends as an error of the file.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};
use ripplemark_core::types::LogicalType;

use super::{MOST_ROWS, Progress, ReadError, ReadOptions, ReadProblem};
use crate::bind::TableSpec;

/// A Parquet file as a stream of batches.
pub(super) struct ParquetFile {
    path: PathBuf,
    reader: ParquetRecordBatchReader,
    progress: Share,
    ended: bool,
}

/// Bytes reported in step with rows: pages are read ahead, rows are what arrives.
struct Share {
    progress: Progress,
    bytes: u64,
    rows: u64,
    rows_done: u64,
    reported: u64,
}

impl Share {
    fn advance(&mut self, rows: usize) {
        self.rows_done = self.rows_done.saturating_add(rows as u64).min(self.rows);
        let done = u128::from(self.bytes) * u128::from(self.rows_done) / u128::from(self.rows.max(1));
        self.report(u64::try_from(done).unwrap_or(self.bytes));
    }

    fn finish(&mut self) {
        self.report(self.bytes);
    }

    fn report(&mut self, done: u64) {
        self.progress.advance(done.saturating_sub(self.reported));
        self.reported = self.reported.max(done);
    }
}

impl ParquetFile {
    pub(super) fn open(
        path: &Path,
        mut file: File,
        length: u64,
        options: &ReadOptions,
    ) -> Result<Self, ReadError> {
        let fail = |problem: ReadProblem| ReadError::new(path, problem);
        let mut end = [0; 4];
        // Two marks and the length of the footer between them.
        if length < 12 {
            return Err(fail(ReadProblem::Truncated));
        }
        file.seek(SeekFrom::End(-4))
            .and_then(|_| file.read_exact(&mut end))
            .map_err(|error| fail(ReadProblem::io(&error)))?;
        if &end != b"PAR1" {
            return Err(fail(ReadProblem::Truncated));
        }
        guarded(|| build(Bounded { file, length }, options)).map_err(fail).map(|(reader, bytes, rows)| {
            options.progress.expect(bytes);
            let progress =
                Share { progress: options.progress.clone(), bytes, rows, rows_done: 0, reported: 0 };
            ParquetFile { path: path.to_path_buf(), reader, progress, ended: false }
        })
    }
}

/// Runs the decoder so that its panics become errors.
fn guarded<T, E: std::fmt::Display>(decode: impl FnOnce() -> Result<T, E>) -> Result<T, ReadProblem> {
    match catch_unwind(AssertUnwindSafe(decode)) {
        Ok(Ok(decoded)) => Ok(decoded),
        Ok(Err(error)) => Err(ReadProblem::Parquet(error.to_string())),
        Err(_) => Err(ReadProblem::Parquet("the decoder gave up".into())),
    }
}

/// The reader, the compressed bytes of the columns it reads, and the rows of the file.
fn build(file: Bounded, options: &ReadOptions) -> Result<(ParquetRecordBatchReader, u64, u64), ParquetError> {
    let mut metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())?;
    if let Some(table) = &options.table
        && let Some(schema) = with_dictionaries(metadata.schema(), table)
    {
        let hint = ArrowReaderOptions::new().with_schema(Arc::new(schema));
        // Only a faster layout: a file whose embedded schema does not allow the hint is read without it.
        if let Ok(hinted) = ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), hint) {
            metadata = hinted;
        }
    }
    let wanted = wanted(metadata.schema(), options.table.as_ref());
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
    let mask = match wanted {
        Some(roots) => ProjectionMask::roots(builder.parquet_schema(), roots),
        None => ProjectionMask::all(),
    };
    let (mut bytes, mut rows) = (0_u64, 0_u64);
    for group in builder.metadata().row_groups() {
        rows = rows.saturating_add(u64::try_from(group.num_rows()).unwrap_or(0));
        for (leaf, column) in group.columns().iter().enumerate() {
            if mask.leaf_included(leaf) {
                bytes = bytes.saturating_add(u64::try_from(column.compressed_size()).unwrap_or(0));
            }
        }
    }
    let batch_rows = options.batch_rows.clamp(1, MOST_ROWS);
    let reader = builder.with_projection(mask).with_batch_size(batch_rows).build()?;
    Ok((reader, bytes, rows))
}

/// Positions of the columns that a table needs; `None`: all.
fn wanted(schema: &Schema, table: Option<&TableSpec>) -> Option<Vec<usize>> {
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    table?.positions_in(&names)
}

/// The schema with the categories of a table as dictionaries, which is how most files store them: the core then
/// looks at every text once instead of once per row. `None` if there is nothing to change.
fn with_dictionaries(schema: &Schema, table: &TableSpec) -> Option<Schema> {
    let category = |name: &str| {
        table.columns.iter().any(|column| {
            column.required
                && column.ty == LogicalType::Category
                && (column.source == name || column.name == name)
        })
    };
    let mut changed = false;
    let fields: Vec<Arc<Field>> = schema
        .fields()
        .iter()
        .map(|field| {
            let text = matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
            if !(text && category(field.name())) {
                return Arc::clone(field);
            }
            changed = true;
            let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            Arc::new(field.as_ref().clone().with_data_type(dictionary))
        })
        .collect();
    changed.then(|| Schema::new_with_metadata(fields, schema.metadata().clone()))
}

impl Iterator for ParquetFile {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match guarded(|| self.reader.next().transpose()) {
            Ok(Some(batch)) => {
                self.progress.advance(batch.num_rows());
                Some(Ok(batch))
            }
            Ok(None) => {
                self.ended = true;
                self.progress.finish();
                None
            }
            Err(problem) => {
                self.ended = true;
                Some(Err(ReadError::new(&self.path, problem).into()))
            }
        }
    }
}

impl RecordBatchReader for ParquetFile {
    fn schema(&self) -> SchemaRef {
        self.reader.schema()
    }
}

/// A file that refuses ranges outside of itself before memory is set aside for them.
struct Bounded {
    file: File,
    length: u64,
}

impl Length for Bounded {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Bounded {
    type T = BufReader<File>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        self.check(start, 0)?;
        self.file.get_read(start)
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        self.check(start, length as u64)?;
        self.file.get_bytes(start, length)
    }
}

impl Bounded {
    fn check(&self, start: u64, length: u64) -> parquet::errors::Result<()> {
        match start.checked_add(length) {
            Some(end) if end <= self.length => Ok(()),
            _ => Err(ParquetError::EOF(format!(
                "{length} bytes at {start} are outside of a file of {} bytes",
                self.length
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_decoder_is_an_error_of_the_file() {
        let index = std::hint::black_box(3);
        let decoded = guarded(|| [1, 2].get(index).copied().ok_or("outside"));
        assert_eq!(decoded, Err(ReadProblem::Parquet("outside".into())));
        let decoded = guarded(|| Ok::<_, String>([1, 2][index]));
        assert_eq!(decoded, Err(ReadProblem::Parquet("the decoder gave up".into())));
    }

    #[test]
    fn ranges_outside_of_the_file_are_refused() {
        let file = Bounded { file: tempfile::tempfile().unwrap(), length: 10 };
        assert!(file.check(10, 0).is_ok() && file.check(2, 8).is_ok());
        for (start, length) in [(11, 0), (2, 9), (u64::MAX, 1), (0, u64::MAX)] {
            assert!(file.check(start, length).is_err(), "{length} bytes at {start}");
        }
        assert!(file.get_read(11).is_err());
        assert!(file.get_bytes(0, usize::MAX).is_err());
    }
}
