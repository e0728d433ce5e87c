//! Books as Python holds them.

use crate::error::{BookError, FileError, QueryError, problems};
use crate::guard::{Failure, detached};
use crate::program::Program;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use ripplemark::book::{self, Loaded, MAX_BYTES, parse_grain, parse_instant, parse_range};
use ripplemark::lower::{Exactness, exactness, metric_meaning, tables_needed};
use ripplemark::model::{ColumnType, Metric, MetricId, MetricKind, Query, Ring, Table};
use ripplemark::show;
use serde_json::{Value, json};
use std::io::Read;
use std::path::{Path, PathBuf};

/// A checked book with the text it was read from, so that it can be sent to another process.
#[pyclass(module = "ripplemark._ripplemark", frozen)]
pub(crate) struct Book {
    loaded: Loaded,
    text: String,
    file: String,
}

/// A question as Python writes it: a dict with all of these keys.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Asked {
    query: Option<String>,
    metrics: Option<Vec<String>>,
    by: Option<Vec<String>>,
    grain: Option<String>,
    range: Option<(Option<String>, Option<String>)>,
    filter: Option<String>,
    as_of: Option<String>,
    totals: Option<bool>,
}

/// Reads a book from a file.
#[pyfunction]
pub(crate) fn load_file(py: Python<'_>, path: PathBuf) -> PyResult<Book> {
    let (file, bytes) = detached(py, || {
        let mut bytes = Vec::new();
        let read = std::fs::File::open(&path)
            .and_then(|opened| opened.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes));
        Ok((path.display().to_string(), read.map(|_| bytes)))
    })?;
    match bytes {
        Ok(bytes) if bytes.len() <= MAX_BYTES => match String::from_utf8(bytes) {
            Ok(text) => load(py, text, file, path.parent().map(Path::to_owned)),
            Err(error) => load_refused(py, move || book::load_bytes(error.as_bytes(), &file)),
        },
        Ok(_) => load_refused(py, move || book::load_path(&path)),
        Err(error) => Err(PyErr::new::<FileError, _>((format!("{file}: the book cannot be read: {error}"),))),
    }
}

/// Reads a book from text; `file` is the name that problems carry.
#[pyfunction]
pub(crate) fn load_text(py: Python<'_>, text: String, file: String) -> PyResult<Book> {
    load(py, text, file, None)
}

fn load(py: Python<'_>, text: String, file: String, folder: Option<PathBuf>) -> PyResult<Book> {
    let loaded = detached(py, || {
        Ok(match &folder {
            Some(folder) => book::load_str_in(&text, &file, folder)?,
            None => book::load_str(&text, &file)?,
        })
    })?;
    Ok(Book { loaded, text, file })
}

/// The word that stands behind numbers of a unit, and for money how many digits after the point they have.
#[pyfunction]
pub(crate) fn unit_look(unit: &str) -> (String, Option<u8>) {
    let digits = show::currency(unit).map(|code| book::currency_digits(&code).unwrap_or(2));
    (show::unit_word(unit), digits)
}

/// The error that the loader gives for what cannot be a book.
fn load_refused(
    py: Python<'_>,
    load: impl FnOnce() -> Result<Loaded, book::Diagnostics> + Send,
) -> PyResult<Book> {
    detached(py, || load().map_err(Failure::from))?;
    Err(PyErr::new::<BookError, _>(("the file changed while it was read; load it again",)))
}

#[pymethods]
impl Book {
    /// The book as JSON.
    fn describe(&self) -> String {
        let book = &self.loaded.book;
        json!({
            "id": book.id,
            "version": book.version,
            "currency": book.currency,
            "timezone": book.timezone,
            "teams": book.teams.iter().map(|team| json!({"id": team.id, "name": team.name})).collect::<Vec<_>>(),
            "tables": book.tables.iter().map(table_json).collect::<Vec<_>>(),
            "metrics": (0..book.metrics.len()).map(|i| self.metric_json(i)).collect::<Vec<_>>(),
            "saved_queries": book.saved_queries.iter().map(|(name, query)| {
                json!({"name": name, "metrics": query.metrics})
            }).collect::<Vec<_>>(),
        })
        .to_string()
    }

    /// What somebody should look at although the book can be used.
    fn warnings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        problems(py, &self.loaded.warnings)
    }

    /// Compiles a query; what is not given comes from the saved query, where one is named.
    #[pyo3(signature = (*, query=None, metrics=None, by=None, grain=None, range=None, filter=None, as_of=None, totals=None))]
    #[allow(clippy::too_many_arguments)]
    fn compile(
        &self,
        py: Python<'_>,
        query: Option<&str>,
        metrics: Option<Vec<String>>,
        by: Option<Vec<String>>,
        grain: Option<&str>,
        range: Option<(Option<String>, Option<String>)>,
        filter: Option<String>,
        as_of: Option<&str>,
        totals: Option<bool>,
    ) -> PyResult<Program> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let (query, grain, as_of) = (owned(query), owned(grain), owned(as_of));
        let asked = self.question(&Asked { query, metrics, by, grain, range, filter, as_of, totals })?;
        let book = &self.loaded.book;
        let inner = detached(py, || Ok(ripplemark::Program::compile(book, &asked)?))?;
        Ok(Program { inner })
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let rebuild = py.import("ripplemark._ripplemark")?.getattr("load_text")?;
        Ok((rebuild, PyTuple::new(py, [&self.text, &self.file])?))
    }
}

