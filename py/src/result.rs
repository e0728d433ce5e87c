//! Results as Python holds them: cells by position and by coordinates, Arrow streams, JSON.

use crate::guard::{Failure, detached};
use crate::program::Program;
use crate::rows::DrillThrough;
use arrow::array::{RecordBatch, StructArray};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyDate, PyEllipsis, PyTuple};
use pyo3_arrow::ffi::{ArrayIterator, to_schema_pycapsule, to_stream_pycapsule};
use ripplemark::core::program::DimType;
use ripplemark::core::program::layout::LEVEL_PERIOD;
use ripplemark::core::time::{Grain, civil_from_days};
use ripplemark::core::types::LogicalType;
use ripplemark::evaluate::{Coordinate, ResultCell, RowReport};
use ripplemark::rows::CellAddress;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

/// A cell as a tuple: metric, level, coordinates, period, value, exact, reasons, flags, numerator, denominator, n.
type CellTuple<'py> = (
    usize,
    String,
    Vec<Bound<'py, PyAny>>,
    Option<Bound<'py, PyAny>>,
    Option<f64>,
    Option<String>,
    Vec<&'static str>,
    Vec<&'static str>,
    Option<f64>,
    Option<f64>,
    u64,
);

/// (table, column, row, text): the first unreadable value of a column.
type Example = (String, String, u64, String);

/// A result, with what is needed to rebuild it in another process.
#[pyclass(module = "ripplemark._ripplemark", frozen)]
pub(crate) struct ResultSet {
    set: ripplemark::ResultSet,
    program: ripplemark::Program,
    state: Vec<u8>,
    /// Positions of the cells in the order of metric, level, coordinates and period.
    index: OnceLock<Vec<usize>>,
    batch: OnceLock<RecordBatch>,
}

impl ResultSet {
    pub(crate) fn new(set: ripplemark::ResultSet, program: ripplemark::Program, state: Vec<u8>) -> ResultSet {
        ResultSet { set, program, state, index: OnceLock::new(), batch: OnceLock::new() }
    }

    fn batch(&self) -> &RecordBatch {
        self.batch.get_or_init(|| self.set.to_record_batch())
    }

    /// A report with its watermark as ISO text.
    fn row_json(&self, row: &RowReport) -> Value {
        let view = self.program.view();
        let table = view.table_named(&row.table).map(|table| view.table(table));
        let at = table.and_then(|table| {
            let columns = (0..table.column_count).map(|column| view.column(&table, column));
            columns.into_iter().find(|column| Some(column.name) == row.at.as_deref())
        });
        let watermark = row.watermark.map(|latest| match at.map(|column| column.ty) {
            Some(LogicalType::Timestamp) => iso_instant(latest),
            _ => iso_day(latest),
        });
        json!({
            "table": row.table,
            "at": row.at,
            "read": row.read,
            "used": row.used,
            "rejected": row.rejected,
            "watermark": watermark,
        })
    }

    fn order(cell: &ResultCell) -> (usize, u32, &[Coordinate], Option<i64>) {
        (cell.metric, cell.level, &cell.key, cell.period)
    }

    fn cell_at(&self, position: usize) -> Option<&ResultCell> {
        self.set.cells.get(position)
    }

    fn tuple<'py>(&self, py: Python<'py>, cell: &ResultCell) -> PyResult<CellTuple<'py>> {
        let key = cell.key.iter().map(|at| coordinate(py, at)).collect::<PyResult<_>>()?;
        Ok((
            cell.metric,
            self.set.level_name(cell.level),
            key,
            cell.period.map(|day| date(py, day)).transpose()?,
            cell.value,
            cell.exact.clone(),
            cell.reasons.names().collect(),
            cell.flags.names().collect(),
            cell.numerator,
            cell.denominator,
            cell.n,
        ))
    }

    /// A coordinate from Python; dates come as days since 1970-01-01.
    fn asked(&self, dim: usize, value: &Bound<'_, PyAny>) -> PyResult<Coordinate> {
        if value.is(PyEllipsis::get(value.py())) {
            return Ok(Coordinate::All);
        }
        if value.is_none() {
            return Ok(Coordinate::Missing);
        }
        let view = self.program.view();
        let ty = (dim < view.dim_count()).then(|| view.dim(dim).ty);
        match ty {
            Some(DimType::Int) => Ok(Coordinate::Int(value.extract()?)),
            Some(DimType::Bool) => Ok(Coordinate::Bool(value.extract()?)),
            Some(DimType::Date) => Ok(Coordinate::Date(value.extract()?)),
            Some(DimType::Text) => Ok(Coordinate::Text(value.extract()?)),
            None => Err(PyTypeError::new_err("more coordinates than dimensions")),
        }
    }
}

