//! One of the two things that are compared: a receipt, or a result with its receipt, from wherever it was kept.

use crate::error::Error;
use crate::evaluate::{Coordinate, Receipt, ResultCell, ResultSet, grain_name};
use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float64Type, UInt64Type};
use arrow::record_batch::RecordBatch;
use arrow::util::display::array_value_to_string;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};

/// Columns of a result that are not coordinates.
const OTHER_COLUMNS: [&str; 13] = [
    "metric",
    "level",
    "value",
    "value_bits",
    "exact",
    "exact_value",
    "reason",
    "flags",
    "numerator",
    "denominator",
    "n",
    "unit",
    "owner",
];

/// The metadata key under which results carry their receipt.
const RECEIPT: &str = "ripplemark.receipt";

/// A receipt, and the cells where there are any.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    /// What the result was made of.
    pub receipt: Receipt,
    /// The cells by where they stand; `None` for a receipt alone.
    pub cells: Option<BTreeMap<Place, Cell>>,
}

/// Where a cell stands: its metric, and the coordinates that its level distinguishes, by name; `None` where the rows
/// have no value.
pub(crate) type Place = (String, Vec<(String, Option<String>)>);

/// What a cell says.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Cell {
    /// The value, correctly rounded.
    pub value: Option<f64>,
    /// The exact value as digits or as a fraction, for exact metrics.
    pub exact: Option<String>,
    /// Why there is no value, joined by "|".
    pub reason: String,
    /// What to know about the value, joined by "|".
    pub flags: String,
    /// Numerator, correctly rounded.
    pub numerator: Option<f64>,
    /// Denominator, correctly rounded.
    pub denominator: Option<f64>,
    /// Rows behind the number.
    pub n: u64,
}

impl Side {
    /// A receipt without its result: values are not compared.
    #[must_use]
    pub fn from_receipt(receipt: Receipt) -> Side {
        Side { receipt, cells: None }
    }

    /// A result.
    #[must_use]
    pub fn from_result(result: &ResultSet) -> Side {
        let cells = result.cells.iter().map(|cell| own_cell(result, cell)).collect();
        Side { receipt: result.receipt.clone(), cells: Some(cells) }
    }

    /// A result ([`ResultSet::to_json`]) or a receipt ([`Receipt::to_json`]) as JSON text.
    ///
    /// # Errors
    /// If the text is neither, with what is wrong in it. Never panics.
    pub fn from_json(text: &str) -> Result<Side, Error> {
        let value: Value = serde_json::from_str(text)
            .map_err(|error| Error::other(format!("neither a receipt nor a result as JSON: {error}")))?;
        let (Some(receipt), Some(cells)) = (value.get("receipt"), value.get("cells")) else {
            return Ok(Side::from_receipt(Receipt::from_json(text)?));
        };
        let receipt = Receipt::from_json(&receipt.to_string())?;
        let Value::Array(cells) = cells else {
            return Err(Error::other("no result of ripplemark: `cells` is not a list"));
        };
        let mut all = BTreeMap::new();
        for (i, cell) in cells.iter().enumerate() {
            let read = cell.as_object().and_then(json_cell);
            let (place, cell) = read.ok_or_else(|| {
                Error::other(format!(
                    "no result of ripplemark: cell {i} has no metric, level or number of rows"
                ))
            })?;
            insert(&mut all, place, cell)?;
        }
        Ok(Side { receipt, cells: Some(all) })
    }

    /// A result as Arrow batches, as [`ResultSet::to_record_batch`] gives them and Parquet files keep them; the
    /// receipt is in the metadata of the schema.
    ///
    /// # Errors
    /// If the metadata have no receipt, or columns are missing or of other types. Never panics.
    pub fn from_batches(metadata: &HashMap<String, String>, batches: &[RecordBatch]) -> Result<Side, Error> {
        let receipt = metadata.get(RECEIPT).ok_or_else(|| {
            Error::other(format!("no result of ripplemark: the metadata of the schema have no `{RECEIPT}`"))
        })?;
        let receipt = Receipt::from_json(receipt)?;
        let mut all = BTreeMap::new();
        for batch in batches {
            read_batch(batch, &mut all)?;
        }
        Ok(Side { receipt, cells: Some(all) })
    }
}

fn insert(all: &mut BTreeMap<Place, Cell>, place: Place, cell: Cell) -> Result<(), Error> {
    let name = place.0.clone();
    match all.insert(place, cell) {
        None => Ok(()),
        Some(_) => Err(Error::other(format!("no result of ripplemark: two cells of `{name}` in one place"))),
    }
}

