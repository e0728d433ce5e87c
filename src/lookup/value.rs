//! Single values out of the core's columns, as the declared type means them: what the core does when it loads a column,
//! for values that the host has to keep or compare.

use ripplemark_core::Reasons;
use ripplemark_core::batch::{Column, Data, TimeUnit};
use ripplemark_core::num::decimal;

/// A value, that it is missing, or that it is not of its declared type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<T> {
    Missing,
    Invalid,
    There(T),
}

impl<T> Value<T> {
    fn of(value: Option<T>) -> Value<T> {
        value.map_or(Value::Invalid, Value::There)
    }
}

/// Why a row has no value before its value is looked at; `Reasons::NONE` where it has one.
fn status(column: &Column<'_>, row: usize) -> Reasons {
    if column.invalid.is_some_and(|bits| bits.get(row)) {
        Reasons::INVALID_INPUT
    } else if column.validity.is_some_and(|bits| !bits.get(row)) || matches!(column.data, Data::Missing) {
        Reasons::EMPTY
    } else {
        Reasons::NONE
    }
}

fn read<'c, T>(column: &Column<'c>, row: usize, value: impl FnOnce(&Data<'c>) -> Value<T>) -> Value<T> {
    match status(column, row) {
        Reasons::NONE => value(&column.data),
        Reasons::EMPTY => Value::Missing,
        _ => Value::Invalid,
    }
}

fn whole(data: &Data<'_>, row: usize) -> Option<i128> {
    Some(match data {
        Data::I8(v) => i128::from(*v.get(row)?),
        Data::I16(v) => i128::from(*v.get(row)?),
        Data::I32(v) | Data::Date32(v) => i128::from(*v.get(row)?),
        Data::I64(v) => i128::from(*v.get(row)?),
        Data::U8(v) => i128::from(*v.get(row)?),
        Data::U16(v) => i128::from(*v.get(row)?),
        Data::U32(v) => i128::from(*v.get(row)?),
        Data::U64(v) => i128::from(*v.get(row)?),
        _ => return None,
    })
}

/// An `int`, or the day of a `date`.
pub(super) fn int(column: &Column<'_>, row: usize) -> Value<i64> {
    read(column, row, |data| Value::of(whole(data, row).and_then(|value| i64::try_from(value).ok())))
}

/// Microseconds of a `timestamp`.
pub(super) fn timestamp(column: &Column<'_>, row: usize) -> Value<i64> {
    read(column, row, |data| {
        let Data::Timestamp { values, unit } = data else { return Value::Invalid };
        Value::of(values.get(row).and_then(|&value| match unit {
            TimeUnit::Second => value.checked_mul(1_000_000),
            TimeUnit::Millisecond => value.checked_mul(1_000),
            TimeUnit::Microsecond => Some(value),
            TimeUnit::Nanosecond => Some(value.div_euclid(1_000)),
        }))
    })
}

/// A `bool`.
pub(super) fn truth(column: &Column<'_>, row: usize) -> Value<bool> {
    read(column, row, |data| match data {
        Data::Bool(bits) => Value::There(bits.get(row)),
        _ => Value::Invalid,
    })
}

fn double(data: &Data<'_>, row: usize) -> Option<f64> {
    match data {
        Data::F64(values) => values.get(row).copied(),
        Data::F32(values) => values.get(row).map(|&value| f64::from(value)),
        _ => None,
    }
}

/// A `float`: NaN is missing, infinities are invalid, whole numbers must be doubles.
pub(super) fn float(column: &Column<'_>, row: usize) -> Value<f64> {
    read(column, row, |data| match double(data, row) {
        Some(value) if value.is_nan() => Value::Missing,
        Some(value) => Value::of(value.is_finite().then_some(value)),
        None => Value::of(whole(data, row).and_then(|value| {
            let float = value as f64;
            (float as i128 == value).then_some(float)
        })),
    })
}

/// The mantissa of a `decimal(scale)`.
pub(super) fn mantissa(column: &Column<'_>, row: usize, scale: u8) -> Value<i128> {
    read(column, row, |data| {
        if let Data::Decimal128 { bytes, scale: from } = data {
            let value = bytes.get(row * 16..row * 16 + 16).and_then(|bytes| bytes.try_into().ok());
            return Value::of(value.map(i128::from_le_bytes).and_then(|v| decimal::rescale(v, *from, scale)));
        }
        match double(data, row) {
            Some(value) if value.is_nan() => Value::Missing,
            Some(value) => Value::of(decimal::snap_f64(value.to_bits(), scale)),
            None => Value::of(whole(data, row).and_then(|value| decimal::rescale(value, 0, scale))),
        }
    })
}

/// The bytes of a `category` or `id`, before any value map; digits of whole numbers are written into `digits`.
pub(super) fn text<'v>(column: &Column<'v>, row: usize, digits: &'v mut String) -> Value<&'v [u8]> {
    read(column, row, |data| match data {
        Data::Utf8(text) => Value::of(text.get(row)),
        Data::Dict { codes, values, valid } => match codes.get(row) {
            Some(code) if valid.is_some_and(|bits| !bits.get(code)) => Value::Missing,
            Some(code) => Value::of(values.get(code)),
            None => Value::Invalid,
        },
        data => match whole(data, row) {
            Some(value) => {
                use std::fmt::Write as _;
                digits.clear();
                let _ = write!(digits, "{value}");
                Value::There(digits.as_bytes())
            }
            None => Value::Invalid,
        },
    })
}