#[pymethods]
impl ResultSet {
    /// A result from the bytes of its program and state.
    #[staticmethod]
    fn restore(
        py: Python<'_>,
        program: &Program,
        state: &[u8],
        examples: Vec<Example>,
        lookups: &str,
    ) -> PyResult<ResultSet> {
        let program = program.inner.clone();
        let set = detached(py, || {
            let mut evaluation = ripplemark::Evaluation::new(&program)?;
            evaluation.merge_bytes(state)?;
            Ok(evaluation.finish()?)
        })?;
        let mut restored = ResultSet::new(set, program, state.to_vec());
        restored.set.lookups = serde_json::from_str(lookups).unwrap_or_default();
        restored.set.receipt.lookups = restored.set.lookups.iter().map(Into::into).collect();
        for (table, column, row, text) in examples {
            let reports = restored.set.columns.iter_mut();
            for report in reports.filter(|report| report.table == table && report.column == column) {
                report.example = Some((row, text.clone()));
            }
        }
        Ok(restored)
    }

    /// What changed from an older result to this one: as JSON, and in words.
    fn diff(
        &self,
        py: Python<'_>,
        older: &ResultSet,
        width: usize,
        limit: usize,
    ) -> PyResult<(String, String)> {
        detached(py, || {
            let [old, new] = [older, self].map(|result| ripplemark::diff::Side::from_result(&result.set));
            let found = ripplemark::diff::diff(&old, &new);
            Ok((json!(found).to_string(), found.to_text(width, limit)))
        })
    }

    /// SHA-256 of the cells, in hex.
    fn hash(&self) -> String {
        self.set.hash().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Everything as JSON.
    fn json(&self, py: Python<'_>) -> PyResult<String> {
        detached(py, || Ok(self.set.to_json().to_string()))
    }

    /// What the cells stand for and were made of, as JSON.
    fn describe(&self) -> String {
        let view = self.program.view();
        let dims: Vec<_> = (self.set.dims.iter().enumerate())
            .map(|(d, name)| {
                let ty = match view.dim(d).ty {
                    DimType::Int => "int",
                    DimType::Bool => "bool",
                    DimType::Date => "date",
                    DimType::Text => "text",
                };
                json!({"name": name, "type": ty})
            })
            .collect();
        json!({
            "metrics": self.set.metrics,
            "dimensions": dims,
            "grain": self.set.grain.map(grain_word),
            "rows": self.set.rows.iter().map(|row| self.row_json(row)).collect::<Vec<_>>(),
            "columns": self.set.columns,
            "row_errors": self.set.row_errors,
            "lookups": self.set.lookups,
            "receipt": self.set.receipt,
        })
        .to_string()
    }

    fn __len__(&self) -> usize {
        self.set.cells.len()
    }

    /// The cells from one position to another.
    fn cells<'py>(&self, py: Python<'py>, start: usize, stop: usize) -> PyResult<Vec<CellTuple<'py>>> {
        let stop = stop.min(self.set.cells.len());
        (start..stop).filter_map(|at| self.cell_at(at)).map(|cell| self.tuple(py, cell)).collect()
    }

    /// The position of the cell with these coordinates; `...` stands for "all", `None` for "missing".
    fn find(
        &self,
        py: Python<'_>,
        metric: usize,
        key: Vec<Bound<'_, PyAny>>,
        period: Option<i64>,
    ) -> PyResult<Option<usize>> {
        let key: Vec<Coordinate> =
            key.iter().enumerate().map(|(d, value)| self.asked(d, value)).collect::<PyResult<_>>()?;
        let kept = key.iter().enumerate().filter(|(_, at)| **at != Coordinate::All);
        let level =
            kept.fold(0, |level, (d, _)| level | 1 << d) | if period.is_some() { LEVEL_PERIOD } else { 0 };
        detached(py, || {
            let index = self.index.get_or_init(|| {
                let mut index: Vec<usize> = (0..self.set.cells.len()).collect();
                index.sort_by_key(|at| self.cell_at(*at).map(Self::order));
                index
            });
            let wanted = Some((metric, level, key.as_slice(), period));
            let found = index.binary_search_by_key(&wanted, |at| self.cell_at(*at).map(Self::order));
            Ok::<_, Failure>(found.ok().and_then(|at| index.get(at).copied()))
        })
    }

    /// The program that the result was made by.
    fn program(&self) -> Program {
        Program { inner: self.program.clone() }
    }

    /// Begins to look for the rows behind a cell; the coordinates are those of [`ResultSet::find`].
    fn drill(
        &self,
        py: Python<'_>,
        metric: String,
        key: Vec<Bound<'_, PyAny>>,
        period: Option<i64>,
        limit: usize,
        others: Vec<String>,
    ) -> PyResult<DrillThrough> {
        let key = key.iter().enumerate().map(|(d, value)| self.asked(d, value)).collect::<PyResult<_>>()?;
        DrillThrough::new(py, &self.program, CellAddress { metric, key, period }, limit, &others)
    }

    /// The different values of a dimension, in order.
    fn coordinates<'py>(&self, py: Python<'py>, dim: usize) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let seen: BTreeSet<&Coordinate> =
            self.set.cells.iter().filter_map(|cell| cell.key.get(dim)).collect();
        seen.into_iter().filter(|at| **at != Coordinate::All).map(|at| coordinate(py, at)).collect()
    }

    /// The first days of the periods, in order.
    fn periods<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let seen: BTreeSet<i64> = self.set.cells.iter().filter_map(|cell| cell.period).collect();
        seen.into_iter().map(|day| date(py, day)).collect()
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        Ok(to_schema_pycapsule(py, self.batch().schema().as_ref())?)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let batch = self.batch();
        let schema = batch.schema();
        let field = arrow::datatypes::Field::new_struct("", schema.fields().clone(), false)
            .with_metadata(schema.metadata().clone());
        let rows: arrow::array::ArrayRef = Arc::new(StructArray::from(batch.clone()));
        let reader = ArrayIterator::new([Ok(rows)], Arc::new(field));
        Ok(to_stream_pycapsule(py, Box::new(reader), requested_schema)?)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let rebuild = py.get_type::<ResultSet>().getattr("restore")?;
        let program = Bound::new(py, Program { inner: self.program.clone() })?;
        let state = PyBytes::new(py, &self.state);
        let examples: Vec<Example> = (self.set.columns.iter())
            .filter_map(|report| {
                let (row, text) = report.example.clone()?;
                Some((report.table.clone(), report.column.clone(), row, text))
            })
            .collect();
        let examples = examples.into_pyobject(py)?;
        let lookups = json!(self.set.lookups).to_string().into_pyobject(py)?;
        let parts = [program.into_any(), state.into_any(), examples.into_any(), lookups.into_any()];
        Ok((rebuild, PyTuple::new(py, parts)?))
    }
}

