//! Evaluations as Python holds them: one state behind a lock, fed batch by batch.
//!
//! The lock is never held while Python code may run: a batch is fetched first and fed then, so a producer written in
//! Python can use the same evaluation, and threads that feed one evaluation take turns between batches.

use crate::guard::{Failure, detached, lock};
use crate::input;
use crate::program::Program;
use crate::result::ResultSet;
use arrow::record_batch::{RecordBatch, RecordBatchReader};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use ripplemark::bind::TableSpec;
use ripplemark::read::{Progress, ReadOptions, open};
use std::path::PathBuf;
use std::sync::Mutex;

/// Collects rows under a program.
#[pyclass(module = "ripplemark._ripplemark", frozen)]
pub(crate) struct Evaluation {
    program: ripplemark::Program,
    inner: Mutex<ripplemark::Evaluation>,
}

#[pymethods]
impl Evaluation {
    /// An empty evaluation.
    #[new]
    fn new(py: Python<'_>, program: &Program) -> PyResult<Evaluation> {
        let program = program.inner.clone();
        let inner = detached(py, || ripplemark::Evaluation::new(&program).map_err(Failure::from))?;
        Ok(Evaluation { program, inner: Mutex::new(inner) })
    }

    /// Feeds an object that gives Arrow batches.
    fn feed(&self, py: Python<'_>, table: &str, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let reader = input::reader(table, data)?;
        self.drain(py, table, reader, || Ok(()))
    }

    /// Feeds a Parquet or CSV file; `tell(done, total)` hears how many of its bytes have been read.
    #[pyo3(signature = (table, path, tell=None))]
    fn feed_file(
        &self,
        py: Python<'_>,
        table: &str,
        path: PathBuf,
        tell: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let progress = Progress::default();
        let options = self.spec(table).map(|spec| ReadOptions::for_table(&spec)).unwrap_or_default();
        let options = ReadOptions { progress: progress.clone(), ..options };
        let reader = detached(py, || open(&path, &options).map_err(Failure::from))?;
        self.drain(py, table, reader, || match tell {
            Some(tell) => tell.call1((progress.done(), progress.total())).map(drop),
            None => Ok(()),
        })
    }

    /// Adds what another evaluation holds.
    fn merge(&self, py: Python<'_>, other: &Evaluation) -> PyResult<()> {
        detached(py, || {
            let (own, others) = (&raw const self.inner, &raw const other.inner);
            if own == others {
                let message = "an evaluation cannot be merged with itself: its rows would count twice";
                return Err(Failure::Data(message.into()));
            }
            // Two threads that merge two evaluations into each other must take the locks in one order.
            let (mut own, other) = if own < others {
                let own = lock(&self.inner)?;
                (own, lock(&other.inner)?)
            } else {
                let other = lock(&other.inner)?;
                (lock(&self.inner)?, other)
            };
            Ok(own.merge(&other)?)
        })
    }

    /// Adds state bytes.
    fn merge_bytes(&self, py: Python<'_>, state: &[u8]) -> PyResult<()> {
        detached(py, || Ok(lock(&self.inner)?.merge_bytes(state)?))
    }

    /// The canonical bytes of what was collected.
    fn state_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = detached(py, || Ok(lock(&self.inner)?.state_bytes()?))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Rows of a table read so far.
    fn rows_read(&self, py: Python<'_>, table: &str) -> PyResult<u64> {
        detached(py, || Ok(lock(&self.inner)?.rows_read(table)?))
    }

    /// The result.
    fn finish(&self, py: Python<'_>) -> PyResult<ResultSet> {
        let (set, state) = detached(py, || {
            let evaluation = lock(&self.inner)?;
            Ok((evaluation.finish()?, evaluation.state_bytes()?))
        })?;
        Ok(ResultSet::new(set, self.program.clone(), state))
    }
}

impl Evaluation {
    fn spec(&self, table: &str) -> Option<TableSpec> {
        self.program.tables().into_iter().find(|spec| spec.name == table)
    }

    fn drain(
        &self,
        py: Python<'_>,
        table: &str,
        reader: Box<dyn RecordBatchReader + Send>,
        tell: impl Fn() -> PyResult<()>,
    ) -> PyResult<()> {
        let spec = self.spec(table).unwrap_or(TableSpec::new(table, Vec::new()));
        // A source without batches has columns all the same, and they may be the wrong ones.
        let empty = input::narrowed(&spec, &RecordBatch::new_empty(reader.schema()));
        detached(py, || Ok(lock(&self.inner)?.feed(table, &empty)?))?;
        let ready = |batch: RecordBatch| {
            let batch = input::narrowed(&spec, &batch);
            input::check(&spec, &batch)?;
            Ok(batch)
        };
        let take = |batch: &RecordBatch| Ok(lock(&self.inner)?.feed(table, batch)?);
        input::drain_telling(py, table, reader, ready, take, tell)
    }
}
