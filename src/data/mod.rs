//! The data of a book's tables, which can be read more than once.
//!
//! A number is one pass over the data; what moved it, who missed a target and which rows stand behind it are further
//! questions to the same data. A [`Dataset`] remembers where the data are (files), or holds them (batches, whose
//! buffers are shared and not copied), so that each question can be asked when somebody asks it.

use crate::bind::TableSpec;
use crate::error::Error;
use crate::evaluate::{Evaluation, Program};
#[cfg(feature = "io")]
use crate::read::{self, Progress, ReadOptions};
use arrow::array::{RecordBatch, RecordBatchIterator, RecordBatchReader};
use arrow::datatypes::SchemaRef;
#[cfg(feature = "io")]
use arrow::error::ArrowError;
use std::collections::BTreeMap;
#[cfg(feature = "io")]
use std::path::{Path, PathBuf};

/// Where the rows of a table, or some of them, come from.
#[derive(Clone, Debug)]
enum Source {
    #[cfg(feature = "io")]
    File {
        path: PathBuf,
        delimiter: Option<u8>,
    },
    Batches {
        schema: SchemaRef,
        batches: Vec<RecordBatch>,
    },
}

/// Data of tables, by name; each table has any number of sources, which are read one after the other.
///
/// ```
/// use arrow::array::{ArrayRef, Int64Array, RecordBatch};
/// use ripplemark::{Program, data::Dataset, model::Query};
///
/// let book = ripplemark::book::load_str(
///     "ripplemark: 1\nbook: {id: acme}\nteams: {sales: Sales}\n\
///      tables: {deals: {columns: {amount: int}}}\n\
///      metrics: [{name: revenue, owner: sales, agg: sum, expr: amount}]",
///     "acme.yaml",
/// )?
/// .book;
/// let amounts: ArrayRef = std::sync::Arc::new(Int64Array::from(vec![3, 4]));
/// let mut data = Dataset::default();
/// let batch = RecordBatch::try_from_iter([("amount", amounts)])?;
/// data.add_batches("deals", batch.schema(), vec![batch]);
/// let program = Program::compile(&book, &Query::default())?;
/// assert_eq!(data.evaluate(&program)?.finish()?.total("revenue").unwrap().value, Some(7.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Dataset {
    tables: BTreeMap<String, Vec<Source>>,
    #[cfg(feature = "io")]
    progress: Progress,
}

impl Dataset {
    /// Adds a Parquet or CSV file to a table; it is opened when it is read. `delimiter` separates the fields of a CSV
    /// file, as in [`ReadOptions::delimiter`].
    #[cfg(feature = "io")]
    pub fn add_file(&mut self, table: &str, path: impl AsRef<Path>, delimiter: Option<u8>) {
        let source = Source::File { path: path.as_ref().to_owned(), delimiter };
        self.tables.entry(table.to_owned()).or_default().push(source);
    }

    /// Adds batches to a table; all have the schema given.
    pub fn add_batches(&mut self, table: &str, schema: SchemaRef, batches: Vec<RecordBatch>) {
        self.tables.entry(table.to_owned()).or_default().push(Source::Batches { schema, batches });
    }

    /// Tells `progress` how far reading files has come, and stops reading, with an error, once it is told to.
    #[cfg(feature = "io")]
    #[must_use]
    pub fn with_progress(self, progress: Progress) -> Dataset {
        Dataset { progress, ..self }
    }

    /// The tables that there are data of, by name.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// True if there are data of a table.
    #[must_use]
    pub fn has(&self, table: &str) -> bool {
        self.tables.contains_key(table)
    }

    fn sources(&self, table: &str) -> Result<&[Source], Error> {
        self.tables
            .get(table)
            .map(Vec::as_slice)
            .ok_or_else(|| Error::no_data(table, self.tables().map(str::to_owned).collect()))
    }

    /// Readers of a table, one for each source, with the columns that `table` requires.
    ///
    /// # Errors
    /// If there are no data of the table, or a file cannot be opened.
    pub fn readers(&self, table: &TableSpec) -> Result<Vec<Box<dyn RecordBatchReader + Send>>, Error> {
        self.sources(&table.name)?.iter().map(|source| self.reader(source, Some(table))).collect()
    }

    /// Readers of a table, one for each source, with all columns that the data have.
    ///
    /// # Errors
    /// As [`Dataset::readers`].
    pub fn whole_readers(&self, table: &str) -> Result<Vec<Box<dyn RecordBatchReader + Send>>, Error> {
        self.sources(table)?.iter().map(|source| self.reader(source, None)).collect()
    }

    fn reader(
        &self,
        source: &Source,
        #[allow(unused_variables)] table: Option<&TableSpec>,
    ) -> Result<Box<dyn RecordBatchReader + Send>, Error> {
        let reader: Box<dyn RecordBatchReader + Send> = match source {
            #[cfg(feature = "io")]
            Source::File { path, delimiter } => {
                let options = ReadOptions {
                    delimiter: *delimiter,
                    progress: self.progress.clone(),
                    table: table.cloned(),
                    ..ReadOptions::default()
                };
                read::open(path, &options)?
            }
            Source::Batches { schema, batches } => {
                let batches: Vec<_> = batches.iter().cloned().map(Ok).collect();
                Box::new(RecordBatchIterator::new(batches, schema.clone()))
            }
        };
        #[cfg(feature = "io")]
        let reader = self.stoppable(reader);
        Ok(reader)
    }

    /// The same batches, until somebody asks to stop.
    #[cfg(feature = "io")]
    fn stoppable(&self, reader: Box<dyn RecordBatchReader + Send>) -> Box<dyn RecordBatchReader + Send> {
        let (schema, progress) = (reader.schema(), self.progress.clone());
        let batches = reader.map(move |batch| {
            if progress.is_stopped() { Err(ArrowError::ExternalError("stopped".into())) } else { batch }
        });
        Box::new(RecordBatchIterator::new(batches, schema))
    }

    /// Feeds an evaluation with every table that its program reads.
    ///
    /// # Errors
    /// As [`Dataset::readers`] and [`Evaluation::feed`]; batches before the failure have been fed.
    pub fn feed(&self, evaluation: &mut Evaluation) -> Result<(), Error> {
        for table in evaluation.program().tables() {
            for reader in self.readers(&table)? {
                evaluation.feed_reader(&table.name, reader)?;
            }
        }
        Ok(())
    }

    /// Evaluates a program over the data.
    ///
    /// # Errors
    /// As [`Dataset::feed`].
    pub fn evaluate(&self, program: &Program) -> Result<Evaluation, Error> {
        let mut evaluation = Evaluation::new(program)?;
        self.feed(&mut evaluation)?;
        Ok(evaluation)
    }
}

#[cfg(all(test, feature = "io"))]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Int64Array};
    use std::sync::Arc;

    #[test]
    fn reading_stops_when_somebody_asks() {
        let column: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
        let batch = RecordBatch::try_from_iter([("amount", column)]).unwrap();
        let progress = Progress::default();
        let mut data = Dataset::default().with_progress(progress.clone());
        data.add_batches("deals", batch.schema(), vec![batch.clone(), batch]);
        let mut reader = data.whole_readers("deals").unwrap().remove(0);
        assert_eq!(reader.next().unwrap().unwrap().num_rows(), 2);
        progress.stop();
        assert!(reader.next().unwrap().is_err());
        assert!(reader.next().is_none());
    }
}
