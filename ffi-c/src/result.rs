//! Results: cells with their reasons, what happened to the rows, the hash, JSON and Arrow.

use crate::call::{call, call_quietly};
use crate::code::ripplemark_code;
use crate::failure::Failure;
use arrow::array::{Array, StructArray};
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use ripplemark_rs::ResultSet;
use std::ffi::{CString, c_char, c_int};

/// A result. It never changes, so threads may share one.
pub struct ripplemark_result {
    _opaque: [u8; 0],
}

/// A result, with its exact texts as C reads them.
pub(crate) struct ResultBody {
    set: ResultSet,
    exact: Vec<Option<CString>>,
}

impl ResultBody {
    pub(crate) fn new(set: ResultSet) -> ResultBody {
        let exact = set.cells.iter().map(|cell| cell.exact.clone().and_then(|text| CString::new(text).ok())).collect();
        ResultBody { set, exact }
    }
}

/// Nothing to aggregate, or a missing input.
pub const RIPPLEMARK_REASON_EMPTY: u32 = 1;
/// Division by zero.
pub const RIPPLEMARK_REASON_ZERO_DENOMINATOR: u32 = 2;
/// Arithmetic beyond its width.
pub const RIPPLEMARK_REASON_OVERFLOW: u32 = 4;
/// A value that is not of its declared type.
pub const RIPPLEMARK_REASON_INVALID_INPUT: u32 = 8;
/// A function of a number with the wrong sign.
pub const RIPPLEMARK_REASON_SIGN: u32 = 16;
/// A function without a bound.
pub const RIPPLEMARK_REASON_UNBOUNDED: u32 = 32;
/// The period is not over, or the asked range cuts it.
pub const RIPPLEMARK_FLAG_PARTIAL_PERIOD: u32 = 1;
/// In a level: the period is part of it. Bit `d` stands for dimension `d`.
pub const RIPPLEMARK_LEVEL_PERIOD: u32 = 0x8000_0000;

/// One number, or the reasons why there is none. Set `struct_size`, the rest is written.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ripplemark_cell {
    /// Read: `sizeof(ripplemark_cell)`
    pub struct_size: usize,
    /// Number of the metric in the program.
    pub metric: usize,
    /// What the level distinguishes: bit `d` dimension `d`, `RIPPLEMARK_LEVEL_PERIOD` the period. 0: the total.
    pub level: u32,
    /// A set of `RIPPLEMARK_REASON_…`; 0 where there is a value.
    pub reasons: u32,
    /// A set of `RIPPLEMARK_FLAG_…`
    pub flags: u32,
    /// 1 if `period` is set.
    pub has_period: c_int,
    /// First day of the period, in days since 1970-01-01.
    pub period: i64,
    /// 1 if `value` is set.
    pub has_value: c_int,
    /// 1 if `numerator` is set.
    pub has_numerator: c_int,
    /// 1 if `denominator` is set.
    pub has_denominator: c_int,
    /// 0.
    pub reserved: c_int,
    /// The value, correctly rounded; 0 where there is none.
    pub value: f64,
    /// The numerator, correctly rounded.
    pub numerator: f64,
    /// The denominator, correctly rounded.
    pub denominator: f64,
    /// Rows behind the number.
    pub n: u64,
    /// The exact value: digits, or a fraction in lowest terms. Borrowed from the result; NULL where there is none.
    pub exact: *const c_char,
}

/// Frees a result. NULL is allowed.
///
/// # Safety
/// `result` is NULL or was given by this library and not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_result_free(result: *mut ripplemark_result) {
    // SAFETY: the caller's promise, passed on.
    unsafe { call_quietly(|caller| drop(caller.take::<ResultBody>(result))) }
}

/// How many cells there are: by level, then by key and period, then by metric.
///
/// # Safety
/// Both pointers are valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_result_count(
    result: *const ripplemark_result,
    count: *mut usize,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call(std::ptr::null_mut(), |caller| {
            let out = caller.out(count, "count")?;
            out.write(caller.handle::<ResultBody>(result)?.set.cells.len());
            Ok(())
        })
    }
}

