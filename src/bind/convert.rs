//! Conversions of arrays whose layout the core does not read as it is.
//!
//! Each keeps count of what it could not carry: a value that was there and is not afterwards is invalid, never
//! missing.

use std::sync::Arc;

use arrow::array::types::ArrowPrimitiveType;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, BooleanBuilder, Decimal128Array, PrimitiveArray, PrimitiveBuilder,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{CastOptions, TakeOptions, cast_with_options, take};
use arrow::datatypes::{
    BinaryViewType, ByteViewType, DataType, Date32Type, Decimal128Type, Decimal256Type, Float64Type,
    Int64Type, StringViewType, TimeUnit, TimestampMicrosecondType, i256,
};
use arrow::error::ArrowError;
use ripplemark_core::types::LogicalType;

use super::format::Format;
use super::parse::{self, Reading};
use super::plan::Conversion;
use super::store::{CodeBuffer, Stored, Texts, Values, validity};

/// Applies a conversion that was planned for the array's type.
pub(super) fn convert(array: &ArrayRef, conversion: &Conversion) -> Result<Stored, ArrowError> {
    match conversion {
        Conversion::Share => Stored::share(array),
        Conversion::Missing => Ok(Stored::missing()),
        Conversion::Cast(to) => {
            let after = cast(array, to)?;
            let invalid = lost(array, &after);
            Ok(Stored { invalid, ..Stored::share(&after)? })
        }
        Conversion::Text => {
            let after = text(array)?;
            let invalid = lost(array, &after);
            Ok(Stored { invalid, ..Stored::share(&after)? })
        }
        Conversion::TextDictionary => text_dictionary(array),
        Conversion::WholeDays => {
            let days = whole_days(array)?;
            let invalid = lost(array, &days);
            Ok(Stored { invalid, ..Stored::share(&days)? })
        }
        Conversion::WideDecimal { scale, declared } => {
            let (narrow, scale) = narrow(array.as_primitive(), *scale, *declared)?;
            let narrow: ArrayRef = Arc::new(narrow);
            let invalid = lost(array, &narrow);
            let bytes = narrow.as_primitive::<Decimal128Type>().values().inner().clone();
            Ok(Stored {
                values: Values::Decimal128 { bytes, scale },
                validity: validity(narrow.as_ref()),
                invalid,
            })
        }
        Conversion::Parse(ty, format) => {
            let Parsed { values, invalid } = parse_text(array, *ty, format.as_ref())?;
            Ok(Stored { invalid, ..Stored::share(&values)? })
        }
        Conversion::ParseDictionary(ty, format) => parse_dictionary(array, *ty, format.as_ref()),
        Conversion::Elapsed(unit) => {
            let ticks = cast(array, &DataType::Int64)?;
            let micros: ArrayRef =
                Arc::new(ticks.as_primitive::<Int64Type>().unary_opt::<_, Int64Type>(|ticks| match unit {
                    TimeUnit::Second => ticks.checked_mul(1_000_000),
                    TimeUnit::Millisecond => ticks.checked_mul(1_000),
                    TimeUnit::Microsecond => Some(ticks),
                    TimeUnit::Nanosecond => Some(ticks.div_euclid(1_000)),
                }));
            let invalid = lost(array, &micros);
            Ok(Stored { invalid, ..Stored::share(&micros)? })
        }
        Conversion::Units(unit) => {
            let counted = cast(array, &DataType::Int64)?;
            let micros: ArrayRef = Arc::new(
                counted
                    .as_primitive::<Int64Type>()
                    .unary_opt::<_, Int64Type>(|count| count.checked_mul(*unit)),
            );
            let invalid = lost(array, &micros);
            Ok(Stored { invalid, ..Stored::share(&micros)? })
        }
        Conversion::Count(unit) => {
            let counted = cast(array, &DataType::Int64)?;
            let micros: ArrayRef = Arc::new(
                counted
                    .as_primitive::<Int64Type>()
                    .unary_opt::<_, TimestampMicrosecondType>(|count| count.checked_mul(*unit)),
            );
            let invalid = lost(array, &micros);
            Ok(Stored { invalid, ..Stored::share(&micros)? })
        }
        Conversion::UnpackDictionary(inner) => {
            let dictionary = array.as_any_dictionary();
            convert(&pick(dictionary.values(), dictionary.keys())?, inner)
        }
        Conversion::UnpackRuns(of, inner) => convert(&cast(array, of)?, inner),
    }
}

/// The days of points in time that begin a day; others become null.
fn whole_days(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let day: i64 = match array.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => 86_400,
        DataType::Timestamp(TimeUnit::Microsecond, _) => 86_400_000_000,
        DataType::Timestamp(TimeUnit::Nanosecond, _) => 86_400_000_000_000,
        _ => 86_400_000,
    };
    let ticks = cast(array, &DataType::Int64)?;
    let days = ticks.as_primitive::<Int64Type>().unary_opt::<_, Date32Type>(|tick| {
        (tick % day == 0).then(|| i32::try_from(tick / day).ok()).flatten()
    });
    Ok(Arc::new(days))
}

