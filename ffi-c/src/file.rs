//! Files in: what the library reads so that a C program need not bring a reader of Parquet.

use crate::code::ripplemark_code;
use crate::failure::Failure;
use arrow::array::RecordBatch;
use ripplemark_rs::Error;
use ripplemark_rs::bind::TableSpec;
use ripplemark_rs::read::{ReadError, ReadOptions, open};
use std::path::Path;

/// Hands every batch of a file to `feed`. Without a table all columns are read; the first batch will be refused.
///
/// # Errors
/// Why the file cannot be read, or what `feed` refuses; earlier batches have been fed.
pub(crate) fn feed(
    path: &Path,
    table: Option<TableSpec>,
    mut feed: impl FnMut(&RecordBatch) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let within =
        |failure: Failure| Failure { message: format!("{}: {}", path.display(), failure.message), ..failure };
    let reader = open(path, &ReadOptions { table, ..ReadOptions::default() }).map_err(Error::from)?;
    // A file of no rows has columns, too, and they may be the wrong ones.
    feed(&RecordBatch::new_empty(reader.schema())).map_err(within)?;
    for batch in reader {
        let batch = batch.map_err(|error| match ReadError::of(&error) {
            Some(known) => Failure::from(Error::from(known.clone())),
            None => within(Failure::new(ripplemark_code::RIPPLEMARK_FILE, error.to_string())),
        })?;
        feed(&batch).map_err(within)?;
    }
    Ok(())
}
