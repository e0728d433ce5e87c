//! Programs as Python holds them.

use crate::guard::{Failure, detached};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use ripplemark::bind::{ColumnSpec, TableSpec};
use ripplemark::core::types::LogicalType;
use serde_json::{Value, json};

/// A validated program; threads may share one.
#[pyclass(module = "ripplemark._ripplemark", frozen)]
pub(crate) struct Program {
    pub(crate) inner: ripplemark::Program,
}

#[pymethods]
impl Program {
    /// Reads and validates program bytes.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Program> {
        let inner = detached(py, || ripplemark::Program::from_bytes(bytes).map_err(Failure::from))?;
        Ok(Program { inner })
    }

    /// The bytes.
    fn bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.inner.bytes())
    }

    /// SHA-256 of the bytes, in hex.
    fn hash(&self) -> String {
        self.inner.hash().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Tables, dimensions and metrics as JSON.
    fn describe(&self) -> String {
        let view = self.inner.view();
        json!({
            "tables": self.inner.tables().iter().map(table_json).collect::<Vec<_>>(),
            "dimensions": (0..view.dim_count()).map(|d| view.dim(d).name).collect::<Vec<_>>(),
            "metrics": (0..view.metric_count()).map(|m| view.metric(m).name).collect::<Vec<_>>(),
        })
        .to_string()
    }

    /// Positions of those of `names` that a table is read from; `None` if there is no such table or one is absent.
    fn positions(&self, table: &str, names: Vec<String>) -> Option<Vec<usize>> {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.inner.tables().iter().find(|spec| spec.name == table)?.positions_in(&names)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let rebuild = py.get_type::<Program>().getattr("from_bytes")?;
        Ok((rebuild, PyTuple::new(py, [self.bytes(py)])?))
    }
}

fn table_json(spec: &TableSpec) -> Value {
    json!({ "name": spec.name, "lookup": spec.lookup, "columns": spec.columns.iter().map(column_json).collect::<Vec<_>>() })
}

fn column_json(spec: &ColumnSpec) -> Value {
    let ty = match spec.ty {
        LogicalType::Int => "int".to_owned(),
        LogicalType::Decimal(digits) => format!("decimal({digits})"),
        LogicalType::Float => "float".to_owned(),
        LogicalType::Bool => "bool".to_owned(),
        LogicalType::Category => "category".to_owned(),
        LogicalType::Id => "id".to_owned(),
        LogicalType::Date => "date".to_owned(),
        LogicalType::Timestamp => "timestamp".to_owned(),
        LogicalType::Duration => "duration".to_owned(),
    };
    let mut column = json!({ "name": spec.name, "source": spec.source, "type": ty });
    if let Some(format) = &spec.format {
        column["format"] = format.pattern().into();
    }
    column
}