fn own_cell(result: &ResultSet, cell: &ResultCell) -> (Place, Cell) {
    let name = result.metrics.get(cell.metric).map_or_else(String::new, |metric| metric.name.clone());
    let mut place: Vec<(String, Option<String>)> = (result.dims.iter().zip(cell.key.iter()))
        .filter_map(|(dim, at)| match at {
            Coordinate::All => None,
            Coordinate::Missing => Some((dim.clone(), None)),
            at => Some((dim.clone(), Some(at.to_string()))),
        })
        .collect();
    if let (Some(grain), Some(day)) = (result.grain, cell.period) {
        place.push((grain_name(grain).to_owned(), Some(Coordinate::Date(day).to_string())));
    }
    place.sort();
    let cell = Cell {
        value: cell.value,
        exact: cell.exact.clone(),
        reason: cell.reasons.to_string(),
        flags: cell.flags.to_string(),
        numerator: cell.numerator,
        denominator: cell.denominator,
        n: cell.n,
    };
    ((name, place), cell)
}

/// The coordinates that a level names.
fn place_of(
    metric: String,
    level: &str,
    coordinates: impl Iterator<Item = (String, Option<String>)>,
) -> Place {
    let mut place: Vec<_> =
        coordinates.filter(|(name, _)| level.split(',').any(|named| named == name)).collect();
    place.sort();
    (metric, place)
}

fn json_cell(cell: &Map<String, Value>) -> Option<(Place, Cell)> {
    let text = |name: &str| cell.get(name).and_then(Value::as_str).map(str::to_owned);
    let number = |name: &str| cell.get(name).and_then(Value::as_f64);
    let set = |name: &str| -> String {
        let names = cell.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("|")
    };
    let coordinates =
        (cell.iter()).filter(|(name, _)| !OTHER_COLUMNS.contains(&name.as_str())).map(|(name, value)| {
            let at = match value {
                Value::Null => None,
                Value::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            };
            (name.clone(), at)
        });
    let place = place_of(text("metric")?, &text("level")?, coordinates);
    // Decimal digits are read back as the same double; the bits say so without relying on it.
    let bits = text("value_bits").and_then(|bits| u64::from_str_radix(&bits, 16).ok()).map(f64::from_bits);
    let value = bits.filter(|value| value.is_finite()).or_else(|| number("value"));
    let cell = Cell {
        value,
        exact: text("exact"),
        reason: set("reason"),
        flags: set("flags"),
        numerator: number("numerator"),
        denominator: number("denominator"),
        n: cell.get("n")?.as_u64()?,
    };
    Some((place, cell))
}

fn read_batch(batch: &RecordBatch, all: &mut BTreeMap<Place, Cell>) -> Result<(), Error> {
    let refuse = |name: &str| {
        Error::other(format!("no result of ripplemark: column `{name}` is missing or of another type"))
    };
    let column = |name: &str, ty: DataType| -> Result<&dyn Array, Error> {
        let column = batch.column_by_name(name).filter(|column| *column.data_type() == ty);
        column.map(AsRef::as_ref).ok_or_else(|| refuse(name))
    };
    let texts = |name| column(name, DataType::Utf8).map(|column| column.as_string::<i32>());
    let floats = |name| column(name, DataType::Float64).map(|column| column.as_primitive::<Float64Type>());
    let (metric, level, exact) = (texts("metric")?, texts("level")?, texts("exact")?);
    let (reason, flags) = (texts("reason")?, texts("flags")?);
    let (value, numerator) = (floats("value")?, floats("numerator")?);
    let denominator = floats("denominator")?;
    let n = column("n", DataType::UInt64)?.as_primitive::<UInt64Type>();
    let schema = batch.schema();
    let dims: Vec<(&String, &dyn Array)> = (schema.fields().iter().zip(batch.columns()))
        .filter(|(field, _)| !OTHER_COLUMNS.contains(&field.name().as_str()))
        .map(|(field, column)| (field.name(), column.as_ref()))
        .collect();
    for row in 0..batch.num_rows() {
        let coordinates = dims.iter().map(|(name, column)| {
            let at = (!column.is_null(row)).then(|| array_value_to_string(*column, row).unwrap_or_default());
            ((*name).clone(), at)
        });
        let text =
            |column: &arrow::array::StringArray| (!column.is_null(row)).then(|| column.value(row).to_owned());
        let float = |column: &arrow::array::Float64Array| (!column.is_null(row)).then(|| column.value(row));
        let place = place_of(text(metric).unwrap_or_default(), &text(level).unwrap_or_default(), coordinates);
        let cell = Cell {
            value: float(value),
            exact: text(exact),
            reason: text(reason).unwrap_or_default(),
            flags: text(flags).unwrap_or_default(),
            numerator: float(numerator),
            denominator: float(denominator),
            n: if n.is_null(row) { 0 } else { n.value(row) },
        };
        insert(all, place, cell)?;
    }
    Ok(())
}