/// Reads cell `index`.
///
/// # Safety
/// Both pointers are valid, and `struct_size` of `cell` is set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_result_cell(
    result: *const ripplemark_result,
    index: usize,
    cell: *mut ripplemark_cell,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call(std::ptr::null_mut(), |caller| {
            let out = caller.out_struct(cell, "cell")?;
            let body = caller.handle::<ResultBody>(result)?;
            let (Some(cell), Some(exact)) = (body.set.cells.get(index), body.exact.get(index)) else {
                return Err(Failure::index("cell", index, body.set.cells.len()));
            };
            out.write(ripplemark_cell {
                struct_size: size_of::<ripplemark_cell>(),
                metric: cell.metric,
                level: cell.level,
                reasons: u32::from(cell.reasons.0),
                flags: u32::from(cell.flags.0),
                has_period: c_int::from(cell.period.is_some()),
                period: cell.period.unwrap_or(0),
                has_value: c_int::from(cell.value.is_some()),
                has_numerator: c_int::from(cell.numerator.is_some()),
                has_denominator: c_int::from(cell.denominator.is_some()),
                reserved: 0,
                value: cell.value.unwrap_or(0.0),
                numerator: cell.numerator.unwrap_or(0.0),
                denominator: cell.denominator.unwrap_or(0.0),
                n: cell.n,
                exact: exact.as_ref().map_or(std::ptr::null(), |text| text.as_ptr()),
            });
            Ok(())
        })
    }
}

/// Copies the coordinate of cell `index` in dimension `dim` into `buffer`, with a terminating NUL: text as it is,
/// `(missing)` where the rows have no value, `(all)` where the level does not distinguish the dimension. With
/// `capacity` 0 only `length` is written.
///
/// # Safety
/// `buffer` has `capacity` bytes; the other pointers are valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_result_key(
    result: *const ripplemark_result,
    index: usize,
    dim: usize,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call(std::ptr::null_mut(), |caller| {
            let set = &caller.handle::<ResultBody>(result)?.set;
            let cell = set.cells.get(index).ok_or_else(|| Failure::index("cell", index, set.cells.len()))?;
            let key = cell.key.get(dim).ok_or_else(|| Failure::index("dimension", dim, cell.key.len()))?;
            caller.copy_text(&key.to_string(), buffer, capacity, length)
        })
    }
}

/// Writes the 32 bytes of the result's SHA-256: the same in every language.
///
/// # Safety
/// `hash` has 32 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_result_hash(
    result: *const ripplemark_result,
    hash: *mut u8,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call(std::ptr::null_mut(), |caller| {
            let bytes = caller.handle::<ResultBody>(result)?.set.hash();
            caller.copy_bytes(&bytes, hash, 32)
        })
    }
}

/// Copies the whole result as JSON: cells, metrics with owners, rows read and rejected, receipt. With `capacity` 0
/// only `length` is written: bytes without the NUL.
///
/// # Safety
/// `buffer` has `capacity` bytes; `length` is valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_result_json(
    result: *const ripplemark_result,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call(std::ptr::null_mut(), |caller| {
            let json = caller.handle::<ResultBody>(result)?.set.to_json().to_string();
            caller.copy_text(&json, buffer, capacity, length)
        })
    }
}

/// Exports the cells as an Arrow batch (a struct array). Both structs become yours: release them.
///
/// # Safety
/// Both places are valid for writing; what they held is not released.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_result_export(
    result: *const ripplemark_result,
    array: *mut FFI_ArrowArray,
    schema: *mut FFI_ArrowSchema,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call(std::ptr::null_mut(), |caller| {
            let (out_array, out_schema) = (caller.out(array, "array")?, caller.out(schema, "schema")?);
            let batch = caller.handle::<ResultBody>(result)?.set.to_record_batch();
            let arrow = |error: arrow::error::ArrowError| {
                Failure::new(ripplemark_code::RIPPLEMARK_ARROW, error.to_string())
            };
            let exported_schema = FFI_ArrowSchema::try_from(batch.schema().as_ref()).map_err(arrow)?;
            out_array.write(FFI_ArrowArray::new(&StructArray::from(batch).to_data()));
            out_schema.write(exported_schema);
            Ok(())
        })
    }
}
