//! Columns that are kept: values as their declared types mean them, in one Arrow layout for each type, so that it does
//! not matter in how many batches and layouts they came.

use super::value::{self, Value};
use arrow::array::{
    ArrayRef, AsArray, BooleanBufferBuilder, BooleanBuilder, Date32Builder, Decimal128Builder,
    Float64Builder, Int64Builder, LargeStringDictionaryBuilder, TimestampMicrosecondBuilder, UInt32Array,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Int32Type};
use arrow::error::ArrowError;
use ripplemark_core::batch::Column;
use ripplemark_core::types::LogicalType;
use std::sync::Arc;

/// Text columns with at most so many different values are lent to the core as dictionaries, which it looks through
/// once for each batch.
const MOST_ENTRIES: usize = 4096;

/// About the bytes that a text takes beside its letters.
const ENTRY: u64 = 24;

/// Values of one column, and which of them were not of the declared type.
#[derive(Clone, Debug)]
pub(super) struct Shelved {
    pub(super) array: ArrayRef,
    pub(super) invalid: Option<BooleanBuffer>,
}

impl Shelved {
    /// The values of the rows given; missing where there is none.
    pub(super) fn take(&self, rows: &UInt32Array) -> Result<Shelved, ArrowError> {
        let invalid = self.invalid.as_ref().map(|invalid| {
            let is_invalid = |row: &Option<u32>| {
                row.is_some_and(|row| (row as usize) < invalid.len() && invalid.value(row as usize))
            };
            rows.iter().map(|row| is_invalid(&row)).collect::<BooleanBuffer>()
        });
        let invalid = invalid.filter(|bits| bits.count_set_bits() > 0);
        Ok(Shelved { array: take(&self.array, rows, None)?, invalid })
    }

    /// Some rows, without copying.
    pub(super) fn slice(&self, from: usize, rows: usize) -> Shelved {
        let invalid = self.invalid.as_ref().map(|invalid| invalid.slice(from, rows));
        Shelved { array: self.array.slice(from, rows), invalid }
    }
}

enum Builder {
    Int(Int64Builder),
    Decimal(Decimal128Builder, u8),
    Float(Float64Builder),
    Bool(BooleanBuilder),
    Text(LargeStringDictionaryBuilder<Int32Type>),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
}

/// A column that grows.
pub(super) struct Shelf {
    values: Builder,
    invalid: BooleanBufferBuilder,
    any_invalid: bool,
    /// Different texts.
    entries: usize,
    bytes: u64,
}

impl Shelf {
    pub(super) fn new(ty: LogicalType) -> Result<Shelf, ArrowError> {
        let values = match ty {
            LogicalType::Int | LogicalType::Duration => Builder::Int(Int64Builder::new()),
            LogicalType::Decimal(scale) => {
                let digits = i8::try_from(scale)
                    .map_err(|_| ArrowError::InvalidArgumentError(format!("decimal({scale})")))?;
                Builder::Decimal(Decimal128Builder::new().with_precision_and_scale(38, digits)?, scale)
            }
            LogicalType::Float => Builder::Float(Float64Builder::new()),
            LogicalType::Bool => Builder::Bool(BooleanBuilder::new()),
            LogicalType::Category | LogicalType::Id => Builder::Text(LargeStringDictionaryBuilder::new()),
            LogicalType::Date => Builder::Date(Date32Builder::new()),
            LogicalType::Timestamp => Builder::Timestamp(TimestampMicrosecondBuilder::new()),
        };
        Ok(Shelf { values, invalid: BooleanBufferBuilder::new(0), any_invalid: false, entries: 0, bytes: 0 })
    }

    /// About the bytes that the column takes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Appends rows of a column.
    pub(super) fn append(&mut self, column: &Column<'_>, rows: usize) -> Result<(), ArrowError> {
        /// The value to append, and whether there was one that is none.
        fn sorted<T>(value: Value<T>) -> (Option<T>, bool) {
            match value {
                Value::There(value) => (Some(value), false),
                Value::Missing => (None, false),
                Value::Invalid => (None, true),
            }
        }
        let mut digits = String::new();
        for row in 0..rows {
            let invalid = match &mut self.values {
                Builder::Int(values) => {
                    let (value, invalid) = sorted(value::int(column, row));
                    values.append_option(value);
                    invalid
                }
                Builder::Decimal(values, scale) => {
                    let (value, invalid) = sorted(value::mantissa(column, row, *scale));
                    values.append_option(value);
                    invalid
                }
                Builder::Float(values) => {
                    let (value, invalid) = sorted(value::float(column, row));
                    values.append_option(value);
                    invalid
                }
                Builder::Bool(values) => {
                    let (value, invalid) = sorted(value::truth(column, row));
                    values.append_option(value);
                    invalid
                }
                Builder::Date(values) => {
                    let (value, invalid) = sorted(value::int(column, row));
                    values.append_option(value.and_then(|day| i32::try_from(day).ok()));
                    invalid
                }
                Builder::Timestamp(values) => {
                    let (value, invalid) = sorted(value::timestamp(column, row));
                    values.append_option(value);
                    invalid
                }
                Builder::Text(values) => {
                    let (text, mut invalid) = sorted(value::text(column, row, &mut digits));
                    match text.map(std::str::from_utf8) {
                        Some(Ok(text)) => {
                            let code = values.append(text)?;
                            if usize::try_from(code).is_ok_and(|code| code >= self.entries) {
                                self.entries += 1;
                                self.bytes = self.bytes.saturating_add(text.len() as u64 + ENTRY);
                            }
                        }
                        Some(Err(_)) => {
                            invalid = true;
                            values.append_null();
                        }
                        None => values.append_null(),
                    }
                    invalid
                }
            };
            self.invalid.append(invalid);
            self.any_invalid |= invalid;
        }
        self.bytes = self.bytes.saturating_add(rows as u64 * self.width());
        Ok(())
    }

    /// About the bytes of one value.
    fn width(&self) -> u64 {
        match &self.values {
            Builder::Int(_) | Builder::Float(_) | Builder::Timestamp(_) => 9,
            Builder::Decimal(..) => 17,
            Builder::Bool(_) => 1,
            Builder::Date(_) | Builder::Text(_) => 5,
        }
    }

    /// What has been appended so far.
    pub(super) fn shelved(&self) -> Result<Shelved, ArrowError> {
        let array: ArrayRef = match &self.values {
            Builder::Int(values) => Arc::new(values.finish_cloned()),
            Builder::Decimal(values, _) => Arc::new(values.finish_cloned()),
            Builder::Float(values) => Arc::new(values.finish_cloned()),
            Builder::Bool(values) => Arc::new(values.finish_cloned()),
            Builder::Date(values) => Arc::new(values.finish_cloned()),
            Builder::Timestamp(values) => Arc::new(values.finish_cloned()),
            Builder::Text(values) => {
                let values: ArrayRef = Arc::new(values.finish_cloned());
                let entries = values.as_any_dictionary().values().len();
                if entries <= MOST_ENTRIES { values } else { cast(&values, &DataType::LargeUtf8)? }
            }
        };
        let invalid = self
            .any_invalid
            .then(|| BooleanBuffer::collect_bool(self.invalid.len(), |row| self.invalid.get_bit(row)));
        Ok(Shelved { array, invalid })
    }
}
