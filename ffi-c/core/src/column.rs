//! Columns as C describes them, and their translation to the core's.

use crate::raw::slice;
use crate::status::{Failure, RMC_COLUMN_DETAIL, RMC_SIZE, RMC_STRUCT_SIZE, RMC_UNKNOWN_TYPE};
use core::ffi::c_void;
use core_rs::batch::{Bits, Codes, Column, Data, Text, TimeUnit};

/// No row has a value; `values` is not read.
pub const RMC_TYPE_MISSING: u32 = 0;
/// `int8_t`
pub const RMC_TYPE_I8: u32 = 1;
/// `int16_t`
pub const RMC_TYPE_I16: u32 = 2;
/// `int32_t`
pub const RMC_TYPE_I32: u32 = 3;
/// `int64_t`
pub const RMC_TYPE_I64: u32 = 4;
/// `uint8_t`
pub const RMC_TYPE_U8: u32 = 5;
/// `uint16_t`
pub const RMC_TYPE_U16: u32 = 6;
/// `uint32_t`
pub const RMC_TYPE_U32: u32 = 7;
/// `uint64_t`
pub const RMC_TYPE_U64: u32 = 8;
/// `float`
pub const RMC_TYPE_F32: u32 = 9;
/// `double`
pub const RMC_TYPE_F64: u32 = 10;
/// 16 bytes a value, little-endian two's complement, at any alignment; `scale` digits after the point.
pub const RMC_TYPE_DECIMAL128: u32 = 11;
/// One bit a value, from bit `value_offset` on.
pub const RMC_TYPE_BOOL: u32 = 12;
/// `int32_t`, days since 1970-01-01.
pub const RMC_TYPE_DATE32: u32 = 13;
/// `int64_t`, in `unit`s since 1970-01-01T00:00Z.
pub const RMC_TYPE_TIMESTAMP: u32 = 14;
/// Text: `length` + 1 offsets of `offset_bits` bits into `text_bytes`.
pub const RMC_TYPE_UTF8: u32 = 15;
/// Dictionary: `values` are codes of type `code_type` into `text_count` texts.
pub const RMC_TYPE_DICTIONARY: u32 = 16;

/// Unit of a timestamp: seconds.
pub const RMC_UNIT_SECOND: u32 = 0;
/// Unit of a timestamp: milliseconds.
pub const RMC_UNIT_MILLISECOND: u32 = 1;
/// Unit of a timestamp: microseconds.
pub const RMC_UNIT_MICROSECOND: u32 = 2;
/// Unit of a timestamp: nanoseconds, rounded down to microseconds.
pub const RMC_UNIT_NANOSECOND: u32 = 3;

/// A column of a batch, with buffers laid out as Arrow lays them out. Set all fields to zero, `struct_size` to
/// `sizeof(rmc_column)`, then the fields that the type needs. Buffers are read during the call only.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct rmc_column {
    /// `sizeof(rmc_column)`
    pub struct_size: u32,
    /// One of `RMC_TYPE_...`
    pub layout: u32,
    /// For `RMC_TYPE_DICTIONARY`: one of `RMC_TYPE_I8` to `RMC_TYPE_U32`, but not 64 bits.
    pub code_type: u32,
    /// For text and dictionaries: 32 or 64.
    pub offset_bits: u32,
    /// For `RMC_TYPE_DECIMAL128`.
    pub scale: u32,
    /// For `RMC_TYPE_TIMESTAMP`: one of `RMC_UNIT_...`
    pub unit: u32,
    /// Rows that the buffers cover, at least those of the batch.
    pub length: usize,
    /// Numbers, bits, or codes.
    pub values: *const c_void,
    /// For `RMC_TYPE_BOOL`: first bit in `values`.
    pub value_offset: usize,
    /// One bit a row, 1 where there is a value; NULL: everywhere.
    pub validity: *const u8,
    /// First bit in `validity`.
    pub validity_offset: usize,
    /// One bit a row, 1 where the host could not read the value as its declared type; NULL: nowhere.
    pub invalid: *const u8,
    /// First bit in `invalid`.
    pub invalid_offset: usize,
    /// Offsets into `text_bytes`, one more than there are texts.
    pub offsets: *const c_void,
    /// UTF-8. It is compared as bytes and never checked.
    pub text_bytes: *const u8,
    /// Length of `text_bytes`.
    pub text_bytes_len: usize,
    /// For `RMC_TYPE_DICTIONARY`: how many texts there are.
    pub text_count: usize,
    /// For `RMC_TYPE_DICTIONARY`: one bit a text, 0 where it is missing; NULL: none is.
    pub text_validity: *const u8,
    /// First bit in `text_validity`.
    pub text_validity_offset: usize,
}

