//! Data of tables that several questions are asked of: files by their paths, frames as Arrow batches.
//!
//! Frames are drained once and held; their buffers are shared with whoever made them, not copied. Only columns that
//! the book declares are kept, so that nothing else a frame has is checked or kept alive.

use crate::book::Book;
use crate::guard::{Failure, detached, lock};
use crate::input;
use arrow::record_batch::RecordBatch;
use pyo3::prelude::*;
use ripplemark::bind::TableSpec;
use ripplemark::data;
use ripplemark::read::Progress;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often a user who waits is looked after.
const LOOK: Duration = Duration::from_millis(40);

/// Data of a book's tables.
#[pyclass(module = "ripplemark._ripplemark", frozen)]
pub(crate) struct Dataset {
    /// For each table the names under which its columns may come.
    declared: BTreeMap<String, Vec<String>>,
    inner: Mutex<data::Dataset>,
}

#[pymethods]
impl Dataset {
    /// No data yet.
    #[new]
    fn new(book: &Book) -> Dataset {
        let declared = book.book().tables.iter().map(|table| {
            let own = table.columns.iter().filter(|column| column.found.is_none());
            let names = own.flat_map(|column| [column.source.clone(), column.name.clone()]).collect();
            (table.name.clone(), names)
        });
        Dataset { declared: declared.collect(), inner: Mutex::default() }
    }

    /// Adds a Parquet or CSV file, which is opened when it is read.
    fn feed_file(&self, py: Python<'_>, table: &str, path: PathBuf) -> PyResult<()> {
        detached(py, || {
            lock(&self.inner)?.add_file(table, path, None);
            Ok(())
        })
    }

    /// Adds an object that gives Arrow batches, all of which are fetched now.
    fn feed(&self, py: Python<'_>, table: &str, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let reader = input::reader(table, data)?;
        let schema = self.narrowed(table, &RecordBatch::new_empty(reader.schema())).schema();
        let spec = TableSpec::new(table, Vec::new());
        let ready = |batch: RecordBatch| {
            let batch = self.narrowed(table, &batch);
            input::check(&spec, &batch).map(|()| batch)
        };
        let kept = Mutex::new(Vec::new());
        input::drain(py, table, reader, ready, |batch| {
            lock(&kept)?.push(batch.clone());
            Ok(())
        })?;
        let kept = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
        detached(py, || {
            lock(&self.inner)?.add_batches(table, schema, kept);
            Ok(())
        })
    }

    /// Positions of those of `names` that the book declares; `None` for a table that it does not have.
    fn positions(&self, table: &str, names: Vec<String>) -> Option<Vec<usize>> {
        let declared = self.declared.get(table)?;
        Some(positions(declared, names.iter().map(String::as_str)))
    }
}

fn positions<'n>(declared: &[String], names: impl Iterator<Item = &'n str>) -> Vec<usize> {
    let known = names.enumerate().filter(|(_, name)| declared.iter().any(|declared| declared == name));
    known.map(|(at, _)| at).collect()
}

impl Dataset {
    fn narrowed(&self, table: &str, batch: &RecordBatch) -> RecordBatch {
        let schema = batch.schema();
        let names = schema.fields().iter().map(|field| field.name().as_str());
        let kept = self.declared.get(table).map(|declared| positions(declared, names));
        // Without a single column that is known, the message has to list those that are there.
        kept.filter(|kept| !kept.is_empty())
            .and_then(|kept| batch.project(&kept).ok())
            .unwrap_or_else(|| batch.clone())
    }

    /// Asks a question while other Python threads run; the user may stop it, and `tell(done, total)` hears how many
    /// bytes of files have been read.
    pub(crate) fn ask<T: Send>(
        &self,
        py: Python<'_>,
        tell: Option<&Bound<'_, PyAny>>,
        question: impl FnOnce(&data::Dataset) -> Result<T, Failure> + Send,
    ) -> PyResult<T> {
        let progress = Progress::default();
        let data = detached(py, || Ok(lock(&self.inner)?.clone().with_progress(progress.clone())))?;
        let (answer, answers) = mpsc::channel();
        let answers = Mutex::new(answers);
        let wait = |time: Duration| {
            py.detach(|| answers.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(time))
        };
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let outcome = catch_unwind(AssertUnwindSafe(|| question(&data)));
                // What came from Python goes back before the answer does: its owners may need the interpreter, which
                // whoever gets the answer holds.
                drop(data);
                drop(answer.send(outcome));
            });
            let look = || -> PyResult<()> {
                py.check_signals()?;
                match tell {
                    Some(tell) => tell.call1((progress.done(), progress.total())).map(drop),
                    None => Ok(()),
                }
            };
            loop {
                match wait(LOOK) {
                    Ok(outcome) => {
                        look()?;
                        return detached(py, || match outcome {
                            Ok(outcome) => outcome,
                            Err(panic) => std::panic::resume_unwind(panic),
                        });
                    }
                    Err(RecvTimeoutError::Timeout) => {
                        if let Err(stopped) = look() {
                            progress.stop();
                            // The answer is not wanted any more; its end is, because the thread reads the data.
                            while matches!(wait(Duration::from_secs(1)), Err(RecvTimeoutError::Timeout)) {}
                            return Err(stopped);
                        }
                    }
                    Err(RecvTimeoutError::Disconnected) => {
                        let lost = "internal error of ripplemark: a question ended without an answer";
                        return detached(py, || Err(Failure::Internal(lost.into())));
                    }
                }
            }
        })
    }
}
