//! From a finished evaluation to what the user asked for, on the screen or in a file.

pub(crate) mod columnar;
mod table;

pub(crate) use ripplemark::show as layout;

use crate::args::{ResultFormat, ResultOptions};
use crate::atomic;
use crate::failure::Failure;
use crate::terminal::Terminal;
use arrow::array::RecordBatch;
pub(crate) use columnar::{csv, field, parquet};
use ripplemark::evaluate::EXACT_VALUE;
use ripplemark::{Evaluation, ResultSet};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Files that are wanted beside the result.
#[derive(Clone, Copy)]
pub(crate) struct Beside<'o> {
    /// Where the state goes.
    pub(crate) state: Option<&'o Path>,
    /// Where the receipt goes.
    pub(crate) receipt: Option<&'o Path>,
}

/// Where the receipt of a format without room for it goes; devices and pipes have no place beside them.
fn sidecar(path: &Path) -> Option<PathBuf> {
    let is_file = std::fs::metadata(path).is_ok_and(|about| about.is_file()) || !path.exists();
    let is_place = is_file && !["/dev", "/proc"].iter().any(|place| path.starts_with(place));
    is_place.then(|| {
        let mut name = path.as_os_str().to_owned();
        name.push(".receipt");
        PathBuf::from(name)
    })
}

/// Refuses what cannot be done before any file is read.
pub(crate) fn check(options: &ResultOptions) -> Result<(), Failure> {
    if options.format == ResultFormat::Parquet && options.output.is_none() {
        return Err(Failure::Usage("Parquet is no text: add --output FILE".into()));
    }
    Ok(())
}

/// Finishes the evaluation and writes the result, and the state where it is wanted.
///
/// Everything is made before anything is written, so that an error leaves no half of a result.
pub(crate) fn conclude(
    evaluation: &Evaluation,
    options: &ResultOptions,
    beside: Beside<'_>,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let set = evaluation.finish()?;
    let bytes = match options.format {
        ResultFormat::Table => table::render(&set, terminal.width(options.width)).into_bytes(),
        ResultFormat::Json => pretty(&set.to_json())?,
        ResultFormat::Csv => csv(&as_text(set.to_record_batch()))?,
        ResultFormat::Parquet => parquet(&set.to_record_batch())?,
    };
    if let Some(path) = beside.state {
        atomic::write(path, &evaluation.state_bytes()?)?;
    }
    let own = options.output.as_deref().filter(|_| options.format == ResultFormat::Csv).and_then(sidecar);
    if let Some(path) = beside.receipt.map(Path::to_path_buf).or(own) {
        let receipt = serde_json::to_value(&set.receipt)
            .map_err(|error| Failure::Data(format!("the receipt cannot be written as JSON: {error}")))?;
        atomic::write(&path, &pretty(&receipt)?)?;
    }
    write(options, &bytes, terminal)?;
    // The other formats have room for it themselves.
    if matches!(options.format, ResultFormat::Csv | ResultFormat::Parquet) {
        terminal.note(&account(&set));
    }
    Ok(())
}

/// The result without its column of decimals: in a text the column `exact` has the same digits.
fn as_text(mut batch: RecordBatch) -> RecordBatch {
    if let Ok(decimals) = batch.schema().index_of(EXACT_VALUE) {
        batch.remove_column(decimals);
    }
    batch
}

/// Writes what was asked for, to a file or to the screen.
pub(crate) fn write(options: &ResultOptions, bytes: &[u8], terminal: &Terminal) -> Result<(), Failure> {
    match &options.output {
        Some(path) => atomic::write(path, bytes),
        None => terminal.write(bytes),
    }
}

/// What became of the data, in a few lines, and the receipt.
pub(crate) fn account(set: &ResultSet) -> String {
    let mut text = String::new();
    for line in set.notes().into_iter().chain([set.receipt_line()]) {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// JSON that people can read, with a line break at its end.
pub(crate) fn pretty(value: &Value) -> Result<Vec<u8>, Failure> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| Failure::Data(format!("the result cannot be written as JSON: {error}")))?;
    bytes.push(b'\n');
    Ok(bytes)
}
