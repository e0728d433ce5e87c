//! Arrow's C data interface: batches in, results out.
//!
//! The interface presumes an honest producer: that a buffer has the length it must have cannot be checked. What can be
//! (released structs, counts of children and buffers, lengths, offsets into buffers, UTF-8) is, before a row is read.

use crate::code::ripplemark_code;
use crate::failure::Failure;
use crate::raw;
use arrow::array::{Array, RecordBatch, StructArray};
use arrow::datatypes::{DataType, Schema};
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema};

/// Deepest nesting that is followed; tables are flat, and a dictionary of text is one deeper.
const MAX_DEPTH: usize = 8;

fn wrong(message: impl Into<String>) -> Failure {
    Failure::new(ripplemark_code::RIPPLEMARK_ARROW, message)
}

/// Imports a struct array as a batch.
pub(crate) fn import(array: FFI_ArrowArray, schema: &FFI_ArrowSchema) -> Result<RecordBatch, Failure> {
    if array.is_released() {
        return Err(wrong("the array has been released"));
    }
    let schema = Schema::try_from(schema).map_err(|error| wrong(format!("the schema cannot be read: {error}")))?;
    let data_type = DataType::Struct(schema.fields().clone());
    check(&array, &data_type, 0)?;
    let data = raw::import_array(array, data_type).map_err(|error| wrong(error.to_string()))?;
    data.validate_full().map_err(|error| wrong(format!("the array contradicts itself: {error}")))?;
    let columns = StructArray::from(data);
    if columns.null_count() > 0 {
        return Err(wrong("the rows of a batch cannot be missing as a whole"));
    }
    Ok(RecordBatch::from(columns))
}

/// Checks the counts that importing relies on.
fn check(array: &FFI_ArrowArray, data_type: &DataType, depth: usize) -> Result<(), Failure> {
    if depth > MAX_DEPTH {
        return Err(wrong("the array is nested too deeply"));
    }
    let lengths = [array.length, array.offset, array.n_buffers, array.n_children];
    if lengths.iter().any(|&n| n < 0) || array.null_count < -1 {
        return Err(wrong("a length, offset or count is negative"));
    }
    if array.length.checked_add(array.offset).is_none() {
        return Err(wrong("length and offset are impossible"));
    }
    if array.n_buffers > 0 && array.buffers.is_null() {
        return Err(wrong("the list of buffers is NULL"));
    }
    match data_type {
        DataType::Struct(fields) => {
            if array.n_buffers != 1 || usize::try_from(array.n_children) != Ok(fields.len()) {
                return Err(wrong("the schema and the array have different numbers of children or buffers"));
            }
            for (i, field) in fields.iter().enumerate() {
                let child = raw::child(array, i).ok_or_else(|| wrong(format!("child {i} is NULL or released")))?;
                let enough = child.length >= array.length.saturating_add(array.offset);
                if !enough {
                    return Err(wrong(format!("column `{}` is shorter than the batch", field.name())));
                }
                check(child, field.data_type(), depth + 1)?;
            }
            Ok(())
        }
        DataType::Dictionary(_, values) => {
            let dictionary = raw::dictionary(array).ok_or_else(|| wrong("a dictionary is NULL or released"))?;
            buffers(array, 2)?;
            check(dictionary, values, depth + 1)
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Binary | DataType::LargeBinary => buffers(array, 3),
        DataType::Utf8View | DataType::BinaryView if array.n_buffers >= 3 => Ok(()),
        DataType::Null => buffers(array, 0),
        ty if ty.is_primitive() || *ty == DataType::Boolean => buffers(array, 2),
        ty => Err(wrong(format!("columns of type {ty} are not read"))),
    }
}

fn buffers(array: &FFI_ArrowArray, count: i64) -> Result<(), Failure> {
    if array.n_buffers != count || array.n_children != 0 {
        return Err(wrong(format!("an array has {} buffers where its type has {count}", array.n_buffers)));
    }
    if array.length > 0 && (1..usize::try_from(count).unwrap_or(0)).any(|i| raw::buffer_is_null(array, i)) && count < 3 {
        return Err(wrong("a buffer of values is NULL"));
    }
    Ok(())
}
