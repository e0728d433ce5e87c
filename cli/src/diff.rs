//! `diff`: what changed between two results, and what the change comes from.

use crate::args::{DiffOptions, ReportFormat};
use crate::failure::{DIFFERENT, Failure};
use crate::output::pretty;
use crate::terminal::Terminal;
use arrow::record_batch::RecordBatch;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use ripplemark::diff::{Side, diff};
use ripplemark::read::{ReadOptions, open};
use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

/// Cells of each kind that are shown unless all are asked for.
const SHOWN: usize = 20;

/// First bytes of a Parquet file.
const PARQUET: &[u8] = b"PAR1";

pub(crate) fn run(options: &DiffOptions, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let (old, new) = (side(&options.old)?, side(&options.new)?);
    let found = diff(&old, &new);
    let bytes = match options.format {
        ReportFormat::Text => {
            let limit = if options.all { usize::MAX } else { SHOWN };
            found.to_text(terminal.width(options.width), limit).into_bytes()
        }
        ReportFormat::Json => {
            let value = serde_json::to_value(&found);
            pretty(&value.map_err(|error| {
                Failure::Data(format!("the differences cannot be written as JSON: {error}"))
            })?)?
        }
    };
    terminal.write(&bytes)?;
    Ok(if found.same { ExitCode::SUCCESS } else { ExitCode::from(DIFFERENT) })
}

/// A result or a receipt, by what is in the file.
fn side(path: &Path) -> Result<Side, Failure> {
    let about = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| Failure::data(&about, &error))?;
    if bytes.starts_with(PARQUET) {
        return parquet(path, &about);
    }
    let text = String::from_utf8(bytes).map_err(|error| Failure::data(&about, &error))?;
    let read = Side::from_json(&text);
    read.map_err(|error| {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".receipt");
        let hint = if Path::new(&beside).is_file() {
            format!("; its receipt is in {}", Path::new(&beside).display())
        } else {
            String::new()
        };
        Failure::Data(format!("{about}: {error}{hint}"))
    })
}

fn parquet(path: &Path, about: &str) -> Result<Side, Failure> {
    let reader = open(path, &ReadOptions::default()).map_err(|error| Failure::Data(error.to_string()))?;
    // Batches come without what was said of the file as a whole. Its footer has been read: it is sound.
    let file = File::open(path).map_err(|error| Failure::data(about, &error))?;
    let footer = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new());
    let metadata = footer.map_err(|error| Failure::data(about, &error))?.schema().metadata().clone();
    let batches = reader.collect::<Result<Vec<RecordBatch>, _>>();
    let batches = batches.map_err(|error| Failure::data(about, &error))?;
    Side::from_batches(&metadata, &batches).map_err(|error| Failure::data(about, &error))
}
