//! The result as an Arrow batch and as JSON. Both are long and have the same columns.

use super::result::{Coordinate, ResultCell, ResultSet, grain_name, hex, iso_date};
use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Array, Float64Array, Int64Builder, StringArray,
    UInt64Array,
};
use arrow::datatypes::{DECIMAL128_MAX_PRECISION, Field, Schema};
use arrow::record_batch::RecordBatch;
use ripplemark_core::program::DimType;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::Arc;

/// The column of exact decimals.
pub const EXACT_VALUE: &str = "exact_value";

/// Decimals with more digits after the point would leave too few before it to those that share their column.
const MAX_DECIMAL_DIGITS: u8 = 18;

/// A decimal's digits without the point, `scale` of them behind it; `None` where it has more, or more than 38 in all.
fn mantissa(text: &str, scale: u8) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let missing = usize::from(scale).checked_sub(fraction.len())?;
    let digits = format!("{whole}{fraction}{:0<missing$}", "");
    let value: i128 = digits.parse().ok()?;
    (value.unsigned_abs() < 10_u128.pow(u32::from(DECIMAL128_MAX_PRECISION))).then_some(value)
}

impl ResultSet {
    /// The cells as one Arrow batch: `metric`, `level`, the dimensions, the period (named after the grain), `value`,
    /// `exact`, `exact_value`, `reason`, `flags`, `numerator`, `denominator`, `n`, `unit`, `owner`.
    ///
    /// `exact_value` is `exact` as a `Decimal128`, there if any metric of the result is a decimal of at most 18 digits after
    /// the point, with as many digits as the finest of these. It is null for other metrics and for what does not fit.
    ///
    /// A dimension is null where the rows have no value, and where `level` does not name it. `reason` and `flags` are
    /// names joined by "|", null where there is none. The receipt is in the schema's metadata under
    /// `ripplemark.receipt`.
    ///
    /// # Panics
    /// Never: the columns are made here, of equal lengths.
    #[must_use]
    pub fn to_record_batch(&self) -> RecordBatch {
        let mut fields = Vec::new();
        let mut columns: Vec<ArrayRef> = Vec::new();
        let mut add = |name: &str, nullable: bool, column: ArrayRef| {
            fields.push(Field::new(name, column.data_type().clone(), nullable));
            columns.push(column);
        };
        let info = |cell: &ResultCell| self.metrics.get(cell.metric);
        let texts = |text: &dyn Fn(&ResultCell) -> Option<String>| -> ArrayRef {
            Arc::new(self.cells.iter().map(text).collect::<StringArray>())
        };
        add("metric", false, texts(&|cell| Some(info(cell).map_or_else(String::new, |m| m.name.clone()))));
        add("level", false, texts(&|cell| Some(self.level_name(cell.level))));
        for (d, name) in self.dims.iter().enumerate() {
            add(name, true, self.dimension(d));
        }
        if let Some(grain) = self.grain {
            let mut days = Date32Builder::new();
            self.cells
                .iter()
                .for_each(|cell| days.append_option(cell.period.and_then(|day| i32::try_from(day).ok())));
            add(grain_name(grain), true, Arc::new(days.finish()));
        }
        let floats = |number: &dyn Fn(&ResultCell) -> Option<f64>| -> ArrayRef {
            Arc::new(self.cells.iter().map(number).collect::<Float64Array>())
        };
        add("value", true, floats(&|cell| cell.value));
        add("exact", true, texts(&|cell| cell.exact.clone()));
        if let Some(decimals) = self.decimals() {
            add(EXACT_VALUE, true, decimals);
        }
        let set_text = |text: String| (!text.is_empty()).then_some(text);
        add("reason", true, texts(&|cell| set_text(cell.reasons.to_string())));
        add("flags", true, texts(&|cell| set_text(cell.flags.to_string())));
        add("numerator", true, floats(&|cell| cell.numerator));
        add("denominator", true, floats(&|cell| cell.denominator));
        add("n", false, Arc::new(self.cells.iter().map(|cell| cell.n).collect::<UInt64Array>()));
        add("unit", true, texts(&|cell| info(cell).and_then(|m| set_text(m.unit.clone()))));
        add("owner", false, texts(&|cell| Some(info(cell).map_or_else(String::new, |m| m.owner.clone()))));
        let receipt = serde_json::to_string(&self.receipt).unwrap_or_default();
        let metadata = HashMap::from([("ripplemark.receipt".to_owned(), receipt)]);
        let schema = Arc::new(Schema::new_with_metadata(fields, metadata));
        RecordBatch::try_new(schema.clone(), columns).unwrap_or_else(|_| RecordBatch::new_empty(schema))
    }