/// Arrow's cast, where a value that the target cannot hold becomes null.
fn cast(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    cast_with_options(array, to, &CastOptions { safe: true, ..CastOptions::default() })
}

/// Arrow's take, which reports an index out of bounds instead of panicking.
fn pick(values: &dyn Array, indices: &dyn Array) -> Result<ArrayRef, ArrowError> {
    take(values, indices, Some(TakeOptions { check_bounds: true }))
}

/// True where a value was there before and is not afterwards; `None`: nowhere.
fn lost(before: &dyn Array, after: &dyn Array) -> Option<BooleanBuffer> {
    if after.null_count() == before.null_count() {
        return None;
    }
    Some(BooleanBuffer::collect_bool(after.len(), |row| before.is_valid(row) && after.is_null(row)))
}

/// Text or binary as `Utf8` or `LargeUtf8`; binary that is not UTF-8 becomes null.
fn text(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let to = match array.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 => return Ok(Arc::clone(array)),
        DataType::Binary => DataType::Utf8,
        DataType::LargeBinary => DataType::LargeUtf8,
        DataType::Utf8View => viewed::<StringViewType>(array),
        _ => {
            let to = match viewed::<BinaryViewType>(array) {
                DataType::Utf8 => DataType::Binary,
                _ => DataType::LargeBinary,
            };
            return text(&cast(array, &to)?);
        }
    };
    cast(array, &to)
}

/// The text type whose offsets can address all values of a view array, which may share bytes among themselves.
fn viewed<T: ByteViewType>(array: &ArrayRef) -> DataType {
    let length = |value: &T::Native| AsRef::<[u8]>::as_ref(value).len();
    let bytes: usize = array.as_byte_view::<T>().iter().flatten().map(length).sum();
    if i32::try_from(bytes).is_ok() { DataType::Utf8 } else { DataType::LargeUtf8 }
}

fn text_dictionary(array: &ArrayRef) -> Result<Stored, ArrowError> {
    let dictionary = array.as_any_dictionary();
    let entries = text(dictionary.values())?;
    let keys = dictionary.keys();
    let narrow: ArrayRef = match keys.data_type() {
        // Not the lenient cast: a code that does not fit is an error of the batch, not a missing value.
        DataType::Int64 | DataType::UInt64 => {
            cast_with_options(keys, &DataType::Int32, &CastOptions { safe: false, ..CastOptions::default() })?
        }
        _ => keys.slice(0, keys.len()),
    };
    Ok(Stored {
        values: Values::Dict {
            codes: CodeBuffer::share(&narrow)?,
            texts: Texts::share(&entries)?,
            valid: validity(&entries),
        },
        validity: validity(&narrow),
        invalid: invalid_rows(lost(dictionary.values(), &entries), keys)?,
    })
}

/// The rows that refer to invalid entries of a dictionary.
fn invalid_rows(
    entries: Option<BooleanBuffer>,
    keys: &dyn Array,
) -> Result<Option<BooleanBuffer>, ArrowError> {
    let Some(entries) = entries else { return Ok(None) };
    let rows = pick(&BooleanArray::new(entries, None), keys)?;
    let rows = rows.as_boolean();
    let invalid = match rows.nulls() {
        Some(nulls) => rows.values() & nulls.inner(),
        None => rows.values().clone(),
    };
    // An entry may stand in the dictionary without any row that refers to it.
    Ok((invalid.count_set_bits() > 0).then_some(invalid))
}

fn parse_dictionary(
    array: &ArrayRef,
    ty: LogicalType,
    format: Option<&Format>,
) -> Result<Stored, ArrowError> {
    let dictionary = array.as_any_dictionary();
    let Parsed { values, invalid } = parse_text(dictionary.values(), ty, format)?;
    let rows = pick(&values, dictionary.keys())?;
    Ok(Stored { invalid: invalid_rows(invalid, dictionary.keys())?, ..Stored::share(&rows)? })
}

/// Parsed values, null where the text says nothing or cannot be read, and where the latter is the case.
struct Parsed {
    values: ArrayRef,
    invalid: Option<BooleanBuffer>,
}

fn parse_text(array: &ArrayRef, ty: LogicalType, format: Option<&Format>) -> Result<Parsed, ArrowError> {
    match array.data_type() {
        DataType::Utf8 => parse_all(array.as_string::<i32>().iter(), ty, format),
        DataType::LargeUtf8 => parse_all(array.as_string::<i64>().iter(), ty, format),
        DataType::Utf8View => parse_all(array.as_string_view().iter(), ty, format),
        _ => {
            let checked = text(array)?;
            let parsed = parse_text(&checked, ty, format)?;
            let invalid = match (lost(array, &checked), parsed.invalid) {
                (Some(bytes), Some(text)) => Some(&bytes | &text),
                (bytes, text) => bytes.or(text),
            };
            Ok(Parsed { values: parsed.values, invalid })
        }
    }
}

