//! Evaluations: rows in, other evaluations in, a result out. One call at a time for each.

use crate::arrow_data;
use crate::arrow_schema::Columns;
use crate::arrow_stream;
use crate::call::{call, call_quietly};
use crate::code::ripplemark_code;
use crate::column::{self, ripplemark_column};
use crate::error::ripplemark_error;
use crate::failure::Failure;
use crate::file;
use crate::handle::Shared;
use crate::program::ripplemark_program;
use crate::result::{ResultBody, ripplemark_result};
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow::ffi_stream::FFI_ArrowArrayStream;
use ripplemark_rs::bind::TableSpec;
use ripplemark_rs::{Evaluation, Program};
use std::ffi::c_char;
use std::sync::Mutex;

/// Collects rows under a program. It belongs to one call at a time: a second one at the same moment gets
/// `RIPPLEMARK_BUSY`. Give each thread an evaluation of its own, and merge them.
pub struct ripplemark_evaluation {
    _opaque: [u8; 0],
}

/// An empty evaluation.
///
/// # Safety
/// `program` is valid; `evaluation` is valid; `error` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_evaluation_new(
    program: *const ripplemark_program,
    evaluation: *mut *mut ripplemark_evaluation,
    error: *mut ripplemark_error,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call(error, |caller| {
            let out = caller.out(evaluation, "evaluation")?;
            let program = caller.handle::<Program>(program)?;
            let evaluation = Mutex::new(Evaluation::new(program)?);
            caller.give(out, Shared { evaluation });
            Ok(())
        })
    }
}

/// Frees an evaluation. NULL is allowed.
///
/// # Safety
/// `evaluation` is NULL or was given by this library and not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_evaluation_free(evaluation: *mut ripplemark_evaluation) {
    // SAFETY: the caller's promise, passed on.
    unsafe { call_quietly(|caller| drop(caller.take::<Shared>(evaluation))) }
}

/// Feeds rows to table number `table` of the program: `count` columns in the program's order, of `rows` rows.
/// All rows are fed, or none.
///
/// # Safety
/// `columns` has `count` structs, and their buffers have what their type and `rows` ask for; `error` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_evaluation_feed(
    evaluation: *mut ripplemark_evaluation,
    table: usize,
    columns: *const ripplemark_column,
    count: usize,
    rows: usize,
    error: *mut ripplemark_error,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call(error, |caller| {
            let shared = caller.handle::<Shared>(evaluation)?;
            let columns = column::columns(caller, columns, count, rows)?;
            shared.with(|evaluation| Ok(evaluation.feed_columns(table, &columns, rows)?))
        })
    }
}

/// Feeds an Arrow batch (a struct array) to the table called `table`; columns are found by the names that the book
/// gives them in the data, others are not looked at. All rows are fed, or none. The array is moved: it is released
/// here, whatever the outcome (but for a NULL or misplaced pointer). The schema stays yours.
///
/// # Safety
/// `table` ends with a NUL; `array` and `schema` obey the Arrow C data interface; `error` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_evaluation_feed_arrow(
    evaluation: *mut ripplemark_evaluation,
    table: *const c_char,
    array: *mut FFI_ArrowArray,
    schema: *const FFI_ArrowSchema,
    error: *mut ripplemark_error,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call(error, |caller| {
            let array = caller.move_array(array)?;
            let shared = caller.handle::<Shared>(evaluation)?;
            let table = caller.c_text(table, "table")?;
            let schema = caller.schema(schema)?;
            shared.with(|evaluation| {
                let spec = spec(evaluation, table);
                let batch = arrow_data::import(array, &Columns::read(schema, spec.as_ref())?)?;
                Ok(evaluation.feed(table, &batch)?)
            })
        })
    }
}

/// Feeds all batches of an Arrow stream to the table called `table`, as `ripplemark_evaluation_feed_arrow` does.
/// The stream is moved: it is released here, whatever the outcome (but for a NULL or misplaced pointer). If it fails,
/// the code is `RIPPLEMARK_STREAM`, and the message has its number and its `get_last_error`; batches before the
/// failure have been fed.
///
/// # Safety
/// `table` ends with a NUL; `stream` obeys the Arrow C stream interface; `error` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_evaluation_feed_arrow_stream(
    evaluation: *mut ripplemark_evaluation,
    table: *const c_char,
    stream: *mut FFI_ArrowArrayStream,
    error: *mut ripplemark_error,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call(error, |caller| {
            let stream = caller.move_stream(stream)?;
            let shared = caller.handle::<Shared>(evaluation)?;
            let table = caller.c_text(table, "table")?;
            shared.with(|evaluation| {
                let spec = spec(evaluation, table);
                arrow_stream::feed(stream, spec.as_ref(), |batch| Ok(evaluation.feed(table, batch)?))
            })
        })
    }
}

