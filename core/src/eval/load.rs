//! From borrowed columns to registers: the declared type decides what a value means.
//!
//! A null, and NaN in a float column, is missing. Infinity, a number beyond the declared type, a float that is no
//! decimal of the declared scale: invalid input. Nothing is dropped and nothing is guessed.

use super::text::{self, Digits, TextMap, TextValue};
use super::{CHUNK, Register};
use crate::batch::{Column, Data, TimeUnit};
use crate::num::decimal;
use crate::program::op::{Instruction, RowOp};
use crate::program::{ColumnView, Program};
use crate::reason::Reasons;
use crate::types::LogicalType;

/// How many rows a column's values cover; as many as you like where none has a value.
#[must_use]
pub fn capacity(data: &Data<'_>) -> usize {
    match data {
        Data::I8(v) => v.len(),
        Data::I16(v) => v.len(),
        Data::I32(v) | Data::Date32(v) => v.len(),
        Data::I64(v) | Data::Timestamp { values: v, .. } => v.len(),
        Data::U8(v) => v.len(),
        Data::U16(v) => v.len(),
        Data::U32(v) => v.len(),
        Data::U64(v) => v.len(),
        Data::F32(v) => v.len(),
        Data::F64(v) => v.len(),
        Data::Decimal128 { bytes, .. } => bytes.len() / 16,
        Data::Bool(bits) => bits.capacity(),
        Data::Utf8(text) => text.len(),
        Data::Dict { codes, .. } => codes.len(),
        Data::Missing => usize::MAX,
    }
}

/// Whether a layout can feed a declared type.
#[must_use]
pub fn accepts(ty: LogicalType, data: &Data<'_>) -> bool {
    let integer = matches!(
        data,
        Data::I8(_)
            | Data::I16(_)
            | Data::I32(_)
            | Data::I64(_)
            | Data::U8(_)
            | Data::U16(_)
            | Data::U32(_)
            | Data::U64(_)
    );
    let float = matches!(data, Data::F32(_) | Data::F64(_));
    let text = matches!(data, Data::Utf8(_) | Data::Dict { .. });
    match (ty, data) {
        (_, Data::Missing) => true,
        (LogicalType::Decimal(_), Data::Decimal128 { scale, .. }) => *scale <= 38,
        (LogicalType::Int | LogicalType::Duration, _) => integer,
        (LogicalType::Decimal(_) | LogicalType::Float, _) => integer || float,
        (LogicalType::Bool, Data::Bool(_)) | (LogicalType::Date, Data::Date32(_)) => true,
        (LogicalType::Timestamp, Data::Timestamp { .. }) => true,
        (LogicalType::Category, _) => text,
        (LogicalType::Id, _) => text || integer,
        _ => false,
    }
}

/// Why a row has no value before its value is looked at.
#[inline]
pub(crate) fn status(column: &Column<'_>, row: usize) -> Reasons {
    if column.invalid.is_some_and(|bits| bits.get(row)) {
        Reasons::INVALID_INPUT
    } else if column.validity.is_some_and(|bits| !bits.get(row)) || matches!(column.data, Data::Missing) {
        Reasons::EMPTY
    } else {
        Reasons::NONE
    }
}

