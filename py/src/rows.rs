//! Drill-through as Python holds it: rows go in as for an evaluation, the rows behind a cell come out as Arrow streams.

use crate::error::data_error;
use crate::guard::{Failure, detached, lock};
use crate::input;
use arrow::array::{ArrayRef, RecordBatch, StructArray};
use arrow::datatypes::{Field, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatchReader;
use arrow::util::display::array_value_to_string;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use pyo3_arrow::ffi::{ArrayIterator, to_schema_pycapsule, to_stream_pycapsule};
use ripplemark::bind::TableSpec;
use ripplemark::read::{ReadOptions, open};
use ripplemark::rows::{self, CellAddress, DrillOptions, TableRows, Why};
use serde_json::json;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// Looks for the rows behind a cell.
#[pyclass(module = "ripplemark._ripplemark", frozen)]
pub(crate) struct DrillThrough {
    tables: Vec<TableSpec>,
    place: String,
    /// Empty once it is finished.
    inner: Mutex<Option<rows::DrillThrough>>,
}

impl DrillThrough {
    pub(crate) fn new(
        py: Python<'_>,
        program: &ripplemark::Program,
        cell: CellAddress,
        limit: usize,
        others: &[String],
    ) -> PyResult<DrillThrough> {
        let others = others.iter().filter_map(|name| Why::named(name)).collect();
        let drill = detached(py, || {
            rows::DrillThrough::new(program, cell, DrillOptions { limit, others }).map_err(Failure::from)
        })?;
        Ok(DrillThrough {
            tables: drill.tables(),
            place: drill.address().describe(program),
            inner: Mutex::new(Some(drill)),
        })
    }
}

#[pymethods]
impl DrillThrough {
    /// The names of the reasons that [`ResultSet::drill`] takes.
    #[staticmethod]
    fn reasons() -> Vec<&'static str> {
        Why::ALL.iter().map(|why| why.name()).collect()
    }

    /// The cell in words.
    fn place(&self) -> &str {
        &self.place
    }

    /// The tables whose rows can be behind the cell.
    fn tables(&self) -> Vec<&str> {
        self.tables.iter().map(|spec| spec.name.as_str()).collect()
    }

    /// Looks through an object that gives Arrow batches.
    fn feed(&self, py: Python<'_>, table: &str, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let reader = input::reader(table, data)?;
        self.drain(py, table, reader)
    }

    /// Looks through a Parquet or CSV file.
    fn feed_file(&self, py: Python<'_>, table: &str, path: PathBuf) -> PyResult<()> {
        let reader = detached(py, || open(&path, &ReadOptions::default()).map_err(Failure::from))?;
        self.drain(py, table, reader)
    }

    /// For each table what was found, as JSON, and the listed rows.
    fn finish(&self, py: Python<'_>) -> PyResult<Vec<(String, Vec<RowStream>)>> {
        let found =
            detached(py, || lock(&self.inner)?.take().ok_or_else(used).map(rows::DrillThrough::finish))?;
        Ok(found.tables.into_iter().map(|table| (counts(&table), streams(table))).collect())
    }
}

impl DrillThrough {
    fn drain(&self, py: Python<'_>, table: &str, reader: Box<dyn RecordBatchReader + Send>) -> PyResult<()> {
        let take = |batch: &RecordBatch| {
            let mut inner = lock(&self.inner)?;
            Ok(inner.as_mut().ok_or_else(used)?.feed(table, batch)?)
        };
        let none = TableSpec { name: table.to_owned(), columns: Vec::new() };
        let spec = self.tables.iter().find(|spec| spec.name == table).unwrap_or(&none);
        // A source without batches has columns all the same, and they may be the wrong ones.
        let empty = RecordBatch::new_empty(reader.schema());
        detached(py, || take(&empty))?;
        // All columns are listed, so all have to keep Arrow's promises.
        let ready = |batch: RecordBatch| input::check(spec, &batch).map(|()| batch);
        input::drain(py, table, reader, ready, take)
    }
}

fn used() -> Failure {
    Failure::Data("these rows have been given back already".into())
}

/// The counts as JSON; reasons are (name, rows) in their order.
fn counts(table: &TableRows) -> String {
    json!(table.counts).to_string()
}

/// The rows of a table in one stream, or, where the data came under several schemas, in several.
fn streams(table: TableRows) -> Vec<RowStream> {
    let one = |batch: RecordBatch| RowStream { schema: batch.schema(), batch };
    match table.to_record_batch() {
        Some(batch) => vec![one(batch)],
        None => table.counted.into_iter().chain(table.others).map(one).collect(),
    }
}

/// Rows as Arrow.
#[pyclass(module = "ripplemark._ripplemark", frozen)]
pub(crate) struct RowStream {
    schema: SchemaRef,
    batch: RecordBatch,
}

#[pymethods]
impl RowStream {
    fn __len__(&self) -> usize {
        self.batch.num_rows()
    }

    /// (name, whether it holds numbers) of each column.
    fn columns(&self) -> Vec<(&str, bool)> {
        let fields = self.schema.fields().iter();
        fields.map(|field| (field.name().as_str(), field.data_type().is_numeric())).collect()
    }

    /// The first rows as text for people; `None` where there is no value.
    fn texts(&self, count: usize) -> PyResult<Vec<Vec<Option<String>>>> {
        let text = |column: &ArrayRef, row: usize| {
            (!column.is_null(row)).then(|| array_value_to_string(column, row)).transpose()
        };
        (0..count.min(self.batch.num_rows()))
            .map(|row| self.batch.columns().iter().map(|column| text(column, row)).collect())
            .collect::<Result<_, ArrowError>>()
            .map_err(|error| data_error(format!("a row cannot be shown: {error}")))
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        Ok(to_schema_pycapsule(py, self.schema.as_ref())?)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let field = Field::new_struct("", self.schema.fields().clone(), false)
            .with_metadata(self.schema.metadata().clone());
        let rows: ArrayRef = Arc::new(StructArray::from(self.batch.clone()));
        let reader = ArrayIterator::new([Ok(rows)], Arc::new(field));
        Ok(to_stream_pycapsule(py, Box::new(reader), requested_schema)?)
    }
}