/// The core's column.
///
/// # Safety
/// The buffers that the fields describe lie where they say and are not written during `'a`.
pub(crate) unsafe fn convert<'a>(column: &rmc_column, number: usize) -> Result<Column<'a>, Failure> {
    if column.struct_size as usize != size_of::<rmc_column>() {
        return Err(Failure::new(RMC_STRUCT_SIZE, number));
    }
    let unknown = Failure::new(RMC_UNKNOWN_TYPE, number);
    let detail = (RMC_COLUMN_DETAIL as usize).saturating_add(number);
    let (values, length) = (column.values, column.length);
    macro_rules! numbers {
        () => {
            // SAFETY: the caller promises `length` values of this type.
            unsafe { slice(values.cast(), length, detail)? }
        };
    }
    let data = match column.layout {
        RMC_TYPE_MISSING => Data::Missing,
        RMC_TYPE_I8 => Data::I8(numbers!()),
        RMC_TYPE_I16 => Data::I16(numbers!()),
        RMC_TYPE_I32 => Data::I32(numbers!()),
        RMC_TYPE_I64 => Data::I64(numbers!()),
        RMC_TYPE_U8 => Data::U8(numbers!()),
        RMC_TYPE_U16 => Data::U16(numbers!()),
        RMC_TYPE_U32 => Data::U32(numbers!()),
        RMC_TYPE_U64 => Data::U64(numbers!()),
        RMC_TYPE_F32 => Data::F32(numbers!()),
        RMC_TYPE_F64 => Data::F64(numbers!()),
        RMC_TYPE_DECIMAL128 => {
            let len = length.checked_mul(16).ok_or(Failure::new(RMC_SIZE, detail))?;
            // SAFETY: the caller promises 16 bytes for each row.
            let bytes = unsafe { slice(values.cast(), len, detail)? };
            Data::Decimal128 { bytes, scale: u8::try_from(column.scale).map_err(|_| unknown)? }
        }
        RMC_TYPE_BOOL => {
            // SAFETY: the caller promises the bits.
            match unsafe { bits(values.cast(), column.value_offset, length, detail)? } {
                Some(bits) => Data::Bool(bits),
                None if length == 0 => Data::Missing,
                None => return Err(Failure::new(crate::status::RMC_NULL, detail)),
            }
        }
        RMC_TYPE_DATE32 => Data::Date32(numbers!()),
        RMC_TYPE_TIMESTAMP => Data::Timestamp { values: numbers!(), unit: unit(column.unit).ok_or(unknown)? },
        // SAFETY: the caller promises offsets and bytes.
        RMC_TYPE_UTF8 => Data::Utf8(unsafe { text(column, length, detail, unknown)? }),
        RMC_TYPE_DICTIONARY => Data::Dict {
            codes: match column.code_type {
                RMC_TYPE_I8 => Codes::I8(numbers!()),
                RMC_TYPE_U8 => Codes::U8(numbers!()),
                RMC_TYPE_I16 => Codes::I16(numbers!()),
                RMC_TYPE_U16 => Codes::U16(numbers!()),
                RMC_TYPE_I32 => Codes::I32(numbers!()),
                RMC_TYPE_U32 => Codes::U32(numbers!()),
                _ => return Err(unknown),
            },
            // SAFETY: the caller promises offsets and bytes.
            values: unsafe { text(column, column.text_count, detail, unknown)? },
            // SAFETY: the caller promises the bits.
            valid: unsafe {
                bits(column.text_validity, column.text_validity_offset, column.text_count, detail)?
            },
        },
        _ => return Err(unknown),
    };
    Ok(Column {
        data,
        // SAFETY: the caller promises the bits.
        validity: unsafe { bits(column.validity, column.validity_offset, length, detail)? },
        // SAFETY: the caller promises the bits.
        invalid: unsafe { bits(column.invalid, column.invalid_offset, length, detail)? },
    })
}

fn unit(unit: u32) -> Option<TimeUnit> {
    Some(match unit {
        RMC_UNIT_SECOND => TimeUnit::Second,
        RMC_UNIT_MILLISECOND => TimeUnit::Millisecond,
        RMC_UNIT_MICROSECOND => TimeUnit::Microsecond,
        RMC_UNIT_NANOSECOND => TimeUnit::Nanosecond,
        _ => return None,
    })
}

/// `len` bits from bit `offset` on; NULL is no bits at all.
///
/// # Safety
/// As [`slice`], for as many bytes as hold the bits.
unsafe fn bits<'a>(
    pointer: *const u8,
    offset: usize,
    len: usize,
    detail: usize,
) -> Result<Option<Bits<'a>>, Failure> {
    if pointer.is_null() {
        return Ok(None);
    }
    let end = offset.checked_add(len).ok_or(Failure::new(RMC_SIZE, detail))?;
    // SAFETY: the caller's promise.
    let bytes = unsafe { slice(pointer, end.div_ceil(8), detail)? };
    // The core asks for bit `offset + row`, and multiplies the number of bytes by eight.
    if end > usize::MAX / 16 {
        return Err(Failure::new(RMC_SIZE, detail));
    }
    Ok(Some(Bits::new(bytes, offset)))
}

/// `count` texts.
///
/// # Safety
/// `count + 1` offsets of the stated width (none if `count` is 0 and the pointer NULL), and the bytes, lie where the
/// column says. The offsets themselves are checked by the core, one by one.
unsafe fn text<'a>(
    column: &rmc_column,
    count: usize,
    detail: usize,
    unknown: Failure,
) -> Result<Text<'a>, Failure> {
    let offsets = if count == 0 { 0 } else { count.checked_add(1).ok_or(Failure::new(RMC_SIZE, detail))? };
    // SAFETY: the caller's promise.
    let bytes = unsafe { slice(column.text_bytes, column.text_bytes_len, detail)? };
    // SAFETY: the caller's promise.
    unsafe {
        match column.offset_bits {
            32 => Ok(Text::Small { offsets: slice(column.offsets.cast(), offsets, detail)?, bytes }),
            64 => Ok(Text::Large { offsets: slice(column.offsets.cast(), offsets, detail)?, bytes }),
            _ => Err(unknown),
        }
    }
}