pub(crate) fn integer_at(data: &Data<'_>, row: usize) -> Option<i128> {
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

fn float_at(data: &Data<'_>, row: usize) -> Option<f64> {
    match data {
        Data::F64(v) => v.get(row).copied(),
        // Every binary32 is a binary64.
        Data::F32(v) => v.get(row).map(|&x| f64::from(x)),
        _ => None,
    }
}

/// True if the bits are those of a NaN; bits, because comparing could trap or flush.
fn is_nan(bits: u64) -> bool {
    bits & 0x7fff_ffff_ffff_ffff > 0x7ff0_0000_0000_0000
}

fn is_infinite(bits: u64) -> bool {
    bits & 0x7fff_ffff_ffff_ffff == 0x7ff0_0000_0000_0000
}

/// Loads some rows of a column into a register, at most [`CHUNK`].
pub(crate) fn load(
    register: &mut Register,
    program: &Program<'_>,
    declared: &ColumnView<'_>,
    column: &Column<'_>,
    map: &TextMap<'_>,
    rows: core::ops::Range<usize>,
) {
    let (from, len) = (rows.start, rows.len().min(CHUNK));
    for i in 0..len {
        let status = status(column, from + i);
        register.reasons[i] = status.0;
        register.lo[i] = 0;
        register.hi[i] = 0;
    }
    let fill = Fill { register, column, from, len };
    match declared.ty {
        LogicalType::Int | LogicalType::Duration => load_int(fill),
        LogicalType::Decimal(scale) => load_decimal(fill, scale),
        LogicalType::Float => load_float(fill),
        LogicalType::Bool => load_bool(fill),
        LogicalType::Date => load_int(fill),
        LogicalType::Timestamp => load_timestamp(fill),
        LogicalType::Category | LogicalType::Id => load_text(fill, program, declared, map),
    }
}

/// The rows to fill. Loops say `min(CHUNK)` again: where it stands beside the indexing, the compiler sees that no
/// index is out of bounds and leaves the panic out.
struct Fill<'r, 'c> {
    register: &'r mut Register,
    column: &'r Column<'c>,
    from: usize,
    len: usize,
}

impl Fill<'_, '_> {
    /// Writes what `read` gives for each row that has a value, or the reason why it gives none.
    #[inline]
    fn each(self, read: impl Fn(&Data<'_>, usize) -> Result<i128, Reasons>) {
        for i in 0..self.len.min(CHUNK) {
            if self.register.reasons[i] == 0 {
                match read(&self.column.data, self.from + i) {
                    Ok(value) => self.register.set_decimal(i, value),
                    Err(reasons) => self.register.reasons[i] = reasons.0,
                }
            }
        }
    }
}

fn load_int(fill: Fill<'_, '_>) {
    fill.each(|data, row| {
        let value = integer_at(data, row).ok_or(Reasons::INVALID_INPUT)?;
        i64::try_from(value).map(i128::from).map_err(|_| Reasons::INVALID_INPUT)
    });
}

fn load_decimal(fill: Fill<'_, '_>, scale: u8) {
    match fill.column.data {
        Data::Decimal128 { bytes, scale: from } => fill.each(|_, row| {
            let bytes = bytes.get(row * 16..row * 16 + 16).and_then(|b| b.try_into().ok());
            let value = bytes.map(i128::from_le_bytes).ok_or(Reasons::INVALID_INPUT)?;
            decimal::rescale(value, from, scale).ok_or(Reasons::INVALID_INPUT)
        }),
        Data::F32(_) | Data::F64(_) => fill.each(|data, row| {
            let bits = float_at(data, row).ok_or(Reasons::INVALID_INPUT)?.to_bits();
            if is_nan(bits) {
                return Err(Reasons::EMPTY);
            }
            decimal::snap_f64(bits, scale).ok_or(Reasons::INVALID_INPUT)
        }),
        _ => fill.each(|data, row| {
            let value = integer_at(data, row).ok_or(Reasons::INVALID_INPUT)?;
            decimal::rescale(value, 0, scale).ok_or(Reasons::INVALID_INPUT)
        }),
    }
}

fn load_float(fill: Fill<'_, '_>) {
    fill.each(|data, row| {
        if let Some(value) = float_at(data, row) {
            let bits = value.to_bits();
            if is_nan(bits) {
                return Err(Reasons::EMPTY);
            }
            return if is_infinite(bits) { Err(Reasons::INVALID_INPUT) } else { Ok(i128::from(bits)) };
        }
        let value = integer_at(data, row).ok_or(Reasons::INVALID_INPUT)?;
        let float = value as f64;
        if float as i128 == value { Ok(i128::from(float.to_bits())) } else { Err(Reasons::INVALID_INPUT) }
    });
}

fn load_bool(fill: Fill<'_, '_>) {
    fill.each(|data, row| match data {
        Data::Bool(bits) => Ok(i128::from(bits.get(row))),
        _ => Err(Reasons::INVALID_INPUT),
    });
}

fn load_timestamp(fill: Fill<'_, '_>) {
    let Data::Timestamp { values, unit } = fill.column.data else { return };
    fill.each(|_, row| {
        let value = *values.get(row).ok_or(Reasons::INVALID_INPUT)?;
        let micros = match unit {
            TimeUnit::Second => value.checked_mul(1_000_000),
            TimeUnit::Millisecond => value.checked_mul(1_000),
            TimeUnit::Microsecond => Some(value),
            TimeUnit::Nanosecond => Some(value.div_euclid(1_000)),
        };
        micros.map(i128::from).ok_or(Reasons::INVALID_INPUT)
    });
}

fn load_text(fill: Fill<'_, '_>, program: &Program<'_>, declared: &ColumnView<'_>, map: &TextMap<'_>) {
    let Fill { register, column, from, len } = fill;
    for i in 0..len.min(CHUNK) {
        if register.reasons[i] != 0 {
            continue;
        }
        let (value, reasons) = if let Data::Dict { codes, .. } = &column.data {
            match codes.get(from + i) {
                Some(code) => map.constant(code),
                None => (text::OTHER, Reasons::INVALID_INPUT),
            }
        } else {
            let mut digits = Digits::EMPTY;
            match text::text_at(program, declared, column, from + i, &mut digits) {
                TextValue::Missing => (text::OTHER, Reasons::EMPTY),
                TextValue::Invalid => (text::OTHER, Reasons::INVALID_INPUT),
                TextValue::Bytes(_, constant) => (constant.map_or(text::OTHER, |c| c as u64), Reasons::NONE),
            }
        };
        register.lo[i] = value;
        register.reasons[i] = reasons.0;
    }
}

/// Answers a text test for some rows of a column, at most [`CHUNK`].
pub(crate) fn text_test(
    register: &mut Register,
    program: &Program<'_>,
    declared: &ColumnView<'_>,
    column: &Column<'_>,
    map: &TextMap<'_>,
    ins: &Instruction<RowOp>,
    rows: core::ops::Range<usize>,
) {
    let pattern = program.text(ins.b as usize);
    for i in 0..rows.len().min(CHUNK) {
        let row = rows.start + i;
        let known = match &column.data {
            Data::Dict { codes, .. } if status(column, row).is_none() => {
                codes.get(row).and_then(|code| map.answer(code, ins.c))
            }
            _ => None,
        };
        let (value, reasons) = known.unwrap_or_else(|| {
            let mut digits = Digits::EMPTY;
            match text::text_at(program, declared, column, row, &mut digits) {
                TextValue::Missing => (0, Reasons::EMPTY),
                TextValue::Invalid => (0, Reasons::INVALID_INPUT),
                TextValue::Bytes(bytes, _) => {
                    (u64::from(text::passes(ins.aux, bytes, pattern)), Reasons::NONE)
                }
            }
        });
        register.lo[i] = value;
        register.hi[i] = 0;
        register.reasons[i] = reasons.0;
    }
}