fn parse_all<'a>(
    texts: impl ExactSizeIterator<Item = Option<&'a str>>,
    ty: LogicalType,
    format: Option<&Format>,
) -> Result<Parsed, ArrowError> {
    Ok(match ty {
        LogicalType::Int => primitive::<Int64Type>(texts, parse::int),
        LogicalType::Float => primitive::<Float64Type>(texts, parse::float),
        LogicalType::Date => match format {
            Some(format) => primitive::<Date32Type>(texts, |text| format.date(text)),
            None => primitive::<Date32Type>(texts, parse::date),
        },
        LogicalType::Timestamp => match format {
            Some(format) => primitive::<TimestampMicrosecondType>(texts, |text| format.timestamp(text)),
            None => primitive::<TimestampMicrosecondType>(texts, parse::timestamp),
        },
        LogicalType::Duration => match format {
            Some(format) => primitive::<Int64Type>(texts, |text| format.duration(text)),
            None => primitive::<Int64Type>(texts, parse::duration),
        },
        LogicalType::Decimal(scale) => {
            let Parsed { values, invalid } =
                primitive::<Decimal128Type>(texts, |text| parse::decimal(text, scale));
            let digits = i8::try_from(scale).map_err(|_| {
                ArrowError::InvalidArgumentError(format!("decimal({scale}) has too many digits"))
            })?;
            let values = values.as_primitive::<Decimal128Type>().clone();
            Parsed { values: Arc::new(values.with_precision_and_scale(38, digits)?), invalid }
        }
        LogicalType::Bool => {
            let mut values = BooleanBuilder::with_capacity(texts.len());
            let invalid = sort_out(texts, parse::bool, |value| values.append_option(value));
            Parsed { values: Arc::new(values.finish()), invalid }
        }
        LogicalType::Category | LogicalType::Id => {
            return Err(ArrowError::InvalidArgumentError("text needs no parsing".into()));
        }
    })
}

fn primitive<'a, T: ArrowPrimitiveType>(
    texts: impl ExactSizeIterator<Item = Option<&'a str>>,
    parse: impl Fn(&str) -> Reading<T::Native>,
) -> Parsed {
    let mut values = PrimitiveBuilder::<T>::with_capacity(texts.len());
    let invalid = sort_out(texts, parse, |value| values.append_option(value));
    Parsed { values: Arc::new(values.finish()), invalid }
}

/// Hands every reading on and returns which rows were unreadable.
fn sort_out<'a, V>(
    texts: impl ExactSizeIterator<Item = Option<&'a str>>,
    parse: impl Fn(&str) -> Reading<V>,
    mut append: impl FnMut(Option<V>),
) -> Option<BooleanBuffer> {
    let rows = texts.len();
    let mut unreadable: Vec<usize> = Vec::new();
    for (row, text) in texts.enumerate() {
        append(match text.map_or(Reading::Missing, &parse) {
            Reading::Value(value) => Some(value),
            Reading::Missing => None,
            Reading::Unreadable => {
                unreadable.push(row);
                None
            }
        });
    }
    if unreadable.is_empty() {
        return None;
    }
    let mut bits = arrow::array::BooleanBufferBuilder::new(rows);
    bits.append_n(rows, false);
    for row in unreadable {
        bits.set_bit(row, true);
    }
    Some(bits.finish())
}

/// 256-bit decimals as 128-bit ones, null where these cannot carry the value, and the digits after the point.
///
/// Digits beyond the declared ones are given up where they are 0: they would only take room from the others.
fn narrow(
    array: &PrimitiveArray<Decimal256Type>,
    scale: i8,
    declared: u8,
) -> Result<(Decimal128Array, u8), ArrowError> {
    let kept = u8::try_from(scale).unwrap_or(0).min(declared);
    let ten = i256::from_i128(10);
    let surplus = i32::from(scale) - i32::from(kept);
    let power = ten.checked_pow(surplus.unsigned_abs()).ok_or_else(|| {
        ArrowError::InvalidArgumentError(format!("a scale of {scale} is beyond decimal256"))
    })?;
    let narrow = array.unary_opt::<_, Decimal128Type>(|value| {
        let value = if surplus > 0 {
            if value.checked_rem(power)? != i256::ZERO {
                return None;
            }
            value.checked_div(power)?
        } else {
            value.checked_mul(power)?
        };
        value.to_i128()
    });
    Ok((narrow, kept))
}
