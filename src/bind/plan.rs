//! Which Arrow types feed which declared type, and by which conversion.
//!
//! The rule is that nothing may change its meaning on the way: a narrower or wider layout of the same kind of value
//! is taken, text is parsed, anything else is refused with the declaration that would fit.

use arrow::datatypes::{DataType, TimeUnit};
use ripplemark_core::types::LogicalType;

use super::format::Format;

/// How an array becomes a layout of the core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Conversion {
    /// The buffers are lent as they are.
    Share,
    /// Every row is missing.
    Missing,
    /// Cast by Arrow to a type that can be shared; what the cast loses is invalid.
    Cast(DataType),
    /// Text or binary to text, the bytes of binary being checked.
    Text,
    /// A dictionary of text, kept as one.
    TextDictionary,
    /// Points in time that have to be whole days.
    WholeDays,
    /// 256-bit decimals, brought to as many digits after the point as are declared if they have more.
    WideDecimal {
        /// Digits after the point that arrive; may be negative.
        scale: i8,
        /// Digits after the point that are declared.
        declared: u8,
    },
    /// Text, parsed value by value.
    Parse(LogicalType, Option<Format>),
    /// A dictionary of text, parsed entry by entry.
    ParseDictionary(LogicalType, Option<Format>),
    /// Whole numbers that count from 1970, each of so many microseconds.
    Count(i64),
    /// Whole numbers of a unit of so many microseconds.
    Units(i64),
    /// Durations, to microseconds.
    Elapsed(TimeUnit),
    /// A dictionary of other values, unpacked and then converted.
    UnpackDictionary(Box<Conversion>),
    /// Runs of the type given, unpacked and then converted.
    UnpackRuns(DataType, Box<Conversion>),
}

/// Decides how a column of type `arrives` feeds a column declared `declared`.
///
/// # Errors
/// What to do instead, as a sentence for the reader.
pub(super) fn plan(
    declared: LogicalType,
    format: Option<&Format>,
    arrives: &DataType,
) -> Result<Conversion, String> {
    match arrives {
        DataType::Null => return Ok(Conversion::Missing),
        DataType::RunEndEncoded(_, values) => {
            let inner = plan(declared, format, values.data_type())?;
            return Ok(Conversion::UnpackRuns(values.data_type().clone(), Box::new(inner)));
        }
        DataType::Dictionary(_, values) if is_text(values) => {
            return Ok(match declared {
                LogicalType::Category | LogicalType::Id => Conversion::TextDictionary,
                parsed => Conversion::ParseDictionary(parsed, format.cloned()),
            });
        }
        DataType::Dictionary(_, values) => {
            return plan(declared, format, values).map(|inner| Conversion::UnpackDictionary(Box::new(inner)));
        }
        text if is_text(text) => {
            return Ok(match declared {
                LogicalType::Category | LogicalType::Id => Conversion::Text,
                parsed => Conversion::Parse(parsed, format.cloned()),
            });
        }
        _ => {}
    }
    let accepted = match declared {
        LogicalType::Int => int(arrives),
        LogicalType::Decimal(digits) => decimal(digits, arrives),
        LogicalType::Float => float(arrives),
        LogicalType::Bool => (arrives == &DataType::Boolean).then_some(Conversion::Share),
        LogicalType::Category => None,
        LogicalType::Id => id(arrives),
        LogicalType::Date => match arrives {
            DataType::Date32 => Some(Conversion::Share),
            // pandas has no type for days: its dates are points in time without a zone, at midnight.
            DataType::Date64 | DataType::Timestamp(_, None) => Some(Conversion::WholeDays),
            _ => None,
        },
        LogicalType::Timestamp => match (arrives, format.and_then(Format::unit)) {
            (DataType::Timestamp(..), _) => Some(Conversion::Share),
            (ty, Some(unit)) if ty.is_integer() => Some(Conversion::Count(unit)),
            _ => None,
        },
        LogicalType::Duration => match (arrives, format.and_then(Format::unit)) {
            (DataType::Duration(unit), _) => Some(Conversion::Elapsed(*unit)),
            (ty, Some(unit)) if ty.is_integer() => Some(Conversion::Units(unit)),
            _ => None,
        },
    };
    accepted.ok_or_else(|| hint(declared, arrives))
}

fn is_text(ty: &DataType) -> bool {
    use DataType::{Binary, BinaryView, LargeBinary, LargeUtf8, Utf8, Utf8View};
    matches!(ty, Utf8 | LargeUtf8 | Utf8View | Binary | LargeBinary | BinaryView)
}

