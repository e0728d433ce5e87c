//! Columns of plain C arrays, in the layout that Arrow has made common.

use crate::code::ripplemark_code;
use crate::failure::Failure;
use crate::raw::Caller;
use ripplemark_rs::core::batch::{Bits, Codes, Column, Data, Text, TimeUnit};
use std::ffi::c_void;

/// What the values of a column are.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ripplemark_type {
    /// No row has a value; `values` is not read.
    RIPPLEMARK_TYPE_MISSING = 0,
    /// `int32_t`
    RIPPLEMARK_TYPE_I32 = 1,
    /// `int64_t`
    RIPPLEMARK_TYPE_I64 = 2,
    /// `double`
    RIPPLEMARK_TYPE_F64 = 3,
    /// 16 bytes a value, little-endian two's complement, at any alignment; `scale` digits after the point.
    RIPPLEMARK_TYPE_DECIMAL128 = 4,
    /// One bit a row, least significant first.
    RIPPLEMARK_TYPE_BOOL = 5,
    /// `int32_t`, days since 1970-01-01.
    RIPPLEMARK_TYPE_DATE32 = 6,
    /// `int64_t`, microseconds since 1970-01-01T00:00Z.
    RIPPLEMARK_TYPE_TIMESTAMP = 7,
    /// UTF-8: row `i` is `text[offsets[i]]` to `text[offsets[i + 1]]`; `values` is not read.
    RIPPLEMARK_TYPE_UTF8 = 8,
    /// `int32_t` codes into a dictionary of `dictionary_length` texts, which `offsets` and `text` hold.
    RIPPLEMARK_TYPE_DICTIONARY = 9,
}

/// A column of a batch. Set all members to zero, then `struct_size`, then what the type needs. Buffers are read during
/// the call only.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ripplemark_column {
    /// `sizeof(ripplemark_column)`
    pub struct_size: usize,
    /// A `RIPPLEMARK_TYPE_…` number.
    pub kind: u32,
    /// Digits after the point of `RIPPLEMARK_TYPE_DECIMAL128`.
    pub scale: u32,
    /// Numbers, bits or codes, one for each row.
    pub values: *const c_void,
    /// One bit a row, 1 where there is a value; NULL: everywhere.
    pub validity: *const u8,
    /// One bit a row, 1 where you could not read the value as its declared type; NULL: nowhere.
    pub invalid: *const u8,
    /// One more than there are texts.
    pub offsets: *const i32,
    /// Bytes of all texts.
    pub text: *const u8,
    /// How many bytes `text` has.
    pub text_length: usize,
    /// Texts of a dictionary.
    pub dictionary_length: usize,
}

/// The columns of a batch as the core reads them.
pub(crate) fn columns<'c>(
    caller: Caller<'c>,
    columns: *const ripplemark_column,
    count: usize,
    rows: usize,
) -> Result<Vec<Column<'c>>, Failure> {
    caller.read_structs(columns, count, "columns")?.iter().map(|column| read(caller, column, rows)).collect()
}

fn read<'c>(caller: Caller<'c>, column: &'c ripplemark_column, rows: usize) -> Result<Column<'c>, Failure> {
    let values = column.values;
    let texts = |count: usize| -> Result<Text<'c>, Failure> {
        let entries = count.checked_add(1).ok_or_else(|| size("dictionary_length"))?;
        let offsets = if count == 0 { &[][..] } else { caller.slice(column.offsets, entries, "offsets")? };
        Ok(Text::Small { offsets, bytes: caller.slice(column.text, column.text_length, "text")? })
    };
    let data = match column.kind {
        0 => Data::Missing,
        1 => Data::I32(caller.slice(values.cast(), rows, "values")?),
        2 => Data::I64(caller.slice(values.cast(), rows, "values")?),
        3 => Data::F64(caller.slice(values.cast(), rows, "values")?),
        4 => {
            let bytes = rows.checked_mul(16).ok_or_else(|| size("rows"))?;
            let scale = u8::try_from(column.scale).map_err(|_| size("scale"))?;
            Data::Decimal128 { bytes: caller.slice(values.cast(), bytes, "values")?, scale }
        }
        5 => Data::Bool(bits(caller, values.cast(), rows, "values")?),
        6 => Data::Date32(caller.slice(values.cast(), rows, "values")?),
        7 => Data::Timestamp {
            values: caller.slice(values.cast(), rows, "values")?,
            unit: TimeUnit::Microsecond,
        },
        8 => Data::Utf8(texts(rows)?),
        9 => Data::Dict {
            codes: Codes::I32(caller.slice(values.cast(), rows, "values")?),
            values: texts(column.dictionary_length)?,
            valid: None,
        },
        other => {
            let message = format!("{other} is no type of a column");
            return Err(Failure::new(ripplemark_code::RIPPLEMARK_ARGUMENT, message));
        }
    };
    let optional = |pointer: *const u8, what: &str| {
        if pointer.is_null() { Ok(None) } else { bits(caller, pointer, rows, what).map(Some) }
    };
    Ok(Column {
        data,
        validity: optional(column.validity, "validity")?,
        invalid: optional(column.invalid, "invalid")?,
    })
}

fn bits<'c>(caller: Caller<'c>, pointer: *const u8, rows: usize, what: &str) -> Result<Bits<'c>, Failure> {
    Ok(Bits::new(caller.slice(pointer, rows.div_ceil(8), what)?, 0))
}

fn size(what: &str) -> Failure {
    Failure::new(ripplemark_code::RIPPLEMARK_SIZE, format!("`{what}` is impossible"))
}
