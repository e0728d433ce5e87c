//! Data from Python as Arrow batches: anything that speaks the Arrow PyCapsule interface.
//!
//! Producers are other people's code, so the batches are checked for what Arrow promises before the engine relies on
//! it. Only the columns that a table needs are looked at.

use crate::error::data_error;
use crate::guard::{Failure, detached};
use arrow::array::{Array, RecordBatchIterator};
use arrow::record_batch::{RecordBatch, RecordBatchReader};
use pyo3::exceptions::PyException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3_arrow::{PyRecordBatch, PyRecordBatchReader};
use ripplemark::bind::TableSpec;
use ripplemark::read::ReadError;
use std::sync::{Mutex, PoisonError};

/// A stream of batches from a Python object.
pub(crate) fn reader(table: &str, data: &Bound<'_, PyAny>) -> PyResult<Box<dyn RecordBatchReader + Send>> {
    let py = data.py();
    let opened = if data.hasattr(intern!(py, "__arrow_c_stream__"))? {
        data.extract::<PyRecordBatchReader>().and_then(PyRecordBatchReader::into_reader)
    } else {
        data.extract::<PyRecordBatch>().map(|batch| {
            let batch = batch.into_inner();
            let schema = batch.schema();
            let one = RecordBatchIterator::new([Ok(batch)], schema);
            Box::new(one) as Box<dyn RecordBatchReader + Send>
        })
    };
    opened.map_err(|cause| {
        // Somebody pressing Ctrl-C is not a fault of the data.
        if !cause.is_instance_of::<PyException>(py) {
            return cause;
        }
        let kind = data.get_type().fully_qualified_name().map_or_else(|_| "object".into(), |n| n.to_string());
        let wrapped =
            data_error(format!("table `{table}`: this {kind} does not give an Arrow table: {cause}"));
        wrapped.set_cause(py, Some(cause));
        wrapped
    })
}

/// The error that a reader gave, a file's own where there is one.
pub(crate) fn failure(table: &str, error: &arrow::error::ArrowError) -> Failure {
    match ReadError::of(error) {
        Some(found) => Failure::from(found.clone()),
        None => Failure::Data(format!("table `{table}`: the data broke off: {error}")),
    }
}

/// Only the columns that a table needs; all of them if one is absent, so that the message can list what is there.
pub(crate) fn narrowed(spec: &TableSpec, batch: &RecordBatch) -> RecordBatch {
    let schema = batch.schema();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    spec.positions_in(&names)
        .and_then(|positions| batch.project(&positions).ok())
        .unwrap_or_else(|| batch.clone())
}

/// Rows handed on between two looks at whether the user wants to stop.
const ROWS_AT_ONCE: usize = 1 << 20;

/// Hands a reader's batches on, made ready by `ready`, in pieces between which the user may stop.
pub(crate) fn drain(
    py: Python<'_>,
    table: &str,
    reader: Box<dyn RecordBatchReader + Send>,
    ready: impl Fn(RecordBatch) -> Result<RecordBatch, Failure> + Sync,
    take: impl Fn(&RecordBatch) -> Result<(), Failure> + Sync,
) -> PyResult<()> {
    drain_telling(py, table, reader, ready, take, || Ok(()))
}

/// The same; `tell` runs after each batch that was read.
pub(crate) fn drain_telling(
    py: Python<'_>,
    table: &str,
    mut reader: Box<dyn RecordBatchReader + Send>,
    ready: impl Fn(RecordBatch) -> Result<RecordBatch, Failure> + Sync,
    take: impl Fn(&RecordBatch) -> Result<(), Failure> + Sync,
    tell: impl Fn() -> PyResult<()>,
) -> PyResult<()> {
    let reader = Mutex::new(&mut reader);
    loop {
        py.check_signals()?;
        let batch = detached(py, || {
            // Taken by this thread only; the lock is there because the stream itself is not shareable.
            let next = reader.lock().unwrap_or_else(PoisonError::into_inner).next();
            next.map(|batch| ready(batch.map_err(|error| failure(table, &error))?)).transpose()
        })?;
        tell()?;
        let Some(batch) = batch else { return Ok(()) };
        let mut from = 0;
        while from < batch.num_rows() {
            let rows = ROWS_AT_ONCE.min(batch.num_rows() - from);
            detached(py, || take(&batch.slice(from, rows)))?;
            py.check_signals()?;
            from += rows;
        }
    }
}

/// Checks what Arrow promises of a batch: lengths, offsets, codes, UTF-8.
pub(crate) fn check(spec: &TableSpec, batch: &RecordBatch) -> Result<(), Failure> {
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        column.to_data().validate_full().map_err(|error| {
            Failure::Data(format!(
                "table `{}`, column `{}`: the Arrow data are damaged: {error}",
                spec.name,
                field.name()
            ))
        })?;
    }
    Ok(())
}