fn int(arrives: &DataType) -> Option<Conversion> {
    match arrives {
        ty if ty.is_integer() => Some(Conversion::Share),
        // Databases without an integer type of their own send whole numbers as decimals without a fraction.
        ty if decimal_scale(ty) == Some(0) => Some(Conversion::Cast(DataType::Int64)),
        _ => None,
    }
}

fn id(arrives: &DataType) -> Option<Conversion> {
    match arrives {
        ty if ty.is_integer() => Some(Conversion::Share),
        // As text, because such keys may have more digits than any integer of the core.
        ty if decimal_scale(ty) == Some(0) => Some(Conversion::Cast(DataType::Utf8)),
        _ => None,
    }
}

fn float(arrives: &DataType) -> Option<Conversion> {
    match arrives {
        DataType::Float32 | DataType::Float64 => Some(Conversion::Share),
        DataType::Float16 => Some(Conversion::Cast(DataType::Float32)),
        ty if ty.is_integer() => Some(Conversion::Share),
        _ => None,
    }
}

fn decimal(declared: u8, arrives: &DataType) -> Option<Conversion> {
    /// The most digits that Arrow's 128-bit decimals promise to hold.
    const MOST: u8 = 38;
    match *arrives {
        DataType::Decimal128(_, 0..) => Some(Conversion::Share),
        DataType::Decimal32(_, scale @ 0..) | DataType::Decimal64(_, scale @ 0..) => {
            Some(Conversion::Cast(DataType::Decimal128(MOST, scale)))
        }
        // The core counts digits after the point only.
        DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) => {
            Some(Conversion::Cast(DataType::Decimal128(MOST, 0)))
        }
        DataType::Decimal256(_, scale) => Some(Conversion::WideDecimal { scale, declared }),
        _ => float(arrives),
    }
}

/// Digits after the point of a decimal type.
fn decimal_scale(ty: &DataType) -> Option<i8> {
    match *ty {
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => Some(scale),
        _ => None,
    }
}

/// What to do about a type that the declared one does not accept.
fn hint(declared: LogicalType, arrives: &DataType) -> String {
    use LogicalType::{Bool, Category, Date, Decimal, Duration, Float, Id, Int, Timestamp};
    match (declared, arrives) {
        (Int, ty) if ty.is_floating() => {
            "declare the column `float` (or `decimal(n)` for money), or cast it to integers in the data \
             (pandas turns integers with gaps into floats: use `Int64`)"
                .into()
        }
        (Id, ty) if ty.is_floating() => {
            "keys are text or integers; cast the column in the data (pandas turns integers with gaps into \
             floats: use `Int64`)"
                .into()
        }
        (Float | Int | Id, ty) if decimal_scale(ty).is_some_and(|scale| scale > 0) => {
            let digits = decimal_scale(ty).unwrap_or(0);
            format!("declare the column `decimal({digits})`")
        }
        (Float | Int | Id, ty) if decimal_scale(ty).is_some() => "declare the column `decimal(0)`".into(),
        (Category, ty) if ty.is_integer() => {
            "declare the column `id` (or `int` if it is counted or summed), or cast it to text in the data"
                .into()
        }
        (_, DataType::Boolean) => {
            "declare the column `bool`, or cast it to what is declared in the data".into()
        }
        (Bool, ty) if ty.is_integer() => {
            "declare the column `int` and compare it in the formula, or cast it to bool in the data".into()
        }
        (Date, DataType::Timestamp(..)) => "declare the column `timestamp`".into(),
        (Timestamp, DataType::Date32 | DataType::Date64) => "declare the column `date`".into(),
        (_, DataType::Date32 | DataType::Date64) => "declare the column `date`".into(),
        (_, DataType::Timestamp(..)) => "declare the column `timestamp`".into(),
        (Duration, ty) if ty.is_integer() => {
            "a number does not say its unit; write `format: hours` (or `days`, \
             `minutes`, `seconds`, `milliseconds`, `microseconds`) beside `type: duration`"
                .into()
        }
        (Duration, ty) if ty.is_numeric() => {
            "cast the column to a whole number in the data, of seconds or a finer unit".into()
        }
        (_, DataType::Duration(_)) => "declare the column `duration`".into(),
        (Timestamp | Date, ty) if ty.is_numeric() => {
            "a number does not say its unit; write `format: unix_s` (or `unix_ms`, `unix_us`) beside \
             `type: timestamp`, cast it to a date or timestamp in the data, or send ISO text"
                .into()
        }
        (Decimal(_) | Int | Float, DataType::Time32(_) | DataType::Time64(_)) => {
            "cast the column to a whole number of the unit you need in the data".into()
        }
        (Id | Category, DataType::FixedSizeBinary(_)) => "cast the column to text in the data".into(),
        _ => "no declared type reads this; cast or unnest the column in the data".into(),
    }
}