impl Book {
    pub(crate) fn book(&self) -> &ripplemark::model::Book {
        &self.loaded.book
    }

    /// The query that is meant; what is not given comes from the saved query, where one is named.
    pub(crate) fn question(&self, given: &Asked) -> PyResult<Query> {
        let mut asked = match &given.query {
            Some(name) => self.saved(name)?,
            None => Query::default(),
        };
        let refused =
            |argument: &str, why: String| PyErr::new::<QueryError, _>((format!("{argument}: {why}"),));
        asked.metrics = given.metrics.clone().unwrap_or(asked.metrics);
        asked.by = given.by.clone().unwrap_or(asked.by);
        if let Some(word) = &given.grain {
            asked.grain = Some(parse_grain(word).map_err(|why| refused("grain", why))?);
        }
        if let Some((from, to)) = &given.range {
            let range = parse_range(from.as_deref(), to.as_deref()).map_err(|why| refused("range", why))?;
            asked.range = Some(range);
        }
        asked.filter = given.filter.clone().or(asked.filter);
        if let Some(text) = &given.as_of {
            asked.as_of = Some(parse_instant(text).map_err(|why| refused("as_of", why))?);
        }
        asked.totals = given.totals.unwrap_or(asked.totals);
        Ok(asked)
    }

    fn saved(&self, name: &str) -> PyResult<Query> {
        let found = self.loaded.book.saved_queries.iter().find(|(known, _)| known == name);
        found.map(|(_, query)| query.clone()).ok_or_else(|| {
            let known: Vec<&str> =
                self.loaded.book.saved_queries.iter().map(|(name, _)| name.as_str()).collect();
            let has = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            PyErr::new::<QueryError, _>((format!("the book has no saved query `{name}`; it has {has}"),))
        })
    }

    fn metric_json(&self, i: usize) -> Value {
        let book = &self.loaded.book;
        let Some(metric) = book.metrics.get(i) else { return Value::Null };
        let id = MetricId(i);
        let owners: Vec<&str> = metric
            .owners
            .iter()
            .filter_map(|team| book.teams.get(team.0))
            .map(|team| team.name.as_str())
            .collect();
        let tables: Vec<&str> = tables_needed(book, id)
            .into_iter()
            .filter_map(|table| book.tables.get(table.0))
            .map(|table| table.name.as_str())
            .collect();
        let meaning: String = metric_meaning(book, id).iter().map(|byte| format!("{byte:02x}")).collect();
        json!({
            "name": metric.name,
            "label": metric.label,
            "kind": kind(metric),
            "ring": metric.ring.map(ring),
            "owner": owners.join(", "),
            "unit": metric.unit.as_ref().map(ToString::to_string),
            "description": metric.description,
            "exactness": match exactness(book, id) {
                Exactness::Exact => "exact",
                Exactness::ExactOverFloats => "exact over floats",
                Exactness::Rounded => "rounded",
            },
            "tables": tables,
            "meaning": meaning,
        })
    }
}

fn kind(metric: &Metric) -> &'static str {
    match metric.kind {
        MetricKind::Simple => "simple",
        MetricKind::Ratio => "ratio",
        MetricKind::Derived => "derived",
    }
}

fn ring(ring: Ring) -> &'static str {
    match ring {
        Ring::Behaviour => "behaviour",
        Ring::Conversion => "conversion",
        Ring::Revenue => "revenue",
    }
}

fn table_json(table: &Table) -> Value {
    let columns: Vec<Value> = table
        .columns
        .iter()
        .filter(|column| column.has_a_name())
        .map(|column| {
            json!({
                "name": column.name,
                "source": column.source,
                "type": column_type(&column.ty),
                "description": column.description,
                "unit": column.unit.as_ref().map(ToString::to_string),
                "lookup": (column.found.and_then(|found| table.lookups.get(found.lookup)))
                    .map(|lookup| lookup.name.as_str()),
                "computed": column.computed.is_some(),
            })
        })
        .collect();
    let key: Vec<&str> = (table.key.iter())
        .filter_map(|id| table.columns.get(id.0))
        .map(|column| column.name.as_str())
        .collect();
    json!({
        "name": table.name,
        "key": key,
        "entity": table.entity,
        "time": table.time.and_then(|time| table.columns.get(time.0)).map(|column| column.name.as_str()),
        "description": table.description,
        "columns": columns,
    })
}

fn column_type(ty: &ColumnType) -> String {
    match ty {
        ColumnType::Int => "int".into(),
        ColumnType::Decimal(digits) => format!("decimal({digits})"),
        ColumnType::Float => "float".into(),
        ColumnType::Bool => "bool".into(),
        ColumnType::Category(_) => "category".into(),
        ColumnType::Id => "id".into(),
        ColumnType::Date => "date".into(),
        ColumnType::Timestamp => "timestamp".into(),
        ColumnType::Duration => "duration".into(),
    }
}