    /// The exact values of decimals; `None` where no metric is one.
    fn decimals(&self) -> Option<ArrayRef> {
        let digits_of = |metric: usize| {
            self.digits.get(metric).copied().flatten().filter(|digits| *digits <= MAX_DECIMAL_DIGITS)
        };
        let scale = (0..self.digits.len()).filter_map(digits_of).max()?;
        let values = self.cells.iter().map(|cell| {
            digits_of(cell.metric)?;
            mantissa(cell.exact.as_deref()?, scale)
        });
        let values = values.collect::<Decimal128Array>();
        let scale = i8::try_from(scale).ok()?;
        Some(Arc::new(values.with_precision_and_scale(DECIMAL128_MAX_PRECISION, scale).ok()?))
    }

    fn dimension(&self, dim: usize) -> ArrayRef {
        let keys = self.cells.iter().map(|cell| cell.key.get(dim));
        match self.dim_types.get(dim) {
            Some(DimType::Int) => {
                let mut values = Int64Builder::new();
                keys.for_each(|key| {
                    values.append_option(if let Some(Coordinate::Int(v)) = key { Some(*v) } else { None })
                });
                Arc::new(values.finish())
            }
            Some(DimType::Bool) => {
                let mut values = BooleanBuilder::new();
                keys.for_each(|key| {
                    values.append_option(if let Some(Coordinate::Bool(v)) = key { Some(*v) } else { None })
                });
                Arc::new(values.finish())
            }
            Some(DimType::Date) => {
                let mut values = Date32Builder::new();
                keys.for_each(|key| {
                    let day =
                        if let Some(Coordinate::Date(day)) = key { i32::try_from(*day).ok() } else { None };
                    values.append_option(day);
                });
                Arc::new(values.finish())
            }
            Some(DimType::Text) | None => Arc::new(
                keys.map(
                    |key| if let Some(Coordinate::Text(text)) = key { Some(text.as_str()) } else { None },
                )
                .collect::<StringArray>(),
            ),
        }
    }

    /// The result as JSON: `cells` (one object each, with the names of [`ResultSet::to_record_batch`], and
    /// `value_bits`, the value's bits in hex), `metrics`, `rows`, `columns`, `row_errors`,
    /// `lookups`, `receipt`.
    ///
    /// JSON has no NaN and needs none: a value that does not exist is `null`, with its `reason` beside it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "cells": self.cells.iter().map(|cell| self.cell_json(cell)).collect::<Vec<_>>(),
            "metrics": self.metrics,
            "rows": self.rows,
            "columns": self.columns,
            "row_errors": self.row_errors,
            "lookups": self.lookups,
            "receipt": self.receipt,
        })
    }

    fn cell_json(&self, cell: &ResultCell) -> Value {
        let mut object = Map::new();
        let mut put = |name: &str, value: Value| object.insert(name.to_owned(), value);
        let info = self.metrics.get(cell.metric);
        put("metric", info.map_or(Value::Null, |m| json!(m.name)));
        put("level", json!(self.level_name(cell.level)));
        for (name, key) in self.dims.iter().zip(cell.key.iter()) {
            put(
                name,
                match key {
                    Coordinate::All | Coordinate::Missing => Value::Null,
                    Coordinate::Int(v) => json!(v),
                    Coordinate::Bool(v) => json!(v),
                    Coordinate::Date(day) => json!(iso_date(*day)),
                    Coordinate::Text(text) => json!(text),
                },
            );
        }
        if let Some(grain) = self.grain {
            put(grain_name(grain), cell.period.map_or(Value::Null, |day| json!(iso_date(day))));
        }
        put("value", json!(cell.value));
        put("value_bits", cell.value.map_or(Value::Null, |v| json!(hex(&v.to_bits().to_be_bytes()))));
        put("exact", json!(cell.exact));
        put("reason", json!(cell.reasons.names().collect::<Vec<_>>()));
        put("flags", json!(cell.flags.names().collect::<Vec<_>>()));
        put("numerator", json!(cell.numerator));
        put("denominator", json!(cell.denominator));
        put("n", json!(cell.n));
        put("unit", info.map_or(Value::Null, |m| json!(m.unit)));
        put("owner", info.map_or(Value::Null, |m| json!(m.owner)));
        Value::Object(object)
    }
}