fn grain_word(grain: Grain) -> &'static str {
    match grain {
        Grain::Day => "day",
        Grain::Week => "week",
        Grain::Month => "month",
        Grain::Quarter => "quarter",
        Grain::Year => "year",
    }
}

fn coordinate<'py>(py: Python<'py>, at: &Coordinate) -> PyResult<Bound<'py, PyAny>> {
    Ok(match at {
        Coordinate::All => PyEllipsis::get(py).to_owned().into_any(),
        Coordinate::Missing => py.None().into_bound(py),
        Coordinate::Int(value) => value.into_pyobject(py)?.into_any(),
        Coordinate::Bool(value) => value.into_pyobject(py)?.to_owned().into_any(),
        Coordinate::Date(day) => date(py, *day)?,
        Coordinate::Text(text) => text.into_pyobject(py)?.into_any(),
    })
}

/// A `datetime.date`; text for a year that Python's calendar does not have.
fn date<'py>(py: Python<'py>, day_number: i64) -> PyResult<Bound<'py, PyAny>> {
    let (year, month, day) = civil_from_days(day_number);
    let as_date = match (i32::try_from(year), u8::try_from(month), u8::try_from(day)) {
        (Ok(year @ 1..=9999), Ok(month), Ok(day)) => Some(PyDate::new(py, year, month, day)?),
        _ => None,
    };
    match as_date {
        Some(date) => Ok(date.into_any()),
        None => Ok(iso_day(day_number).into_pyobject(py)?.into_any()),
    }
}

/// `2017-12-31` of a day number.
fn iso_day(day: i64) -> String {
    let (year, month, day) = civil_from_days(day);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `2017-12-31T23:59:59.000000Z` of microseconds.
fn iso_instant(micros: i64) -> String {
    const SECOND: i64 = 1_000_000;
    const DAY: i64 = 86_400 * SECOND;
    let within = micros.rem_euclid(DAY);
    let (seconds, fraction) = (within / SECOND, within % SECOND);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{}T{hours:02}:{minutes:02}:{seconds:02}.{fraction:06}Z", iso_day(micros.div_euclid(DAY)))
}