/// Feeds a Parquet or CSV file to the table called `table`. Parquet is recognised by its first bytes, CSV by its
/// extension (`.csv`, `.tsv`, `.txt`) and needs a header line; an empty field is a missing value. If the file breaks
/// off, the rows before that have been fed.
///
/// # Safety
/// `table` and `path` end with a NUL; `error` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_evaluation_feed_file(
    evaluation: *mut ripplemark_evaluation,
    table: *const c_char,
    path: *const c_char,
    error: *mut ripplemark_error,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call(error, |caller| {
            let shared = caller.handle::<Shared>(evaluation)?;
            let (table, path) = (caller.c_text(table, "table")?, caller.path(path, "path")?);
            shared.with(|evaluation| {
                let spec = spec(evaluation, table);
                file::feed(path, spec, |batch| Ok(evaluation.feed(table, batch)?))
            })
        })
    }
}

/// What binding knows of a table; `None` where the program does not read it.
fn spec(evaluation: &Evaluation, table: &str) -> Option<TableSpec> {
    evaluation.program().tables().into_iter().find(|spec| spec.name == table)
}

/// Adds what another evaluation of the same question has collected.
///
/// # Safety
/// Both are valid and not the same; `error` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_evaluation_merge(
    evaluation: *mut ripplemark_evaluation,
    other: *const ripplemark_evaluation,
    error: *mut ripplemark_error,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call(error, |caller| {
            let (shared, other) = (caller.handle::<Shared>(evaluation)?, caller.handle::<Shared>(other)?);
            // The same evaluation twice would wait for itself; the lock that is only tried says "busy".
            shared.with(|evaluation| other.with(|other| Ok(evaluation.merge(other)?)))
        })
    }
}

/// Adds state bytes, from this machine or another. Nothing is added if they are not the state of the same question.
///
/// # Safety
/// `bytes` has `length` bytes; `error` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_evaluation_merge_bytes(
    evaluation: *mut ripplemark_evaluation,
    bytes: *const u8,
    length: usize,
    error: *mut ripplemark_error,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call(error, |caller| {
            let shared = caller.handle::<Shared>(evaluation)?;
            let bytes = caller.slice(bytes, length, "bytes")?;
            shared.with(|evaluation| Ok(evaluation.merge_bytes(bytes)?))
        })
    }
}

/// Copies the canonical state bytes into `buffer`. With `capacity` 0 only `length` is written.
///
/// # Safety
/// `buffer` has `capacity` bytes; `length` is valid; `error` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_evaluation_state_bytes(
    evaluation: *const ripplemark_evaluation,
    buffer: *mut u8,
    capacity: usize,
    length: *mut usize,
    error: *mut ripplemark_error,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call(error, |caller| {
            let shared = caller.handle::<Shared>(evaluation)?;
            let bytes = shared.with(|evaluation| Ok(evaluation.state_bytes()?))?;
            let out = caller.out(length, "length")?;
            out.write(bytes.len());
            match capacity {
                0 => Ok(()),
                _ if capacity < bytes.len() => Err(Failure::new(
                    ripplemark_code::RIPPLEMARK_BUFFER_SHORT,
                    format!("the buffer has {capacity} bytes; {} are needed", bytes.len()),
                )),
                _ => caller.copy_bytes(&bytes, buffer, capacity),
            }
        })
    }
}

/// Computes the result. The evaluation stays as it is and can be fed further.
///
/// # Safety
/// `evaluation` is valid; `result` is valid; `error` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ripplemark_evaluation_finish(
    evaluation: *const ripplemark_evaluation,
    result: *mut *mut ripplemark_result,
    error: *mut ripplemark_error,
) -> ripplemark_code {
    // SAFETY: the caller's promise, passed on.
    unsafe {
        call(error, |caller| {
            let out = caller.out(result, "result")?;
            let shared = caller.handle::<Shared>(evaluation)?;
            let set = shared.with(|evaluation| Ok(evaluation.finish()?))?;
            caller.give(out, ResultBody::new(set));
            Ok(())
        })
    }
}
